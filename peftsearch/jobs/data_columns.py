"""The columns of a source of data, for whoever is to choose among them."""

from collections.abc import Sequence
from pathlib import Path

from peftsearch.errors import located
from peftsearch.samples.fetch import PREFIX
from peftsearch.workers.data.sources import is_missing, list_columns, read_source

from .jobfile import ANY_JOB, resolve_spec


def find_columns(
    source: str,
    subset: str | None,
    folder: Path,
    roots: Sequence[Path] | None,
    whole: bool = False,
) -> tuple[str, ...]:
    """Names of the columns of a source, as a job file under `task.train` names one; none of a
    sample or a hub id, since nothing is fetched for a question.

    Args:
        subset: Configuration name of a hub data set.
        folder: Where its path begins.
        roots: Folders that it must lie in; None where it may lie in any.
        whole: Whether all of its rows are read too.

    Raises:
        UserError: It is missing, malformed or outside.
    """
    task = {"train": source, "subset": subset}
    if source.startswith(PREFIX):
        return ()
    with located("task.train"):
        path = resolve_spec({**ANY_JOB, "task": task}, folder, roots).task.train
        if not is_missing(path) and not Path(path).exists():
            return ()
        columns = list_columns(path, subset)
        if whole:
            read_source(path, subset, columns)
    return columns
