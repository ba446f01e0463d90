"""The suggestion lease of a worker that computes proposals, kept for as long as it computes."""

from contextlib import AbstractContextManager

from peftsearch.storage.store import Store

from .beats import repeat_beside
from .lease_times import SUGGESTION_RENEW_SECONDS, SUGGESTION_SECONDS


def keep_lease(store: Store, job_id: int, token: int, worker: str) -> AbstractContextManager[None]:
    """Renew the lease beside the block, and show that the worker lives.

    Proposals of a large job, or of another package's sampler, take minutes on a busy machine. A
    process that dies renews nothing, and one that hangs is killed by its pool.
    """

    def renew(own: Store) -> None:
        own.renew_suggestion_lease(job_id, token, SUGGESTION_SECONDS)
        own.heartbeat(worker)

    return repeat_beside(store, SUGGESTION_RENEW_SECONDS, renew)
