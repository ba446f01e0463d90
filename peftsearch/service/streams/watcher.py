"""Looks at the database for all who listen, so that fifty open pages cost as much as one."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from peftsearch.errors import PeftsearchError
from peftsearch.service.memory.history import Histories
from peftsearch.service.memory.past import History
from peftsearch.service.stores import StorePool
from peftsearch.service.work.pool_status import PoolStatus

from .channels import Channel, JobChannel
from .messages import tell_database
from .polling import Findings, Key, Wanted, poll

PERIOD_SECONDS = 0.5
_PATIENCE_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


class Watcher:
    """Its methods belong to the event loop's thread.

    Args:
        pools: Gives the local pools by job name.
    """

    def __init__(
        self,
        stores: StorePool,
        histories: Histories,
        pools: Callable[[], Mapping[str, PoolStatus]] = dict,
    ) -> None:
        self._stores, self._histories, self._pools = stores, histories, pools
        self._channels: dict[Key, JobChannel] = {}
        self._jobs = Channel()
        self._asked = asyncio.Event()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return self._jobs.listeners + sum(x.listeners for x in self._channels.values())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch until the block ends, which ends all streams as well."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task, _PATIENCE_SECONDS)

    def close(self) -> None:
        """End all streams, and those that would still be opened."""
        self._closed = True
        self._asked.set()
        for channel in (self._jobs, *self._channels.values()):
            channel.close()

    async def follow(self, history: History, after: int | None) -> AsyncIterator[bytes]:
        """Messages of one job.

        Args:
            after: The event that the listener knows; None, or one that the job has not reached,
                begins at now.
        """
        known = after if after is not None and 0 <= after <= history.event else history.event
        key = history.job.id, history.job.created
        channel = self._channels.setdefault(key, JobChannel(history=history))
        channel.update(history)
        with self._joined(channel):
            async for found in channel.follow(known):
                yield found

    async def follow_jobs(self) -> AsyncIterator[bytes]:
        """A message of all jobs, and one whenever something of the list changes."""
        with self._joined(self._jobs):
            async for found in self._jobs.listen():
                yield found

    @contextlib.contextmanager
    def _joined(self, channel: Channel) -> Iterator[None]:
        if channel.listeners == 0:
            channel.forget()
        channel.closed |= self._closed
        channel.listeners += 1
        self._asked.set()
        try:
            yield
        finally:
            channel.listeners -= 1

    async def _watch(self) -> None:
        while not self._closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PERIOD_SECONDS if self.listeners else None):
                    await self._asked.wait()
            self._asked.clear()
            if self.listeners and not self._closed:
                await self._poll()

    async def _poll(self) -> None:
        """Take in what is new; a database that is away is asked again the next time."""
        self._channels = {key: x for key, x in self._channels.items() if x.listeners}
        activities = {key: x.activity for key, x in self._channels.items()}
        wanted = Wanted(activities, self._jobs.listeners > 0)
        try:
            self._take(await asyncio.to_thread(self._read, wanted))
            self._tell(None)
        except PeftsearchError as error:
            _LOG.info("the database was not read: %s", error)
            self._tell(tell_database(error))
        except Exception:
            # Streams outlive whatever a record may hold.
            _LOG.exception("the database was not read")

    def _read(self, wanted: Wanted) -> Findings:
        with self._stores.borrow() as store:
            return poll(store, self._histories, self._pools(), wanted)

    def _tell(self, absence: bytes | None) -> None:
        for channel in (self._jobs, *self._channels.values()):
            channel.tell(absence)

    def _take(self, found: Findings) -> None:
        for key, news in found.news.items():
            if channel := self._channels.get(key):
                channel.take(news)
        for key in found.gone:
            if channel := self._channels.pop(key, None):
                channel.gone = True
                channel.close()
        if found.jobs is not None and found.jobs != self._jobs.latest:
            self._jobs.latest = found.jobs
            self._jobs.ring()
