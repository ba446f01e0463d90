"""Descriptions of JSON Schemas, which pydantic takes from docstrings as they stand."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

_ATTRIBUTE = re.compile(r"^    (\w+): (.*)$")


def move_descriptions(section: dict[str, Any]) -> None:
    """Give what a docstring says of attributes to them, and leave the rest to the section."""
    head, _, tail = inspect.cleandoc(section.get("description", "")).partition("Attributes:\n")
    section["description"] = " ".join(head.split())
    for name, text in _read_attributes(tail):
        if name in section["properties"]:
            section["properties"][name].setdefault("description", text)


def _read_attributes(text: str) -> Iterator[tuple[str, str]]:
    name, lines = "", [""]
    for line in text.splitlines():
        if match := _ATTRIBUTE.match(line):
            yield name, " ".join(lines)
            name, lines = match[1], [match[2]]
        else:
            lines.append(line.strip())
    yield name, " ".join(lines).strip()
