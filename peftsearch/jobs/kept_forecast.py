"""What a dry run foresaw, kept in the user's cache: the run after it is held against it."""

import contextlib
import hashlib
import json
import math
from pathlib import Path
from typing import Any

from peftsearch.durable import write_whole
from peftsearch.records.ranges import Range
from peftsearch.samples.packages import cache_folder
from peftsearch.spaces.jobspec.spec import JobSpec

_NAME = "dry-runs.json"
_MOST = 100
"""Forecasts that are kept, the last ones."""


def keep_forecast(spec: JobSpec, workers: int, seconds: Range) -> None:
    """Keep it. A cache that cannot be written keeps nothing, which costs a line at a run's end."""
    path, key = cache_folder() / _NAME, _key(spec, workers)
    found = {name: x for name, x in _read(path).items() if name != key}
    found[key] = [seconds.low, seconds.likely, seconds.high]
    text = json.dumps(dict(list(found.items())[-_MOST:]))
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text, mode=0o600)


def recall_forecast(spec: JobSpec, workers: int) -> Range | None:
    """What the last dry run of the very job foresaw, with as many workers; None without one."""
    said: Any = _read(cache_folder() / _NAME).get(_key(spec, workers))
    try:
        low, likely, high = map(float, said)
    except (TypeError, ValueError, OverflowError):
        return None
    return Range(low, likely, high) if 0 <= low <= likely <= high < math.inf else None


def _key(spec: JobSpec, workers: int) -> str:
    text = json.dumps([spec.to_json(), workers], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
