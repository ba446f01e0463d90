"""In which settings two jobs differ."""

from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import TypedDict

from peftsearch.message_text import plural, show
from peftsearch.spaces.jobspec.spec import JobSpec

_LEFT_OUT = ("name", "model.anatomy")
"""A name is no setting, and an anatomy follows from the model."""


class Difference(TypedDict):
    """A setting as each job has it, in words; null where it has none."""

    setting: str
    values: list[str | None]


def differing_settings(left: JobSpec, right: JobSpec) -> list[Difference]:
    """Those that differ, in the order of a job file."""
    sides = [dict(_flatten(x.to_json())) for x in (left, right)]
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    return [
        {"setting": name, "values": [_tell(x.get(name)) for x in sides]}
        for name in names
        if sides[0].get(name) != sides[1].get(name)
    ]


def _flatten(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        name = f"{above}{key}"
        if name in _LEFT_OUT:
            continue
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{name}.")
        else:
            yield name, value


def _tell(value: Any) -> str | None:
    """A value as people write it in a row: lists without their brackets."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, list | dict):
        return value if isinstance(value, str) else show(value)
    if isinstance(value, dict) or not value:
        return "none"
    if isinstance(value[0], dict):
        return plural(len(value), "configuration")
    return ", ".join(f"({_tell(x)})" if isinstance(x, list) else str(_tell(x)) for x in value)
