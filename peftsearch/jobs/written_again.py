"""A job's spec as a person would write it, to launch another like it."""

from pathlib import Path
from typing import Any

from peftsearch.samples.fetch import name_sample
from peftsearch.spaces.jobspec.spec import JobSpec

_FILLED_IN = (("model", "anatomy"), ("task", "default_metric"), ("training", "function"))
"""Keys that a launch decides again."""
_PATHS = (
    ("model", "path"),
    ("model", "encoder"),
    ("task", "train"),
    ("task", "validation"),
    ("task", "test"),
    ("objectives", "reference"),
)


def write_again(spec: JobSpec, folder: Path) -> dict[str, Any]:
    """Plain data without what a launch fills in: samples have the names that job files call them
    by, and files below a folder their path from there.

    Args:
        folder: Where relative paths of the new spec begin.
    """
    data = spec.to_json()
    for section, key in _FILLED_IN:
        data[section].pop(key, None)
    for section, key in _PATHS:
        if (path := data[section].get(key)) is not None:
            data[section][key] = name_sample(path) or _shorten(path, folder.resolve())
    return data


def _shorten(path: str, folder: Path) -> str:
    """What is not there any more keeps its whole path: the rest may look like a hub id."""
    there = Path(path)
    is_below = there.is_absolute() and there.is_relative_to(folder) and there.exists()
    return str(there.relative_to(folder)) if is_below and there != folder else path
