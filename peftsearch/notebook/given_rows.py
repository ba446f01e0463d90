"""Rows that a caller holds in memory: a `pandas.DataFrame`, a `datasets.Dataset`, or texts with
their labels. They are read, never changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.workers.data.sources import list_columns, read_source
from peftsearch.workers.data.table import Table

_EXPECTED = "a pandas.DataFrame, a datasets.Dataset, (texts, labels) or the path of a file"
PAIR = ("text", "second_text")
"""Columns that pairs of texts get which come without names."""


@dataclass(frozen=True)
class Given:
    """Rows by columns, each of which is read when it is first asked for.

    Attributes:
        origin: How messages call them: the argument's name.
        readers: By the names of the columns, what gives a column's `n` plain values; None where a
            value is missing.
    """

    origin: str
    readers: Mapping[str, Callable[[], list[Any]]]

    def column(self, name: str) -> list[Any]:
        """The values of a column, which there is.

        Raises:
            UserError: They are not of one kind, or of one that no file holds.
        """
        try:
            return self.readers[name]()
        except UserError:  # of the whole file: it is a ValueError too
            raise
        except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
            expected = f"values of one kind in column {name!r} of {self.origin}"
            raise UserError(expected, str(error), "make all of them text, or numbers") from error


def read_given(rows: Any, origin: str) -> Given:
    """The columns of what a caller gave.

    Args:
        origin: Name of the argument.

    Raises:
        UserError: It is nothing with rows, or columns share a name.
    """
    # By its class and the package of that, so that neither library is imported for the other's.
    kinds = {(x.__module__.partition(".")[0], x.__name__) for x in type(rows).__mro__}
    if ("pandas", "DataFrame") in kinds:
        return Given(origin, _read_frame(rows, origin))
    if ("datasets", "Dataset") in kinds:
        return Given(origin, {x: _read_feature(rows, x) for x in rows.column_names})
    if isinstance(rows, tuple) and len(rows) == 2:
        return Given(origin, _read_lists(*rows, origin))
    hint = f"choose one of its splits, such as {origin}=data['train']"
    given = show(rows) if rows is None or isinstance(rows, int | float) else type(rows).__name__
    raise UserError(
        f"{_EXPECTED} as {origin}=",
        given,
        hint if isinstance(rows, Mapping) else "give one of them",
    )


def name_as(given: Given, texts: str | Sequence[str], label: str) -> Given:
    """Texts and labels that came without names, by the names that the training rows have.

    Args:
        texts: Of the column, or of both of a pair.
    """
    names = [*([texts] if isinstance(texts, str) else texts), label]
    if len(names) != len(given.readers):
        return given  # whoever looks for the columns tells which are missing
    return replace(given, readers=dict(zip(names, given.readers.values(), strict=True)))


def read_given_file(path: Path) -> Given:
    """The columns of a file or a folder of data, which is read when the first is asked for.

    Raises:
        UserError: As `workers.data.sources.read_source`.
    """
    source = str(path)
    names = list_columns(source)

    @cache
    def read() -> Table:
        tables = read_source(source, None, names)
        return tables.get("train") or next(iter(tables.values()))

    return Given(
        source, {name: partial(lambda x: list(read().columns[x]), name) for name in names}
    )


def _read_frame(frame: Any, origin: str) -> dict[str, Callable[[], list[Any]]]:
    names = list(map(str, frame.columns))
    if twice := sorted({x for x in names if names.count(x) > 1}):
        expected, got = f"each column of {origin} once", f"{twice[0]!r} twice"
        raise UserError(expected, got, "rename one of them")
    return {name: _read_series(frame, i) for i, name in enumerate(names)}


def _read_series(frame: Any, place: int) -> Callable[[], list[Any]]:
    def read() -> list[Any]:
        import pyarrow

        column = frame.iloc[:, place]
        named = column.to_frame(name="values")
        table = pyarrow.Table.from_pandas(named, preserve_index=False)
        values: list[Any] = table.column(0).to_pylist()
        return values

    return read


def _read_feature(rows: Any, name: str) -> Callable[[], list[Any]]:
    def read() -> list[Any]:
        from peftsearch.workers.data.saved_sets import read_columns

        return list(read_columns(rows, name, [name]).columns[name])

    return read


def _read_lists(texts: Any, labels: Any, origin: str) -> dict[str, Callable[[], list[Any]]]:
    rows, named = _listed(texts, origin), _listed(labels, origin)
    if len(rows) != len(named):
        expected = f"as many labels as texts in {origin}"
        got = f"{len(rows):,} texts and {len(named):,} labels"
        raise UserError(expected, got, "give one label for each text")
    columns = {"text": rows}
    if rows and all(isinstance(x, tuple | list) and len(x) == 2 for x in rows):
        columns = dict(zip(PAIR, map(list, zip(*rows, strict=True)), strict=True))
    return {name: partial(list, values) for name, values in (columns | {"label": named}).items()}


def _listed(values: Any, origin: str) -> list[Any]:
    """Plain values of a list, an array or a series."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        expected = f"(texts, labels) as {origin}=, each a list"
        raise UserError(expected, type(values).__name__, "give one of each for every row")
    listed = values.tolist() if hasattr(values, "tolist") else list(values)
    return [x.item() if hasattr(x, "item") else x for x in listed]
