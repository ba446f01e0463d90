"""The JSON Schema of a job spec, where every key has the description of its docstring."""

from typing import Any

from peftsearch.service.descriptions import move_descriptions
from peftsearch.spaces.jobspec.spec import JobSpec


def make_schema() -> dict[str, Any]:
    """A schema by which a form can be made."""
    schema = JobSpec.model_json_schema(by_alias=True)
    for section in (schema, *schema["$defs"].values()):
        move_descriptions(section)
    return schema
