"""Opening the database of jobs that should be there already."""

from peftsearch.errors import UserError
from peftsearch.storage.connection import is_there, parse_url
from peftsearch.storage.store import Store


def open_existing(storage: str) -> Store:
    """A store that must be there already.

    Args:
        storage: A SQLAlchemy URL.

    Raises:
        UserError: No such SQLite file, or the database is down.
    """
    if not is_there(storage):
        raise UserError(
            "an existing storage",
            f"no file {parse_url(storage).database!r}",
            "launch a job with `peftsearch run`, or name another storage",
        )
    return Store.open(storage)
