"""What a launch would find of a first job file: of its model, and of its rows as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import ANY_JOB, complete_spec, resolve_spec
from peftsearch.samples.fetch import PREFIX
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.space.presets import text_positions
from peftsearch.workers.data.table import MissingColumn
from peftsearch.workers.data.task_data import TaskData, load_for_launch
from peftsearch.workers.models.bare_names import check_bare_name
from peftsearch.workers.models.locations import locate_model, read_config

_MODEL, _OPTION = "model.path", "--model"
_TEST_KEY, _TEST = "test", "task.test"


@dataclass(frozen=True)
class FirstLook:
    """What the job would have where its file names none.

    Attributes:
        epochs: Of a training; None where the rows are not known.
        max_length: Tokens of a text; None where the tokenizer is not here, either.
        refused: Why a launch would refuse the file as it stands; None where nothing was found.
    """

    epochs: float | None = None
    max_length: int | None = None
    refused: str | None = None


def check_model(model: str, kind: TaskKind | None) -> JobSpec | None:
    """A spec with the model as a launch reads it; None of a sample, which is not fetched for a
    question, and without a kind.

    Args:
        model: Relative to the working folder.

    Raises:
        UserError: A launch would refuse it.
    """
    if model.startswith(PREFIX):
        return None
    try:
        if kind is None:
            check_bare_name(model, Path.cwd())
            read_config(model)
            return None
        task = {"kind": kind.name, "train": ANY_JOB["model"]["path"]}
        return complete_spec({**ANY_JOB, "task": task, "model": {"path": model}}, Path.cwd())
    except UserError as error:
        hint = error.hint.replace(_MODEL, _OPTION)
        raise UserError(error.expected, error.got, hint, error.where or _MODEL) from error


def look_ahead(task: Mapping[str, Any], model: JobSpec | None) -> FirstLook:
    """Read the rows as a launch does.

    Args:
        task: The section `[task]`, with paths relative to the working folder.
        model: As `check_model` gives it.

    Raises:
        UserError: The test rows are none that a launch takes. Of other mistakes the person may
            first have a word to say, such as which columns are meant: they are told.
    """
    try:
        spec = resolve_spec({**ANY_JOB, "task": dict(task)}, Path.cwd())
        data = load_for_launch(spec)
    except UserError as error:
        if _TEST_KEY in task and isinstance(error, MissingColumn):
            # They are the training file's own.
            hint = "rename its columns as those of the training rows"
            raise UserError(error.expected, error.got, hint, _TEST) from error
        if error.where == _TEST:
            raise
        return FirstLook(refused=str(error))
    epochs = spec.training.regime().passes(len(data.train.texts))
    if model is None or not Path(locate_model(model.model.path)).is_dir():
        return FirstLook(epochs)
    try:
        return FirstLook(
            epochs, _choose_length(model.model_copy(update={"task": spec.task}), data)
        )
    except UserError as error:
        return FirstLook(epochs, refused=str(error))


def _choose_length(spec: JobSpec, data: TaskData) -> int | None:
    """By the model's own tokenizer; None of images."""
    if find_kind(spec.task.kind).form.inputs != "text":
        return None
    from peftsearch.workers.batches.lengths import choose_length
    from peftsearch.workers.training.rehearsal import open_processor

    processor = open_processor(spec, data)
    return choose_length(spec.task, processor, data.train, text_positions(spec)).max_length
