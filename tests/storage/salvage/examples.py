"""A database that is worth saving, and damage."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, Proposal
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.storage.schema import metadata
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert

PAGE = 4096
TRIALS, LAYERS = 30, 6


def fill(path: Path) -> Job:
    """A job of 30 trials on some fifty pages: two thirds of them ended, one failed, one runs."""
    with Store.open(f"sqlite:///{path}") as store:
        budget = BudgetSpec(trials=TRIALS, hours=None)
        job = store.create_job(make_spec().model_copy(update={"budget": budget}))
        proposals = [_propose(i) for i in range(TRIALS)]
        costs = [job.spec.count_costs(x.configuration) for x in proposals]
        insert(store, job.id, proposals, costs)
        for i in range(20):
            cost = costs[i]["trainable_parameters"]
            complete(store, claim(store, job.id), 0.5 + i * 13 % 20 / 100, cost)
        store.fail(claim(store, job.id).id, 1, FailureKind.BUG, "x")
        claim(store, job.id)
        store.save_report(job.id, "confirm", {"text": "y" * 3 * PAGE})
        store.write_note(job.id, 3, "three", "of note")
        return store.find_job(job.name)


def _propose(index: int) -> Proposal:
    modules = (Module("lora", index + 1, ("query", "value")),)
    return Proposal(Configuration((Stratum(0, LAYERS, modules),), 1e-3), 0, "search")


def overwrite(path: Path, number: int) -> None:
    """Put other bytes in the place of a page, from 1 on."""
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(bytes(range(165, 181)) * (PAGE // 16))


def break_indices(path: Path) -> None:
    """Damage a database that others have open, so that they notice at their next question."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = other.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index'").fetchall()
        for (number,) in roots:
            overwrite(path, number)
        other.execute("PRAGMA user_version = 1")  # so that nobody trusts what it has read


def dump(path: Path) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with closing(sqlite3.connect(path)) as database:
        tables = [table.name for table in metadata.sorted_tables]
        found = {x: database.execute(f"SELECT * FROM {x}").fetchall() for x in tables}
        return {name: sorted(rows, key=repr) for name, rows in found.items()}
