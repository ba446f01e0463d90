"""The JSON Schema of a job spec, where every key has the description of its docstring."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from peftsearch.spaces.jobspec.spec import JobSpec

_ATTRIBUTE = re.compile(r"^    (\w+): (.*)$")


def make_schema() -> dict[str, Any]:
    """A schema by which a form can be made."""
    schema = JobSpec.model_json_schema(by_alias=True)
    for section in (schema, *schema["$defs"].values()):
        _move_descriptions(section)
    return schema


def _move_descriptions(section: dict[str, Any]) -> None:
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
