"""What people measured of adapters, and know of their training: a file beside them."""

from pathlib import Path, PurePosixPath

from peftsearch.errors import UserError
from peftsearch.message_text import show, suggest
from peftsearch.spaces.configurations.hyperparameters import HYPERPARAMETERS
from peftsearch.workers.files.peft_folders import find_folders

from .imported import WRITTEN
from .result_files import Row, read_rows

FILES = ("results.csv", "results.jsonl")
"""Where measurements lie beside the adapters; the first that is there is read."""
_ADAPTER = "adapter"
"""Column of a folder's name."""
TRAINED = ("learning_rate", *(x for x in HYPERPARAMETERS if x != "dropout"))
"""Columns that say what no adapter tells of its training."""


def read_told(root: Path, file: Path | None) -> dict[str, Row]:
    """The rows of a file of measurements by the adapter that each is about.

    Args:
        file: None for the one beside the adapters, which need not be there.

    Raises:
        UserError: The file cannot be read, or a row is about no adapter or about one of another.
    """
    beside = (root / name for name in FILES)
    path = file or next((x for x in beside if x.is_file()), None)
    names, told = find_folders(root), dict[str, Row]()
    for place, row in read_rows(path) if path else ():
        name = _find_name(str(row.get(_ADAPTER) or ""), names, place)
        if name in told:
            raise UserError(
                "one row for each adapter", f"another of {name} in {place}", "keep one"
            )
        if said := [x for x in WRITTEN if row.get(x) not in (None, "") and x not in TRAINED]:
            got, hint = f"{said[0]} in {place}", "leave that column out"
            raise UserError("no column for what the adapter itself says", got, hint)
        told[name] = {k: x for k, x in row.items() if k != _ADAPTER}
    return told


def _find_name(told: str, names: list[str], place: str) -> str:
    """The folder that a row means: by its path, or by its own name where no other has it."""
    wanted = PurePosixPath(told)
    exact = [x for x in names if PurePosixPath(x) == wanted]
    alike = exact or [x for x in names if PurePosixPath(x).name == wanted.name or names == ["."]]
    if told and len(alike) == 1:
        return alike[0]
    got = f"{show(told)} in {place}" + (f", of which there are {len(alike)}" if alike else "")
    hint = suggest(told, names, "write its path below the folder")
    raise UserError(f"the name of an adapter folder under {_ADAPTER!r}", got, hint)
