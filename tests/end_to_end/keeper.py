"""A database that asks for a password, and what it must not be seen in.

The password holds letters that URLs have a use for, so that one half of it or the other would pass
for a host, a port or a path; every part of it is looked for.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.cluster import Cluster

PASSWORD = "Zq7x@Vk9m:Tj4w/Hn2b%Ld8c Wy5p"
PARTS = re.findall(r"\w{4}", PASSWORD)
QUOTED = quote(PASSWORD, safe="")
ROLE = "keeper"


def assert_clean(*texts: str) -> None:
    for written in texts:
        found = [part for part in PARTS if part in written]
        assert not found, f"{found} in {written}"


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[Cluster]:
    """The session's server, which asks a role of its own for a password."""
    engine = create_engine(
        cluster.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    rules = cluster.folder / "data" / "pg_hba.conf"
    trusting = rules.read_text()
    with engine.connect() as connection:
        connection.execute(
            text(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'".replace(":", r"\:"))
        )
        connection.execute(text(f"CREATE DATABASE secret OWNER {ROLE}"))
        rules.write_text(f"local all {ROLE} scram-sha-256\n{trusting}")
        connection.execute(text("SELECT pg_reload_conf()"))
        yield cluster
        rules.write_text(trusting)
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text("DROP DATABASE secret WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {ROLE}"))
