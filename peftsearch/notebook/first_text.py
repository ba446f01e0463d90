"""The text of a first job file: what was found, what else it may be, and what its keys cost."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from peftsearch.message_text import printable, shorten
from peftsearch.results.wording import COUNTED
from peftsearch.spaces.jobspec.jobtext import write_text
from peftsearch.spaces.kinds.kind import TaskKind
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.kinds.model_forms import DECODER, IMAGES, ModelForm

from .first_look import FirstLook
from .likely_columns import Guess, Likely

_SAMPLES: Mapping[ModelForm, str] = {DECODER: "demo:decoder", IMAGES: "demo:vision"}
_SAMPLE = "demo:model"
"""Of the other forms: models to begin with."""
_BEGIN = "to begin with; yours: a folder, package:NAME, or a hub id"
_UNKNOWN = "COLUMN"
_WIDTH = 28
"""Of a line before its comment."""
_LONGEST_NAME = 40
_NO_TEST = '# test = "FILE"             # rows that confirm alone reads; else a part of these'
_LENGTH = (
    "tokens of each text{} as about 99 of 100 have, up to 512; a trial's time and memory grow "
    "with it"
)
_EPOCHS = "passes over the training rows{} chosen by their number; a trial's time grows with it"
_LEFT_OUT, _FOUND = "; left out,", ","
_TEXT = """\
# A search on {data}: see first whether the columns below are the right ones.
{passed}{name}

[model]
{model}

[task]
{task}

[training]
{training}

[budget]                    # whichever comes first
trials = 50
hours = 2                   # {hours}
"""


def write_first(
    guess: Guess,
    kind: TaskKind,
    files: Mapping[str, str],
    model: str | None,
    found: FirstLook,
    out: Path,
) -> str:
    """A job file.

    Args:
        kind: In place of the one that was guessed.
        files: By the keys of `[task]` that name them, relative to the working folder.
        model: The same of `model.path`; None takes a sample.
        found: What the job would have where the file names nothing.
        out: Where the file is to lie: its paths are relative to that folder.
    """
    return _TEXT.format(
        data=_one_line(files["train"]),
        passed=_tell_passed(guess.passed),
        name=write_line("name", _name(files["train"])),
        model=write_line("path", *_name_model(model, kind, out)),
        task="\n".join(_task_lines(kind, guess.columns, files, out, found.max_length)),
        training=write_line("# epochs", *_tell_value(found.epochs, 1, _EPOCHS)),
        hours=COUNTED,
    )


def list_alike(kind: TaskKind) -> list[TaskKind]:
    """The other kinds that read the same columns."""
    kinds = KINDS.usable()
    return [x for x in kinds if x.columns[0] == kind.columns[0] and x is not kind]


def _tell_passed(names: Sequence[str]) -> str:
    told = _one_line(shorten(", ".join(map(repr, names))))
    return f"# Passed over, since they tell rows apart or are days: {told}.\n" if names else ""


def _name_model(model: str | None, kind: TaskKind, out: Path) -> tuple[str, str]:
    return (place(model, out), "") if model else (_SAMPLES.get(kind.form, _SAMPLE), _BEGIN)


def _task_lines(
    kind: TaskKind,
    columns: Mapping[str, Likely],
    files: Mapping[str, str],
    out: Path,
    length: int | None,
) -> list[str]:
    alike = [x.name for x in list_alike(kind)]
    lines = [write_line("kind", kind.name, f"or {' or '.join(alike)}" if alike else kind.title)]
    lines += [write_line(key, place(path, out)) for key, path in files.items()]
    lines += [] if "test" in files else [_NO_TEST]
    lines += [write_line(key, x.column or _UNKNOWN, _tell(x)) for key, x in columns.items()]
    if kind.form.inputs == "text":
        lines.append(write_line("# max_length", *_tell_value(length, 128, _LENGTH)))
    return lines


def _tell_value(known: float | None, usual: float, words: str) -> tuple[float, str]:
    """A value to be shown, and a word on it.

    Args:
        known: What the job would have; None where that is not known yet.
        usual: Shown in its place.
    """
    value = usual if known is None else float(f"{known:.3g}")
    number = int(value) if float(value).is_integer() else value
    return number, words.format(_LEFT_OUT if known is None else _FOUND)


def _tell(found: Likely) -> str:
    others = shorten(" or ".join(map(repr, found.others)))
    if found.pair:
        others += f", or both as a pair, {json.dumps(found.pair, ensure_ascii=False)}"
    return others and f"or {others}" if found.column else "fill in"


def write_line(key: str, value: float | str | tuple[str, ...], comment: str = "") -> str:
    """A line of the file; of a key that is left out behind `# `."""
    out, name = key.startswith("# "), key.removeprefix("# ")
    plain = list(value) if isinstance(value, tuple) else value
    said = "# " * out + write_text({name: plain}).strip()
    return f"{said:<{_WIDTH - 1}} # {comment}" if comment else said


def _name(data: str) -> str:
    """What a job may be called, of the name of its data."""
    stem = Path(data).name.partition(".")[0].rpartition(":")[2]
    kept = "".join(x if x.isascii() and x.isalnum() else " " for x in stem)
    return "-".join(kept.split())[:_LONGEST_NAME].strip("-") or "my-search"


def place(path: str, out: Path) -> str:
    """A path of this machine as the file's folder sees it; what is none stays as it is."""
    there = Path(path).expanduser()
    if not there.exists() or there.is_absolute():
        return path
    return os.path.relpath(there.resolve(), out.resolve().parent)


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())
