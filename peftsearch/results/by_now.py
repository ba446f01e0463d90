"""What a job's database says by now, where records were read some time ago."""

from collections.abc import Callable
from typing import TypeVar

from peftsearch.errors import StoreUnavailable, UserError
from peftsearch.records.job import Job
from peftsearch.storage.connection import is_there
from peftsearch.storage.store import Store

T = TypeVar("T")


def by_now(storage: str | None, job: Job, ask: Callable[[Store], T], known: T) -> T:
    """The answer of the store; `known` where the database does not tell or has the job no more."""
    try:
        if storage is None or not is_there(storage):
            return known
        with Store.open(storage) as store:
            return ask(store) if store.job(job.id).uid == job.uid else known
    except (StoreUnavailable, UserError):
        return known
