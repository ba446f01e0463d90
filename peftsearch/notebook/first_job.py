"""A first job file: written for a file of data, or with places that a person fills in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.jobs.examples import read_example
from peftsearch.message_text import suggest
from peftsearch.samples.fetch import PREFIX
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.workers.data.sources import is_missing
from peftsearch.workers.models.locations import read_config

from .first_look import FirstLook, check_model, look_ahead
from .first_text import list_alike, place, write_first, write_line
from .likely_columns import Guess, Likely, guess_task
from .named_columns import NOTHING, Named

_EMPTY = "own"
"""The example whose places are to be filled in."""


@dataclass(frozen=True)
class FirstJob:
    """A job file to write.

    Attributes:
        columns: What was taken for the keys of `[task]` that name columns.
        unfilled: Keys that a person must fill in before it can run.
        passed: Columns that were passed over, since they tell rows apart or are days.
        notes: What a person should know of it, one line each.
    """

    text: str
    kind: TaskKind | None = None
    columns: Mapping[str, Likely] = field(default_factory=dict)
    unfilled: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def draft_job(
    data: str | None,
    model: str | None,
    out: Path,
    test: str | None = None,
    named: Named = NOTHING,
) -> FirstJob:
    """A job file on some data; without any, one in which it is to be filled in.

    Args:
        data: As `task.train` names it, relative to the working folder.
        model: As `model.path` names it, relative to the working folder; None takes a sample.
        out: Where the file is to lie: its paths are relative to that folder.
        test: As `task.test` names it, relative to the working folder.
        named: Columns of the data that need no guess.

    Raises:
        UserError: The data, the model or the test rows are none that a launch takes, a column is
            not there, or a path is no text.
    """
    _check_text(data, model, test, *named.text, named.label)
    named.check()
    if data is None:
        if named:
            raise UserError(
                "training data beside the names of its columns", "none", "name it first"
            )
        if test is not None:
            raise UserError("training data beside the test rows", "none", "name both")
        if model is not None:
            check_model(model, None)
        return _draft_empty(model, out)
    guess = guess_task(data, named)
    kind = _fit(guess.kind, model)
    known = None if model is None else check_model(model, kind)
    unfilled = tuple(f"task.{key}" for key, x in guess.columns.items() if x.column is None)
    files = {"train": data} | ({} if test is None else {"test": test})
    found = _look(guess, kind, files, known, bool(unfilled))
    text = write_first(guess, kind, files, model, found, out)
    refused = found.refused and f"as it stands, run refuses it: {found.refused}"
    notes = tuple(x for x in (_note_hub(data), refused) if x)
    return FirstJob(text, kind, guess.columns, unfilled, guess.passed, notes)


def _note_hub(data: str) -> str:
    """That nothing was looked at, of what is neither here nor a sample."""
    if data.startswith(PREFIX) or Path(data).expanduser().exists():
        return ""
    hint = suggest(data, (x.name for x in Path.cwd().iterdir()), "run reads it")
    return f"{data!r} is no file or folder here, so it is taken for a hub id; {hint}"


def _look(
    guess: Guess, kind: TaskKind, files: Mapping[str, str], model: JobSpec | None, unfilled: bool
) -> FirstLook:
    """At rows that are here, in columns that are known."""
    test = files.get("test")
    sample = test is not None and test.startswith(PREFIX)
    if test is not None and not sample and is_missing(str(Path(test).expanduser())):
        raise UserError("a file of test rows", f"no file {test!r}", "check the path", "task.test")
    if not guess.read or unfilled or sample:
        return FirstLook()
    columns = {key: x.column for key, x in guess.columns.items()}
    return look_ahead({"kind": kind.name, **files, **columns}, model)


def _fit(kind: TaskKind, model: str | None) -> TaskKind:
    """A kind of the same columns that a model's family has a form for; the same where none has,
    and where the model is not a folder that tells its family."""
    if model is None or not Path(model).expanduser().is_dir():
        return kind
    try:
        family = FAMILIES[str(read_config(str(Path(model).expanduser())).get("model_type"))]
    except (UserError, KeyError):
        return kind
    return next((x for x in (kind, *list_alike(kind)) if x.form in family.forms), kind)


def _check_text(*paths: str | None) -> None:
    """Refuse a name of bytes that no job file can hold."""
    for path in paths:
        try:
            (path or "").encode()
        except UnicodeEncodeError as error:
            got = f"{path!a}, which is none"
            raise UserError("a path that is UTF-8 text", got, "rename it") from error


def _draft_empty(model: str | None, out: Path) -> FirstJob:
    lines = read_example(_EMPTY).replace(f"{_EMPTY}.toml", str(out)).splitlines()
    if model is not None:
        path = write_line("path", place(model, out))
        lines = [path if x.startswith("path = ") else x for x in lines]
    unfilled = ("task.train", "task.text", "task.label")
    return FirstJob("\n".join([*lines, ""]), unfilled=("model.path",) * (not model) + unfilled)
