"""Problem details (RFC 9457), the answer to every error: how they are declared, and made."""

from collections.abc import Sequence
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from peftsearch.spaces.jobspec.mistakes import Mistake

MEDIA_TYPE = "application/problem+json"
AWAY = "The database does not answer"
"""The title of what cannot be done for now; whoever only reads may ask again."""
_SCHEMAS = "#/components/schemas/{model}"
_TITLES = {
    400: "The request cannot be read.",
    404: "No such job, trial or export.",
    409: "It does not go with what is there, for example a name that is taken.",
    413: "The request is too large.",
    429: "Too much at once; try again in a while.",
    415: "Writes are JSON, and say so in Content-Type.",
    422: "Something in the request is wrong; `mistakes` names all that is.",
    503: f"{AWAY}.",
}


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str
    expected: str | None = None
    got: str | None = None
    hint: str | None = None
    mistakes: Sequence[Mistake] | None = None


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    expected: str | None = None,
    got: str | None = None,
    hint: str | None = None,
    mistakes: Sequence[Mistake] | None = None,
) -> JSONResponse:
    """A response of problem details; members without a value are left out."""
    body = Problem(
        type="about:blank",
        title=title,
        status=status,
        detail=detail,
        expected=expected,
        got=got,
        hint=hint,
        mistakes=mistakes,
    )
    return JSONResponse(body.model_dump(exclude_none=True), status, media_type=MEDIA_TYPE)


def problem_schemas() -> dict[str, Any]:
    """The schemas of the OpenAPI document that `problems` refers to, by name."""
    schema = Problem.model_json_schema(ref_template=_SCHEMAS)
    return {**schema.pop("$defs"), "Problem": schema}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of a route: the errors that it may answer; 422 and 503 may always come."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _SCHEMAS.format(model="Problem")}}}
    return {
        status: {"description": _TITLES[status], "content": content}
        for status in (*statuses, 422, 503)
    }
