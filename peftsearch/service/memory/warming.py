"""Reading jobs before anybody asks: the first look at ten thousand trials takes seconds."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator

from peftsearch.errors import PeftsearchError, UserError
from peftsearch.service.stores import StorePool

from .history import Histories

NEWEST = 20
"""Jobs that are read at the start, the newest first; others when somebody looks at them."""


@contextlib.asynccontextmanager
async def warming(stores: StorePool, histories: Histories) -> AsyncIterator[None]:
    """Read the newest jobs in a thread of its own, until the block ends."""
    ending = threading.Event()
    thread = threading.Thread(target=_warm, args=(stores, histories, ending), name="warming")
    thread.start()
    try:
        yield
    finally:
        ending.set()
        await asyncio.to_thread(thread.join)


def _warm(stores: StorePool, histories: Histories, ending: threading.Event) -> None:
    # A database that is away, or a job that is deleted meanwhile: who looks will be told.
    with contextlib.suppress(PeftsearchError):
        with stores.borrow() as store:
            pulses = store.pulses()
        for pulse in reversed(pulses[-NEWEST:]):
            if ending.is_set():
                return
            with contextlib.suppress(UserError):  # one that cannot be read here
                histories.read(stores, pulse.name)
