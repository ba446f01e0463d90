"""Functions that rows of the table name by an import path, so that the table needs no torch."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from pkgutil import resolve_name
from typing import Any, Literal

from peftsearch.errors import ANYTHING
from peftsearch.extensions import broken
from peftsearch.spaces.techniques.foreign_rows import GROUP
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.spaces.techniques.technique import Technique


def import_function(row: Technique, field: Literal["build", "entries", "hook"]) -> Any:
    """What stands at the path in that field of a row.

    Raises:
        UserError: Nothing that can be called does, or its module cannot be imported.
    """
    path = str(getattr(row, field))
    try:
        function = resolve_name(path)
    except ANYTHING as error:
        got = f"{path}: {type(error).__name__}: {error}"
        raise broken(GROUP, row.name, f"an importable `{field}`", got) from error
    if not callable(function):
        raise broken(GROUP, row.name, f"a function as `{field}`", f"{path}: {function!r}")
    return function


def check_functions(names: Iterable[str]) -> None:
    """Whether what techniques of other packages are built by is there, before a trial needs it.

    Raises:
        UserError: One is broken.
    """
    for row in (TECHNIQUES[name] for name in sorted(names) if name not in TECHNIQUES.own):
        if row.build:
            import_function(row, "build")
        if row.entries:
            import_function(row, "entries")
        if row.hook:
            import_function(row, "hook")
        if row.peft:
            _check_class(row, row.peft)


def _check_class(row: Technique, name: str) -> None:
    import peft

    known = getattr(peft, name, None)
    if not is_dataclass(known):
        raise broken(GROUP, row.name, "the name of a configuration class as `peft`", repr(name))
    fixed = {*row.role_arguments, *filter(None, (row.dropout, row.capacity_pattern))}
    given = fixed.union(*(row.arguments(x) for x in row.capacities or (0,)))
    if unknown := given - {field.name for field in fields(known)}:
        raise broken(GROUP, row.name, f"arguments of {name}", min(unknown))
