"""A terminal of one database."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .calls import call


@dataclass(frozen=True)
class Said:
    """What one command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read."""
        return json.loads(self.out)

    @property
    def mistakes(self) -> list[str]:
        """Its lines of errors."""
        return [x for x in self.err.splitlines() if x.startswith("error: ")]


@dataclass(frozen=True)
class Terminal:
    """The command line in this process, on a database of its own."""

    url: str
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, code: int | None = 0) -> Said:
        """Run a command on the database; it is to end with `code`, whatever it is with None."""
        ended = call(self.monkeypatch, *arguments, "--storage", self.url)
        said = Said(ended, *self.capsys.readouterr())
        assert code is None or ended == code, said
        return said

    def store(self) -> Store:
        """The database, opened."""
        return Store.open(self.url)


@pytest.fixture
def terminal(
    new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """The command line on an empty database."""
    return Terminal(new_sqlite(), monkeypatch, capsys)
