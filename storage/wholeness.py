"""A PostgreSQL database that is being restored: its rows come before the keys of its tables."""

from sqlalchemy import Connection, text

from peftsearch.errors import StoreRefuses

from .connection import describe
from .schema import metadata

_KEYS = {
    str(key.name): table.name
    for table in metadata.sorted_tables
    for key in (table.primary_key, *table.foreign_key_constraints)
}
_KNOWN = text(
    "SELECT conname FROM pg_constraint WHERE conrelid IN "
    "(SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS name)"
)


def check_whole(connection: Connection) -> None:
    """Refuse a database that is being restored, or was in part alone: what it lacks may be to
    come, and what is written would stand there twice.

    Raises:
        StoreRefuses: A table of it has not all its keys.
    """
    if connection.dialect.name != "postgresql":
        return
    found = set(connection.scalars(_KNOWN, {"tables": sorted(set(_KEYS.values()))}))
    if missing := next((x for x in _KEYS if x not in found), None):
        told = f"table {_KEYS[missing]!r} without its key {missing}, as while it is restored"
        raise StoreRefuses(describe(connection.engine.url), told)
