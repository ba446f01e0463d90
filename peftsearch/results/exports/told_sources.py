"""Data for people elsewhere: rows that a notebook gave by what they are, all else by its name."""

import re
from pathlib import Path

from peftsearch.results.wording import plural

from .public_names import public_name

_GIVEN = re.compile(r"([0-9a-f]{16})\.parquet")
"""How rows that a notebook gave are kept: below `data`, named by what they hold."""
_MOST = 6
"""Columns that are named."""


def tell_source(source: str) -> str:
    """`a frame of 400 rows with columns 'text' and 'label' (73ab...)` of rows that were given as a
    frame or as lists, as long as the file of them is there; of all else `public_name`."""
    name = public_name(source)
    found = _GIVEN.fullmatch(name)
    if found is None or Path(source).parent.name != "data":
        return name
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(source)
        rows, columns = file.metadata.num_rows, [repr(x) for x in file.schema_arrow.names]
    except (OSError, ValueError):  # an error of Arrow's is one of these
        return f"a frame ({found[1]})"
    named = [*columns[:_MOST], *(["..."] if len(columns) > _MOST else [])]
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    word = "column" if len(columns) == 1 else "columns"
    return f"a frame of {plural(rows, 'row')} with {word} {listed} ({found[1]})"
