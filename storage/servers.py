"""What each connection to a PostgreSQL server asks for, whatever the server, the database, the
role or the machine is set to."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL
from sqlalchemy.pool import ConnectionPoolEntry

STANDSTILL_SECONDS = 60
"""A process that does nothing in a transaction for so long loses it, with all that it locked."""
_SESSION = (
    f"SET idle_in_transaction_session_timeout = '{STANDSTILL_SECONDS}s';"
    " SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10;"
    " SET tcp_keepalives_count = 6;"
    " SET extra_float_digits = 3; SET default_transaction_isolation = 'read committed';"
    " SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off';"
    " SELECT set_config(name, '0', false) FROM pg_settings WHERE setting <> '0'"
    " AND name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout')"
)
_SILENCE: Mapping[str, int] = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""When a server's machine is gone that said nothing, in seconds and, the last, milliseconds: well
before a lease runs out, where Linux by itself asks after two hours."""


def connect_arguments(url: URL) -> dict[str, Any]:
    """What the driver is told beside the URL, which goes first where it says something itself."""
    # A pooler may give each transaction another session, which knows no statement of before.
    silence = {name: value for name, value in _SILENCE.items() if name not in url.query}
    return {"prepare_threshold": None, **silence}


def prepare_server(connection: Any, record: ConnectionPoolEntry) -> None:
    """Numbers come as they were stored, writers see what was committed before them, what is
    recorded is on the disk of the server (a worker keeps no file of it any more), and nobody waits
    for long at what a process has locked that stands still or whose machine is gone. The server
    gives up the connection of such a machine after two minutes, not hours: it has few.

    A limit that a role has for statements would end the reading of a large job each time it is
    tried again. PostgreSQL before 12 rounds by itself. Where `synchronous_commit` asks for more,
    it stays.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SESSION)
    connection.commit()
