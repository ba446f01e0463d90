"""The schema's revisions, and how a database comes to the newest one.

A new revision is a file under `versions/`, written by hand as a frozen schema (it must not import
`storage.schema`, which moves on), its name in `HEAD`, and a file in `tests/storage/assets`.
"""

from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, String, column, inspect, select, table, text

from peftsearch.errors import UserError
from peftsearch.storage.schema import metadata

HEAD = "0009"
VERSION_TABLE = "peftsearch_version"
_LOCK = 0x70656674
"""Of PostgreSQL's advisory locks: "peft" in ASCII."""
_alembic = Lock()
"""Alembic's `op` and `context` are global: two threads would migrate each other's database."""


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None if it has no tables of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = select(column("version_num", String)).select_from(table(VERSION_TABLE))
    return connection.execute(version).scalar()


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the database to `revision`, within the caller's transaction.

    Raises:
        UserError: The database is of a newer peftsearch, or of another program.
    """
    # Imported here since a database that is at HEAD, the usual case, does not need it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    _check_origin(connection, {script.revision for script in scripts.walk_revisions()})
    config.attributes["connection"] = connection
    with _alembic:
        command.upgrade(config, revision)


def _check_origin(connection: Connection, known: set[str]) -> None:
    current = current_revision(connection)
    if current is not None and current not in known:
        raise UserError(
            f"a database of schema {HEAD} or older",
            f"schema {current}, which a newer peftsearch wrote",
            "update peftsearch",
        )
    foreign = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if current is None and foreign:
        raise UserError(
            "an empty database or one of peftsearch",
            f"one of another program with the tables {', '.join(foreign)}",
            "name another database",
        )
