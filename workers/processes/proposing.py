"""The suggestion lease of a worker that computes proposals, kept for as long as it computes."""

import contextlib
import threading
from collections.abc import Iterator

from peftsearch.errors import NotFoundError, StoreUnavailable
from peftsearch.storage.store import Store

from .lease_times import SUGGESTION_RENEW_SECONDS, SUGGESTION_SECONDS


@contextlib.contextmanager
def keep_lease(store: Store, job_id: int, token: int, worker: str) -> Iterator[None]:
    """Renew the lease beside the block, and show that the worker lives.

    Proposals of a large job, or of another package's sampler, take minutes on a busy machine. A
    process that dies renews nothing, and one that hangs is killed by its pool.
    """
    done = threading.Event()
    thread = threading.Thread(
        target=_renew, args=(store, job_id, token, worker, done), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(store: Store, job_id: int, token: int, worker: str, done: threading.Event) -> None:
    """In a thread, over a connection of its own, which most proposals are too quick to need."""
    while not done.wait(SUGGESTION_RENEW_SECONDS):
        with contextlib.suppress(StoreUnavailable, NotFoundError), store.beside() as own:
            own.renew_suggestion_lease(job_id, token, SUGGESTION_SECONDS)
            own.heartbeat(worker)
