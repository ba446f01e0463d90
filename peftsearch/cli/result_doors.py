"""Commands that look at jobs and take home what they found.

Heavy imports wait inside, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from peftsearch.api import DEFAULT_STORAGE, to_url

from .first_word import begin
from .shared_options import DEFAULT_PICK, AsJson, Files, JobName, Moved, Pick, Precision, Storage


def jobs(
    searches: Annotated[
        bool, typer.Option("--searches", help="Without the baselines and ablations of jobs.")
    ] = False,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """List the jobs of a storage, baselines and ablations below theirs."""
    from . import job_list

    job_list.list_jobs(to_url(storage), as_json, searches)


def show(job: JobName, storage: Storage = DEFAULT_STORAGE, as_json: AsJson = False) -> None:
    """Show a job and all its trials."""
    from . import inspection

    inspection.show(job, to_url(storage), as_json)


def front(
    job: JobName,
    storage: Storage = DEFAULT_STORAGE,
    picture: Annotated[Path | None, typer.Option(help="Write the picture here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the Pareto front of a job."""
    from . import inspection

    inspection.show_front(job, to_url(storage), picture, as_json)


def compare(
    left: Annotated[str, typer.Argument(metavar="JOB", help="Name of a job.")],
    right: Annotated[str, typer.Argument(metavar="OTHER", help="Name of another.")],
    cost: Annotated[
        str | None, typer.Option(help="Cost of the fronts [that of the first job].")
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Compare two jobs: settings, fronts, best qualities, and what they took."""
    from . import comparing

    comparing.compare(left, right, cost, to_url(storage), as_json)


def note(
    job: JobName,
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="Its number, or its name.")],
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The note; '' takes it away.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call the trial; '' takes the name away.")
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Name a trial or write a note on it; without either, show what it has."""
    from . import note_taking

    note_taking.note(job, trial, text, name, to_url(storage), as_json)


def export(
    job: JobName,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write; must not exist or be empty. Needed without --push."),
    ] = None,
    pick: Pick = DEFAULT_PICK,
    form: Annotated[str, typer.Option(help="auto, peft, adapter or merged.")] = "auto",
    precision: Precision = None,
    temperature: Annotated[
        bool,
        typer.Option("--temperature", help="Probabilities of the card's program are calibrated."),
    ] = False,
    push: Annotated[
        str | None,
        typer.Option(metavar="USER/REPO", help="Send it to this repository of the model hub."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="With --push: nobody else may see it.")
    ] = False,
    model: Moved = None,
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Write a configuration's trained adapter, and check it by loading it again."""
    from .sending import Sending

    sending = Sending(push, private)
    sending.check(out)
    started = begin("loading the libraries and the job")
    from peftsearch.results.calibrations.wishes import Wish

    from . import take_home

    wish = Wish(precision, temperature)
    place = to_url(storage), files, as_json
    take_home.export(job, pick, out, form, sending, *place, started, wish, model)


def report(
    job: JobName,
    out: Annotated[Path, typer.Option(help="Folder to write; new, empty or an earlier report.")],
    pick: Pick = DEFAULT_PICK,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Write a job as one page, and the same as Markdown, to lay before a colleague."""
    begin("reading the job")
    from . import reporting

    reporting.report(job, pick, out, to_url(storage), as_json)


def optuna(
    job: JobName,
    out: Annotated[str, typer.Option(help="Optuna storage to write to.")] = "sqlite:///optuna.db",
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Copy a job into an Optuna storage, for `optuna-dashboard` and Optuna's plots."""
    from .optuna_study import mirror

    mirror(job, to_url(storage), out, as_json)


def track(
    job: JobName,
    to: Annotated[
        list[str],
        typer.Option(
            metavar="TRACKER", help="mlflow, wandb, tensorboard, trackio; repeat for several."
        ),
    ],
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Tell a tracker of a job as it stands; what it knows already is not told twice."""
    begin("reading the job")
    from . import tracking

    tracking.track(job, to, to_url(storage), files, as_json)
