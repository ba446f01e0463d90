"""Routes: the data that a job may be given."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from typing_extensions import TypedDict

from peftsearch.errors import Conflict, UserError
from peftsearch.service.context import InService
from peftsearch.service.guard.body_limit import MOST_FILE_BYTES
from peftsearch.service.problems import problems
from peftsearch.service.settings import UPLOADS
from peftsearch.service.work import uploads
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec

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


class FileRules(TypedDict):
    """Which files may be sent.

    Attributes:
        taken: Whether any may.
    """

    taken: bool
    most_bytes: int
    suffixes: list[str]


class KeptFile(TypedDict):
    """A file that was sent.

    Attributes:
        source: What `task.train` of a job names it by; with a number where another file has the
            name that it was sent under.
        known: Whether it had been sent before, and was not written again.
    """

    source: str
    columns: list[str]
    known: bool


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string"}}},
    }
}


@router.get("/files")
def tell_files(service: InService) -> FileRules:
    """Which files of data may be sent."""
    taken = service.settings.upload_folder is not None
    suffixes = list(uploads.SUFFIXES)
    return {"taken": taken, "most_bytes": MOST_FILE_BYTES, "suffixes": suffixes}


@router.post(
    "/files/{name}",
    status_code=201,
    responses=problems(400, 409, 413, 415, 429),
    openapi_extra=_BODY,
)
async def keep_file(service: InService, request: Request, name: str) -> KeptFile:
    """Keep a file of data for jobs, as its bytes come; 422 where it is none.

    It is read whole before it is kept, and never takes the place of another: the same bytes under
    the same name are one file, and other bytes get a number.
    """
    folder = service.settings.upload_folder
    if folder is None:
        hint = "put the file into a data folder of the service, and name it there"
        raise Conflict("a service that takes files", "one that takes none", hint)
    columns = list[str]()

    def check(part: Path) -> None:
        try:
            columns.extend(service.checker.list_columns(str(part), whole=True))
        except WrongSpec as error:
            raise _of_sent(error.mistakes[0], part) from error

    kept = await uploads.keep(folder, name, request.stream(), check)
    source = f"{UPLOADS}/{kept.path.name}"
    return {"source": source, "columns": columns, "known": kept.known}


def _of_sent(found: Mistake, part: Path) -> UserError:
    """A mistake of a file by the name that it was sent under: its place here is nobody's."""
    parts = (found.expected, found.got, found.hint)
    expected, got, hint = (x.replace(str(part), part.name) for x in parts)
    return UserError(expected, got, hint, "name")


@router.post("/columns", responses=problems(400, 409, 413, 415, 429))
def list_columns(service: InService, body: Source) -> ColumnList:
    """The columns that a file or a folder of data has; 422 where it cannot be read.

    None of a sample or a hub id: nothing is fetched for a question.
    """
    return {"columns": service.checker.list_columns(body.source, body.subset)}
