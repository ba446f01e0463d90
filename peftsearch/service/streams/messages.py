"""The messages of event streams, as the bytes that go over the wire."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi.sse import format_sse_event
from typing_extensions import TypedDict

from peftsearch.errors import PeftsearchError
from peftsearch.insight.columns import plain_point
from peftsearch.insight.fronts import Stay, stay
from peftsearch.insight.points import Point
from peftsearch.service.memory.past import History
from peftsearch.service.problems import AWAY

RETRY = format_sse_event(retry=2000)
"""First of all: after so many milliseconds a browser that lost the stream asks again."""
BEAT = b": still here\n\n"
"""A comment, so that neither end takes a quiet stream for a dead one."""
_KEPT = 1000


class AwayProblem(TypedDict):
    """As the problem details of a request have it."""

    title: str
    detail: str


class DatabaseMessage(TypedDict):
    """That the database is away, or, without a problem, that it is back."""

    problem: AwayProblem | None


class TrialMessage(TypedDict):
    """The end of a trial, and which configurations entered and left the front with it.

    Attributes:
        point: Has the keys of the columns of `points`.
        left: Keys of configurations.
    """

    event: int
    point: dict[str, Any]
    entered: list[Stay]
    left: list[str]


def message(event: str, data: Any, number: int | None = None) -> bytes:
    """One message; only one with a number moves the place at which a browser resumes."""
    text = orjson.dumps(data).decode()
    identifier = None if number is None else str(number)
    return format_sse_event(data_str=text, event=event, id=identifier)


def tell_database(error: PeftsearchError | None) -> bytes:
    """A message that it is away by an error, or back."""
    problem: AwayProblem | None = None
    if error is not None:
        problem = {"title": AWAY, "detail": str(error)}
    data: DatabaseMessage = {"problem": problem}
    return message("database", data)


BACK = tell_database(None)


class TrialMessages:
    """The messages of one job's ended trials; the latest are kept, for all who listen."""

    def __init__(self) -> None:
        self._made: dict[int, bytes] = {}

    def of(self, history: History, point: Point) -> bytes:
        """The message of one ended trial of the history."""
        assert point.event is not None
        if point.event not in self._made:
            if len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            self._made[point.event] = _trial_message(history, point, point.event)
        return self._made[point.event]


def _trial_message(history: History, point: Point, event: int) -> bytes:
    entered, left = history.derive("changes", _changes)
    data: TrialMessage = {
        "event": event,
        "point": plain_point(point),
        "entered": entered.get(event, []),
        "left": left.get(event, []),
    }
    return message("trial", data, event)


def _changes(
    history: History,
) -> tuple[Mapping[int, list[Stay]], Mapping[int, list[str]]]:
    """What entered the front and which keys left it, by event."""
    entered: defaultdict[int, list[Stay]] = defaultdict(list)
    left: defaultdict[int, list[str]] = defaultdict(list)
    points, spec = history.by_number, history.job.spec
    for entry in history.entries:
        # As it was then: a later message says that it left.
        shown = stay(entry, points[entry.trials[0]], spec)
        entered[entry.entered].append({**shown, "left": None})
        if entry.left is not None:
            left[entry.left].append(entry.key)
    return dict(entered), dict(left)
