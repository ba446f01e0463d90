"""Rows by the value of a column of the data."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from peftsearch.errors import UserError
from peftsearch.message_text import plural, show

Members = dict[str, NDArray[np.int64]]
"""Indices of the rows of each group."""


def part_rows(column: str, values: Sequence[str], fewest: int) -> Members:
    """The groups with enough rows.

    Args:
        values: Of the column, `n`.

    Raises:
        UserError: None has enough, or only one.
    """
    names, counts = np.unique(np.asarray(values), return_counts=True)
    large = names[counts >= fewest]
    if len(large) < 2:
        raise UserError(
            f"a column objectives.by with at least two groups of {fewest} validation rows or more",
            f"{plural(len(names), 'group')} by {show(column)}, the largest of {counts.max()}",
            "name another, or lower objectives.by_rows",
            "objectives.by",
        )
    return {str(x): np.flatnonzero(np.asarray(values) == x) for x in large}
