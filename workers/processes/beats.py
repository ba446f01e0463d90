"""What is told to the database now and then, beside something that takes long."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from peftsearch.errors import NotFoundError, StoreUnavailable
from peftsearch.storage.store import Store


@contextlib.contextmanager
def repeat_beside(store: Store, seconds: float, tell: Callable[[Store], None]) -> Iterator[None]:
    """Call `tell` again and again until the block ends.

    It is called in a thread, over a connection of its own, which most blocks are too quick to
    need. A database that is away, or has no such job any more, ends nothing.
    """
    done = threading.Event()
    thread = threading.Thread(target=_repeat, args=(store, seconds, tell, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _repeat(
    store: Store, seconds: float, tell: Callable[[Store], None], done: threading.Event
) -> None:
    while not done.wait(seconds):
        with contextlib.suppress(StoreUnavailable, NotFoundError), store.beside() as own:
            tell(own)
