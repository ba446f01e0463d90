"""Opening the database of jobs that should be there already."""

from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.storage.connection import parse_url
from peftsearch.storage.store import Store


def open_existing(storage: str) -> Store:
    """A store that must be there already.

    Args:
        storage: A SQLAlchemy URL.

    Raises:
        UserError: No such SQLite file, or the database is down.
    """
    url = parse_url(storage)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise UserError(
            "an existing storage",
            f"no file {url.database!r}",
            "launch a job with `peftsearch run`, or name the storage with --storage",
        )
    return Store.open(storage)
