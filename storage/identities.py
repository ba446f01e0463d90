"""Ids that are never given twice.

A worker of a deleted job may still hold the id of its trial. PostgreSQL's sequences never go back,
but SQLite gives the next row the highest id plus one: the worker would end a trial of another job.
"""

from typing import Any

from sqlalchemy import BigInteger, Connection, Table, cast, func, select

from .clock import now


def fresh_id(connection: Connection, table: Table) -> dict[str, Any]:
    """The column `id` for an insert into `table`; empty where the database sees to it itself."""
    if connection.dialect.name != "sqlite":
        return {}
    following = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
    milliseconds = cast(now() * 1000, BigInteger)
    return {"id": func.max(following, milliseconds)}
