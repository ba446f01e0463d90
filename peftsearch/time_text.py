"""Durations in words, whoever tells them."""

import math


def duration(seconds: float) -> str:
    """`0.4 s`, `45 s`, `3 min 20 s`, `2 h 05 min`; of what took any time at least 0.1 s."""
    tenths = max(1, math.floor(10 * seconds + 0.5))
    if seconds > 0 and tenths < 10:
        return f"{tenths / 10} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def span(low: float, high: float) -> str:
    """`40 s to 2 min 10 s`, of times that are not known to the second; `about 2 min 10 s` where
    both ends are told alike."""
    ends = [duration(_to_step(x)) for x in (low, high)]
    return f"about {ends[0]}" if ends[0] == ends[1] else " to ".join(ends)


def _to_step(seconds: float) -> float:
    """Rounded to about two digits, of minutes and hours too."""
    steps = ((1, 0.1), (10, 1), (60, 5), (600, 10), (3600, 60), (36_000, 300))
    step = next((step for limit, step in steps if seconds < limit), 900)
    return round(seconds / step) * step
