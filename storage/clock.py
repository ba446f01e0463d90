"""The database's clock, so that workers on machines with wrong clocks agree about leases."""

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


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
