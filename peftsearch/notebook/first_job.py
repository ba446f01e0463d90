"""A first job file: written for a file of data, or with places that a person fills in."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.jobs.examples import read_example
from peftsearch.message_text import printable, shorten
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.jobspec.jobtext import write_text
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.kinds.model_forms import DECODER, IMAGES, ModelForm
from peftsearch.workers.models.locations import read_config

from .likely_columns import Likely, guess_task

_EMPTY = "own"
"""The example whose places are to be filled in."""
_SAMPLES: Mapping[ModelForm, str] = {DECODER: "demo:decoder", IMAGES: "demo:vision"}
_SAMPLE = "demo:model"
"""Of the other forms: models to begin with."""
_BEGIN = "to begin with; yours: a folder, package:NAME, or a hub id"
_UNKNOWN = "COLUMN"
_WIDTH = 28
"""Of a line before its comment."""
_LONGEST_NAME = 40
_TEST = '# test = "FILE"             # rows that confirm alone reads; else a part of these'
_TEXT = """\
# A search on {data}: see first whether the columns below are the right ones.
{name}

[model]
{model}

[task]
{task}

[budget]                    # whichever comes first
trials = 50
hours = 2
"""


@dataclass(frozen=True)
class FirstJob:
    """A job file to write.

    Attributes:
        columns: What was taken for the keys of `[task]` that name columns.
        unfilled: Keys that a person must fill in before it can run.
    """

    text: str
    kind: TaskKind | None = None
    columns: Mapping[str, Likely] = field(default_factory=dict)
    unfilled: tuple[str, ...] = ()


def draft_job(data: str | None, model: str | None, out: Path) -> FirstJob:
    """A job file on some data; without any, one in which it is to be filled in.

    Args:
        data: As `task.train` names it, relative to the working folder.
        model: As `model.path` names it, relative to the working folder; None takes a sample.
        out: Where the file is to lie: its paths are relative to that folder.

    Raises:
        UserError: The data cannot be read, or a path is no text.
    """
    _check_text(data, model)
    if data is None:
        return _draft_empty(model, out)
    kind, columns = guess_task(data)
    kind = _fit(kind, model)
    path = _place(model, out) if model else _SAMPLES.get(kind.form, _SAMPLE)
    text = _TEXT.format(
        data=" ".join(printable(data).split()),
        name=_line("name", _name(data)),
        model=_line("path", path, "" if model else _BEGIN),
        task="\n".join(_task_lines(kind, columns, _place(data, out))),
    )
    unfilled = tuple(f"task.{key}" for key, x in columns.items() if x.column is None)
    return FirstJob(text, kind, columns, unfilled)


def _fit(kind: TaskKind, model: str | None) -> TaskKind:
    """A kind of the same columns that a model's family has a form for; the same where none has,
    and where the model is not a folder that tells its family."""
    if model is None or not Path(model).expanduser().is_dir():
        return kind
    try:
        family = FAMILIES[str(read_config(str(Path(model).expanduser())).get("model_type"))]
    except (UserError, KeyError):
        return kind
    return next((x for x in (kind, *_list_alike(kind)) if x.form in family.forms), kind)


def _list_alike(kind: TaskKind) -> list[TaskKind]:
    """The other kinds that read the same columns."""
    kinds = KINDS.usable()
    return [x for x in kinds if x.columns[0] == kind.columns[0] and x is not kind]


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
        path = _line("path", _place(model, out))
        lines = [path if x.startswith("path = ") else x for x in lines]
    unfilled = ("task.train", "task.text", "task.label")
    return FirstJob("\n".join([*lines, ""]), unfilled=("model.path",) * (not model) + unfilled)


def _task_lines(kind: TaskKind, columns: Mapping[str, Likely], train: str) -> list[str]:
    alike = [x.name for x in _list_alike(kind)]
    of_kind = _line("kind", kind.name, f"or {' or '.join(alike)}" if alike else kind.title)
    lines = [_line("train", train), _TEST]
    lines += [_line(key, x.column or _UNKNOWN, _tell(x)) for key, x in columns.items()]
    return [of_kind, *lines]


def _tell(found: Likely) -> str:
    others = shorten(" or ".join(map(repr, found.others)))
    if found.pair:
        others += f", or both as a pair, {json.dumps(found.pair, ensure_ascii=False)}"
    return others and f"or {others}" if found.column else "fill in"


def _line(key: str, value: str | tuple[str, ...], comment: str = "") -> str:
    said = write_text({key: list(value) if isinstance(value, tuple) else value}).strip()
    return f"{said:<{_WIDTH - 1}} # {comment}" if comment else said


def _name(data: str) -> str:
    """What a job may be called, of the name of its data."""
    stem = Path(data).name.partition(".")[0].rpartition(":")[2]
    kept = "".join(x if x.isascii() and x.isalnum() else " " for x in stem)
    return "-".join(kept.split())[:_LONGEST_NAME].strip("-") or "my-search"


def _place(path: str, out: Path) -> str:
    """A path of this machine as the file's folder sees it; what is none stays as it is."""
    there = Path(path).expanduser()
    if not there.exists() or there.is_absolute():
        return path
    return os.path.relpath(there.resolve(), out.resolve().parent)
