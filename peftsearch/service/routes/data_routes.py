"""Routes: the data that a job may be given."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from typing_extensions import TypedDict

from peftsearch.service.context import InService
from peftsearch.service.problems import problems

from .job_actions import Body

router = APIRouter(tags=["data"])
_LONGEST = 4096
"""Characters of a path."""


class Source(Body):
    """A source of data, as `task.train` and `task.subset` of a job name it."""

    source: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
    subset: Annotated[str | None, Field(max_length=_LONGEST)] = None


class ColumnList(TypedDict):
    """The columns of a source, in its order."""

    columns: list[str]


@router.post("/columns", responses=problems(400, 409, 413, 415, 429))
def list_columns(service: InService, body: Source) -> ColumnList:
    """The columns that a file or a folder of data has; 422 where it cannot be read.

    None of a sample or a hub id: nothing is fetched for a question.
    """
    return {"columns": service.checker.list_columns(body.source, body.subset)}
