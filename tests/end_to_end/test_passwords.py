"""A database's password is in nothing that is written: no line, page, answer, record or file."""

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

import peftsearch
from tests.cli import calls
from tests.cluster import Cluster

from .keeper import PASSWORD, QUOTED, ROLE, assert_clean, server

pytestmark = pytest.mark.postgres

__all__ = ["server"]

NO_LOGIN = "as a port"
"""Nothing tells that it holds a password, but that it was given as a database."""
REFUSED: dict[str, Callable[[Cluster], str]] = {
    "wrong": lambda server: f"postgresql://{ROLE}:{QUOTED}x@/secret?host={server.folder}",
    "down": lambda _: f"postgresql+psycopg://{ROLE}:{QUOTED}@127.0.0.1:1/secret",
    "unquoted": lambda _: f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:1/secret",
    "one at": lambda _: f"postgresql://{ROLE}:{PASSWORD.replace('@', '%40')}@127.0.0.1:1/secret",
    NO_LOGIN: lambda _: f"postgresql://127.0.0.1:{PASSWORD.replace('@', '/')}/secret",
    "query": lambda _: f"postgresql://127.0.0.1:1/secret?user={ROLE}&password={QUOTED}",
    "no option": lambda _: f"postgresql://{ROLE}:{QUOTED}@127.0.0.1:1/secret?fast=1",
    "no slashes": lambda _: f"postgresql:{ROLE}:{QUOTED}@127.0.0.1:1/secret",
    "quoted colon": lambda _: f"postgresql://{ROLE}%3A{QUOTED}@127.0.0.1:1/secret",
    "other": lambda _: f"mysql://{ROLE}:{QUOTED}@127.0.0.1:1/secret",
    "long": lambda _: f"postgresql://{ROLE}:{QUOTED * 9}@127.0.0.1:1/secret",
}
COMMANDS = (
    "run job.toml --storage",
    "run job.toml --files",
    "run",
    "resume small --storage",
    "worker --storage",
    "worker small --storage",
    "worker",
    "jobs --storage",
    "jobs",
    "show small --storage",
    "front small --storage",
    "confirm small --storage",
    "export small --out adapter --storage",
    "stop small --storage",
    "delete small --yes --storage",
    "dashboard --port 0 --storage",
    "optuna small --storage",
    "doctor --storage",
    "doctor --json --storage",
    "show small --jsno --storage",
)


@pytest.mark.parametrize("debug", ["", "1"], ids=["plain", "debug"])
@pytest.mark.parametrize("name", REFUSED)
def test_of_a_database_that_is_refused(
    name: str,
    debug: str,
    server: Cluster,
    job_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(job_file.parent)
    monkeypatch.setenv("PEFTSEARCH_DEBUG", debug)
    told = [x for x in COMMANDS if name != NO_LOGIN or x.endswith("--storage")]
    for command in told:
        code = calls.call(monkeypatch, *command.split(), REFUSED[name](server))
        captured = capfd.readouterr()
        assert code in (1, 2) and captured.err + captured.out, command
        assert_clean(captured.out, captured.err)
    assert_clean(*(str(path) for path in job_file.parent.rglob("*")))


@pytest.mark.parametrize("name", REFUSED)
def test_of_an_error_in_python(name: str, server: Cluster, job_file: Path) -> None:
    url = REFUSED[name](server)
    for ask in (
        lambda: peftsearch.search(job_file, url),
        lambda: peftsearch.launch(job_file, url),
        lambda: peftsearch.load("small", url),
        lambda: peftsearch.resume("small", url),
        lambda: peftsearch.stop("small", url),
        lambda: peftsearch.delete("small", url),
    ):
        try:
            ask()
        except Exception:
            assert_clean(traceback.format_exc())
        else:
            pytest.fail("the database was not refused")
