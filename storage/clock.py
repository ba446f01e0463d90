"""The database's clock, so that workers on machines with wrong clocks agree about leases."""

from typing import Any

from sqlalchemy import ColumnElement, Double, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

LONGEST_SECONDS = 3600.0
"""Of a lease; ours last a minute at most."""


class now(GenericFunction[float]):
    """Seconds since the epoch, to the millisecond or better, at the time of the statement."""

    type = Double()
    name = "peftsearch_now"
    inherit_cache = True


@compiles(now, "postgresql")
def _postgresql(element: now, compiler: Any, **options: Any) -> str:
    # CURRENT_TIMESTAMP stands still within a transaction, which may wait for a lock.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


@compiles(now, "sqlite")
def _sqlite(element: now, compiler: Any, **options: Any) -> str:
    # CURRENT_TIMESTAMP steps by a second. 2440587.5 is the Julian day of the epoch.
    return "((julianday('now') - 2440587.5) * 86400.0)"


def has_run_out(until: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a lease ran out. One that lasts longer than any was given under a clock that was set
    back since, or on another server: nobody would be heard before it ends."""
    return or_(until <= now(), until > now() + LONGEST_SECONDS)
