"""The failed trials by kind."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .points import Point

LATEST = 5


def failures(points: Iterable[Point]) -> dict[str, Any]:
    """Plain data: the kinds, the most frequent first, each with its latest messages.

    Args:
        points: Ended trials in order of event.
    """
    kinds: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        if point.failure is not None:
            kinds[point.failure].append(point)
    ordered = sorted(kinds, key=lambda kind: (-len(kinds[kind]), kind))
    shown = [_kind(kind, kinds[kind]) for kind in ordered]
    return {"total": sum(map(len, kinds.values())), "kinds": shown}


def _kind(kind: str, points: list[Point]) -> dict[str, Any]:
    latest = [{"number": x.number, "message": x.message} for x in points[: -LATEST - 1 : -1]]
    return {"kind": kind, "count": len(points), "latest": latest}
