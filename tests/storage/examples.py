"""Configurations and trials as small as the store accepts them."""

import copy
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool

from peftsearch.records.trial import Proposal, Trial
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.stored import plain_spec
from peftsearch.storage.schema import jobs, lost_attempts
from peftsearch.storage.store import Store

LEASE = 600.0
EXPIRED = -1.0
"""Seconds of a lease that ran out before it began, so that no test has to wait."""


UNREADABLE: dict[str, dict[str, Any] | list[int]] = {
    "kind": {"task": {"kind": "<b>grades</b>", "train": "train.csv"}},
    "objective": {"objectives": {"also": ["seconds_of_a_call"]}},
    "sampler": {"search": {"sampler": "annealing"}},
    "technique": {"space": {"bundles": ["lora", "zlora"]}},
    "input": {"space": {"inputs": ["none", "zprompt"]}},
    "key": {"weather": {"sunny": True}},
    "no table": [1],
}
"""Sections as packages that are not installed here, or a newer peftsearch, would have written;
and a whole document that nothing would."""


def make_unreadable(url: str, name: str, what: str = "kind") -> None:
    """Let the job of that name have been launched by an installation that knows more."""
    engine = create_engine(url, poolclass=NullPool)
    strange = UNREADABLE[what]
    with Store.open(url) as store:
        known = store.find_job(name).document
        document = {**known, **strange} if isinstance(strange, dict) else strange
    with engine.begin() as connection:
        connection.execute(jobs.update().where(jobs.c.name == name).values(spec=document))


def damage(url: str, statement: str) -> None:
    """Write into an SQLite file what peftsearch never would."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        assert database.execute(statement).rowcount
        database.commit()


def make_older(url: str, name: str, *keys: str) -> None:
    """Let the job of that name have been launched before these dotted keys of sections were, and
    before documents knew what the job file said."""
    engine = create_engine(url, poolclass=NullPool)
    with Store.open(url) as store:
        document = copy.deepcopy(plain_spec(store.find_job(name).document))
    for key in keys:
        section, _, last = key.partition(".")
        del document[section][last]
    with engine.begin() as connection:
        connection.execute(jobs.update().where(jobs.c.name == name).values(spec=document))


def make_configuration(index: int) -> Configuration:
    """Another key for another index."""
    modules = (Module("lora", index + 1, ("query", "value")),)
    return Configuration((Stratum(0, 2), Stratum(2, 4, modules)), 1e-3)


def make_proposal(index: int, seed: int = 0, fidelity: float = 1.0) -> Proposal:
    """Proposes `make_configuration(index)`."""
    return Proposal(make_configuration(index), seed, "search", fidelity)


def insert(
    store: Store,
    job_id: int,
    proposals: Sequence[Proposal],
    costs: Sequence[Mapping[str, float]] | None = None,
) -> list[Trial]:
    """Queue proposals under a lease of their own."""
    token = store.take_suggestion_lease(job_id, "suggester", LEASE)
    assert token is not None
    trials = store.insert(job_id, token, proposals, costs or [{}] * len(proposals))
    store.release_suggestion_lease(job_id, token)
    return trials


def claim(store: Store, job_id: int, worker: str = "w", seconds: float = LEASE) -> Trial:
    """Claim a trial that must be there."""
    trial = store.claim(job_id, worker, seconds)
    assert trial is not None
    return trial


def complete(store: Store, trial: Trial, accuracy: float, parameters: float) -> int:
    """Bring the result of a claimed trial."""
    values = {"accuracy": accuracy, "trainable_parameters": parameters}
    return store.complete(trial.id, trial.attempt, values, {"device": "cpu"}, None)


def count_lost(store: Store, silent: bool = False) -> int:
    """Attempts without a result that are kept.

    Args:
        silent: Only those whose worker fell silent.
    """
    query = select(func.count(lost_attempts.c.worker if silent else lost_attempts.c.id))
    with create_engine(store.url, poolclass=NullPool).connect() as connection:
        return int(connection.execute(query).scalar_one())
