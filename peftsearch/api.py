"""The Python API: what a person does with jobs, without the command line.

`peftsearch` exports all of it. Each function opens the database, asks `peftsearch.jobs.life` and
closes it again. What a person should know of a job is a warning of the log `peftsearch`. Heavy
imports wait inside, so that `import peftsearch` answers at once.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from peftsearch.records.job import Job
    from peftsearch.records.trial_note import TrialNote
    from peftsearch.results.search_result import SearchResult
    from peftsearch.spaces.jobspec.spec import JobSpec
    from peftsearch.workers.processes.own_training import Candidate

DEFAULT_STORAGE = "sqlite:///peftsearch.db"


def search(
    spec: "str | Path | Mapping[str, Any] | JobSpec | None" = None,
    storage: str = DEFAULT_STORAGE,
    device: str = "auto",
    files: str | Path | None = None,
    *,
    train: Any = None,
    model: str | Path | Mapping[str, Any] | None = None,
    metric: str | None = None,
    minutes: float | None = None,
    trials: int | None = None,
    validation: Any = None,
    test: Any = None,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    space: str | Mapping[str, Any] | None = None,
    objectives: Mapping[str, Any] | None = None,
    evaluate: "Callable[[Candidate], Mapping[str, float] | float] | None" = None,
    progress: bool = True,
    tracking: str | Sequence[str] | None = None,
    **sections: Any,
) -> "SearchResult":
    """Launch or resume a job, work on it in this process until its budget is spent, and return it.

    Say what is wanted by a `spec`, or by `train`, `model` and what follows them. A job of the same
    name and spec is resumed; its budget may have changed. One that is finished is returned as it
    is.

    Args:
        spec: A job file's path, or the same as plain data or as a `JobSpec`. Paths in a file are
            relative to its folder, others to the working folder.
        storage: Database: a SQLAlchemy URL, or the path of an SQLite file. Other workers may
            share it.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        files: Folder of the adapters; None puts it beside an SQLite database.
        train: Training rows: a `pandas.DataFrame`, a `datasets.Dataset`, `(texts, labels)`, each a
            list or an array, or the path of a file. What is no file is written to one, Parquet
            named by a hash of its content, in the folder `data` below `files`.
        model: A folder, `package:NAME` for weights inside an installed Python package, or a hub
            id; or the section `[model]` of a job file.
        metric: What is to be large, or small as a loss is; None leaves the choice to the data.
        minutes: Budget of time, of that in which trials run: the preparation before the first one
            is not counted, and a trial that runs when it is over is trained to its end, so that
            the call takes longer. 10 where `trials` is not given either.
        trials: Budget of trials. With `minutes`, whichever comes first.
        validation: Rows that trials are scored on, as `train`; None holds out a part of `train`.
        test: Rows that `confirm` alone reads, as `validation`.
        text: Column of the text, or two for pairs. None takes what can only be meant.
        label: Column of the label. None takes what can only be meant.
        kind: Of the task, as in a job file; None takes the first that has the metric, and else
            `classification`.
        name: Of the job; None makes one from all but the budget, so that the same call resumes it.
        space: Name of a preset, or the section `[space]` of a job file.
        objectives: The section `[objectives]` of a job file.
        evaluate: A function that trains and scores one configuration by whatever means, in place
            of the built-in training: it gets a `Candidate` and returns the quality, or a mapping
            of objectives to numbers. What it raises is a failed trial. Known costs stay those that
            are counted.
        progress: Whether it is shown what goes on: in a notebook in one output that is changed in
            its place, else on standard error as `peftsearch run` does.
        tracking: Names of trackers that are told too (`mlflow`, `wandb`, `tensorboard`,
            `trackio`), or `none`; None takes what the spec says.
        sections: Any other section or key of a job file: `training={"epochs": 2}`, `seed=1`,
            `task={"max_length": 64}`.

    Returns:
        The job with its trials and its front; `pick` and `export` choose from it.

    Raises:
        Conflict: A job of that name has another spec, or the new budget is used up.
        UserError: The spec, an argument, the model or the data is wrong.
        TrialsFailed: No trial completed; `load` has their messages.
        KeyboardInterrupt: On Ctrl-C, after the running trial was given back; says how to go on.
    """
    from peftsearch.live.displays import choose_display
    from peftsearch.notebook.given_job import GivenJob
    from peftsearch.notebook.searching import Place, search_here
    from peftsearch.workers.processes.function_runner import name_function, train_by

    place = Place.choose(to_url(storage), files, device)
    given = {"train": train, "validation": validation, "test": test}
    function = None if evaluate is None else name_function(evaluate)
    columns, limits = (text, label, kind, metric), (trials, minutes, name)
    job = GivenJob(given, model, *columns, *limits, space, objectives, sections, function)
    job.check_beside(spec)
    display = choose_display(progress)
    if spec is None:
        spec, notes = job.write(place.root)
        _note(*notes)
    complete = _complete(spec, [tracking] if isinstance(tracking, str) else tracking)
    if evaluate is not None:
        complete = train_by(evaluate, complete)
    return search_here(complete, place, _note, display, evaluate)


def launch(
    spec: "str | Path | Mapping[str, Any] | JobSpec", storage: str = DEFAULT_STORAGE
) -> "Job":
    """Make a job for others to work on, and return at once: `peftsearch worker`, or a dashboard.

    Args:
        spec: As `search` takes it.
        storage: As `search` takes it.

    Raises:
        Conflict: The name is taken.
        UserError: The spec, its model or its data is wrong.
    """
    from peftsearch.jobs.settling import settle
    from peftsearch.storage.store import Store
    from peftsearch.workers.data.task_data import load_for_launch

    from .jobs import life

    complete = _complete(spec)
    data = load_for_launch(complete)
    settled = settle(complete, data)
    _note(*data.notes, *settled.notes)
    with Store.open(to_url(storage)) as store:
        return life.create(store, settled.spec)


def resume(
    name: str,
    storage: str = DEFAULT_STORAGE,
    *,
    trials: int | None = None,
    hours: float | None = None,
) -> "Job":
    """Let a stopped job run on, or a finished one by a larger budget, and return at once.

    Whoever works on jobs of the database takes it up; `search(resume(name).spec)` does it here.

    Args:
        name: Of the job.
        storage: As `search` takes it.
        trials: Trials of a new budget. With `hours`, whichever comes first.
        hours: Hours of a new budget, which replaces the old one whole.

    Raises:
        Conflict: It is finished and no budget is given, or that budget is used up.
        NotFoundError: There is no such job.
        UserError: The budget is none.
    """
    from peftsearch.jobs.existing_storage import open_existing
    from peftsearch.jobs.settling import note_stop
    from peftsearch.spaces.jobspec.spec import make_budget

    from .jobs import life

    with open_existing(to_url(storage)) as store:
        job = life.resume(store, name, make_budget(trials, hours))
    _note(*note_stop(job.spec))
    return job


def stop(name: str, storage: str = DEFAULT_STORAGE) -> "Job":
    """End a job: its workers finish their trials and leave. One that has ended stays as it is.

    Args:
        name: Of the job.
        storage: As `search` takes it.

    Raises:
        NotFoundError: There is no such job.
    """
    from peftsearch.jobs.existing_storage import open_existing

    from .jobs import life

    with open_existing(to_url(storage)) as store:
        return life.stop(store, name)


def delete(name: str, storage: str = DEFAULT_STORAGE, files: str | Path | None = None) -> None:
    """Remove a job for good: its records and its adapters.

    Args:
        name: Of the job.
        storage: As `search` takes it.
        files: As `search` takes it.

    Raises:
        Conflict: It runs, or somebody works on it, or a copy of the database names its files.
        NotFoundError: There is no such job.
    """
    from peftsearch.jobs.existing_storage import open_existing
    from peftsearch.workers.files.job_folder import choose_root

    from .jobs import life

    url = to_url(storage)
    with open_existing(url) as store:
        life.delete(store, name, choose_root(url, files))


def load(
    name: str, storage: str = DEFAULT_STORAGE, files: str | Path | None = None
) -> "SearchResult":
    """A job with its trials and its front as they stand, whoever works on it.

    Args:
        name: Of the job.
        storage: As `search` takes it.
        files: As `search` takes it.

    Raises:
        NotFoundError: There is no such job.
    """
    from peftsearch.jobs.existing_storage import open_existing
    from peftsearch.results.search_result import load_result
    from peftsearch.workers.files.job_folder import choose_root

    url = to_url(storage)
    with open_existing(url) as store:
        return load_result(store, store.find_job(name), choose_root(url, files))


def note(
    job: str,
    trial: int | str,
    text: str | None = None,
    name: str | None = None,
    storage: str = DEFAULT_STORAGE,
) -> "TrialNote":
    """Write a note on a trial, or name it; `pick` takes the name, and every page shows both.

    Args:
        job: Its name.
        trial: Its number, or what it is called.
        text: The note; None leaves it as it is, an empty one takes it away.
        name: As `text`.
        storage: As `search` takes it.

    Returns:
        What the trial has now.

    Raises:
        Conflict: Another trial of the job has that name.
        NotFoundError: There is no such job or trial.
        UserError: The name means something else to `pick`, or is too long.
    """
    from peftsearch.jobs.existing_storage import open_existing
    from peftsearch.results.note_taking import take_note

    with open_existing(to_url(storage)) as store:
        return take_note(store, store.find_job(job).id, trial, name, text)


def load_adapter(
    model: "PreTrainedModel", path: str | Path, encoder: str | Path | None = None
) -> "PreTrainedModel":
    """Put an exported adapter, its head included, into a model that the user loaded.

    Args:
        model: Of the same architecture as the one that the adapter was made for.
        path: The folder that `export` wrote.
        encoder: Of an adapter whose prompts an encoder makes from each text, where that is: a
            folder, `package:NAME` or a hub id; None takes it from where it was in the training.
            The adapter's card shows how the model is called then.

    Returns:
        The model, changed in place.

    Raises:
        UserError: The folder is not an adapter, is corrupt, or was made for another model or with
            another encoder.
    """
    from peftsearch.workers.files.loading import load_adapter as load

    return load(model, path, encoder)


def to_url(storage: str) -> str:
    """A SQLAlchemy URL; a path names an SQLite file.

    Raises:
        UserError: It is the misspelt URL of a database server.
    """
    from peftsearch.storage.connection import check_scheme, file_url

    check_scheme(storage)
    return storage if "://" in storage else file_url(storage)


def _note(*notes: str) -> None:
    """What `peftsearch run` prints as notes goes to the log `peftsearch`, as warnings."""
    for note in notes:
        logging.getLogger("peftsearch").warning(note)


def _complete(
    spec: "str | Path | Mapping[str, Any] | JobSpec", tracking: "Sequence[str] | None" = None
) -> "JobSpec":
    from peftsearch.jobs.all_mistakes import read_job
    from peftsearch.jobs.jobfile import complete_spec

    if isinstance(spec, str | Path):
        return read_job(spec, tracking)
    data = spec if isinstance(spec, Mapping) else spec.to_json()
    return complete_spec(data, Path.cwd(), track=tracking)
