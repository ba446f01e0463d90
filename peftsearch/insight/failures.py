"""The failed trials by kind."""

from collections import defaultdict
from collections.abc import Iterable

from typing_extensions import TypedDict

from peftsearch.records.trial import FailureKind

from .points import Point

LATEST = 5


class FailedTrial(TypedDict):
    """One failed trial."""

    number: int
    message: str | None


class FailuresOfKind(TypedDict):
    """A kind of failure with its latest trials, newest first."""

    kind: FailureKind
    count: int
    latest: list[FailedTrial]


class Failures(TypedDict):
    """The failed trials by kind, the most frequent first."""

    total: int
    kinds: list[FailuresOfKind]


def failures(points: Iterable[Point]) -> Failures:
    """The kinds, the most frequent first, each with its latest messages.

    Args:
        points: Ended trials in order of event.
    """
    kinds: dict[FailureKind, list[Point]] = defaultdict(list)
    for point in points:
        if point.failure is not None:
            kinds[point.failure].append(point)
    ordered = sorted(kinds, key=lambda kind: (-len(kinds[kind]), kind))
    shown = [_kind(kind, kinds[kind]) for kind in ordered]
    return {"total": sum(map(len, kinds.values())), "kinds": shown}


def _kind(kind: FailureKind, points: list[Point]) -> FailuresOfKind:
    newest = points[: -LATEST - 1 : -1]
    latest: list[FailedTrial] = [{"number": x.number, "message": x.message} for x in newest]
    return {"kind": kind, "count": len(points), "latest": latest}
