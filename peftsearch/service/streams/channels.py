"""What listeners wait for. A channel lives on the event loop's thread alone.

Listeners are not fed: each keeps its own place and is woken when there is more. So one that is
slow or gone holds up nobody, and nothing is kept for it.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from peftsearch.service.memory.past import History

from .messages import BACK, BEAT, RETRY, TrialMessages, message
from .polling import News
from .status import Activity

BEAT_SECONDS = 15.0
_SLICE = 100
"""Messages that are written before others get their turn."""
_GONE = message("gone", {})


@dataclass
class Channel:
    """Latest news for any number of listeners.

    Attributes:
        latest: A message that replaces the one before it; None before the first.
        absence: That the database is away; None while it answers.
        closed: No more will come.
    """

    latest: bytes | None = None
    absence: bytes | None = None
    closed: bool = False
    listeners: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def ring(self) -> None:
        """Wake all listeners."""
        self._news.set()
        self._news = asyncio.Event()

    def tell(self, absence: bytes | None) -> None:
        """Take in whether the database answered."""
        if absence != self.absence:
            self.absence = absence
            self.ring()

    def close(self) -> None:
        """End all streams."""
        self.closed = True
        self.ring()

    def forget(self) -> None:
        """Drop the latest message, which may be old."""
        self.latest = None

    async def listen(self) -> AsyncIterator[bytes]:
        """The latest message, and each that replaces it."""
        seen: bytes | None = None
        absence: bytes | None = None
        yield RETRY
        while not self.closed:
            news = self._news
            if self.absence != absence:
                absence = self.absence
                yield absence or BACK
            elif self.latest is not seen and self.latest is not None:
                seen = self.latest
                yield seen
            elif not await _wait(news):
                yield BEAT


@dataclass
class JobChannel(Channel):
    """One job: its ended trials, and as `latest` its status.

    Attributes:
        history: The newest that is known.
        activity: What the status was made of.
        gone: The job was deleted.
    """

    history: History = field(kw_only=True)
    activity: Activity | None = None
    gone: bool = False
    _messages: TrialMessages = field(default_factory=TrialMessages)

    def update(self, history: History) -> None:
        """Take in a history, unless a newer one is there."""
        if history.event >= self.history.event:
            self.history = history

    def take(self, news: News) -> None:
        """Take in what a look at the database found."""
        changed = news.status is not None or news.history.event > self.history.event
        self.update(news.history)
        # Without a status the activity is the one that was known, perhaps forgotten since.
        if news.status is not None:
            self.activity, self.latest = news.activity, news.status
        if changed:
            self.ring()

    def forget(self) -> None:
        """Drop the status, which may be old, so that the next look makes one."""
        self.activity = self.latest = None

    async def follow(self, event: int) -> AsyncIterator[bytes]:
        """A message of each trial that ended after `event`, and of each change of the status."""
        seen: bytes | None = None
        absence: bytes | None = None
        yield RETRY
        while not self.closed:
            news = self._news
            if self.absence != absence:
                absence = self.absence
                yield absence or BACK
            elif event < self.history.event:
                found, event = self._read(event)
                yield found
                await asyncio.sleep(0)
            elif self.latest is not seen and self.latest is not None:
                seen = self.latest
                yield seen
            elif not await _wait(news):
                yield BEAT
        if self.gone:
            yield _GONE

    def _read(self, after: int) -> tuple[bytes, int]:
        """The next messages, and the event up to which they lead."""
        history = self.history
        first = bisect_right(history.series.event, after)
        points = history.points[first : first + _SLICE]
        found = b"".join(self._messages.of(history, point) for point in points)
        last = points[-1].event if len(points) == _SLICE else history.event
        return found, last or history.event


async def _wait(news: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(BEAT_SECONDS):
            return await news.wait()
    except TimeoutError:
        return False
