"""The problem details that a route may answer, for the OpenAPI document."""

from typing import Any

from pydantic import BaseModel

_TITLES = {
    400: "The request cannot be read.",
    404: "No such job, trial or export.",
    409: "It does not go with what is there, for example a name that is taken.",
    413: "The request is too large.",
    429: "Too much at once; try again in a while.",
    415: "Writes are JSON, and say so in Content-Type.",
    422: "Something in the request is wrong; `mistakes` names all that is.",
    503: "The database does not answer.",
}


class Mistake(BaseModel):
    """One thing that is wrong: where, what was expected, what came, what to do."""

    where: str
    expected: str
    got: str
    hint: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    expected: str | None = None
    got: str | None = None
    hint: str | None = None
    mistakes: list[Mistake] | None = None


_SCHEMA = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
_DEFINITIONS = _SCHEMA.pop("$defs")
_SCHEMA["properties"]["mistakes"]["anyOf"][0]["items"] = _DEFINITIONS["Mistake"]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of a route; 422 and 503 may always come."""
    content = {"application/problem+json": {"schema": _SCHEMA}}
    return {
        status: {"description": _TITLES[status], "content": content}
        for status in (*statuses, 422, 503)
    }
