"""Functions that rows of the table name by an import path, so that the table needs no torch."""

from pkgutil import resolve_name
from typing import Any, Literal

from peftsearch.errors import UserError
from peftsearch.spaces.techniques.technique import Technique


def import_function(row: Technique, field: Literal["build", "entries"]) -> Any:
    """What stands at the path in that field of a row.

    Raises:
        UserError: Nothing does, or its module cannot be imported.
    """
    path = str(getattr(row, field))
    try:
        return resolve_name(path)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"an importable `{field}` of {row.name}",
            f"{path}: {error}",
            "correct the row, or install what it needs",
        ) from error
