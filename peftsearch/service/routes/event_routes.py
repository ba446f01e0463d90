"""Routes: streams of events (server-sent events) of one job and of the list of jobs."""

import inspect
import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from peftsearch.service.context import InService
from peftsearch.service.problems import problems
from peftsearch.service.streams.messages import TrialMessage
from peftsearch.service.streams.polling import JobLine
from peftsearch.service.streams.status import Status

from .path_parameters import InHistory

router = APIRouter(tags=["events"])


class EventStream(StreamingResponse):
    """Bytes of server-sent events; FastAPI's own class would encode each for each listener."""

    media_type = "text/event-stream"


_NUMBER = re.compile("[0-9]{1,10}")
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
"""A proxy must not keep what it should pass on."""


def _keys(declared: type) -> str:
    """The keys of a declared message, for people."""
    return f"{{{', '.join(inspect.get_annotations(declared))}}}"


def _stream(description: str) -> dict[int | str, Any]:
    schema = {"type": "string", "description": "Server-sent events."}
    return {
        200: {"description": description, "content": {"text/event-stream": {"schema": schema}}}
    }


@router.get(
    "/jobs/{job}/events",
    response_class=EventStream,
    responses={
        **_stream(
            f"`trial` with the event's number as id: {_keys(TrialMessage)}, where point has the"
            f" keys of the columns of `points`. Without an id, `status`: {_keys(Status)}; and"
            " `gone` once the job is deleted; `database` when the database is away, with a"
            " `problem`, and when it is back, with null."
        ),
        **problems(404),
    },
)
async def follow_job(
    service: InService,
    history: InHistory,
    after: Annotated[
        str | None, Query(description="The event that the caller knows; default: now.")
    ] = None,
    last_event_id: Annotated[
        str | None, Header(description="Of the last message; it counts more than `after`.")
    ] = None,
) -> EventStream:
    """A message at each end of a trial and at each change of the job's status.

    A number that is none, or that the job has not reached, begins at now.
    """
    known = _read(after if last_event_id is None else last_event_id)
    return EventStream(service.watcher.follow(history, known), headers=_HEADERS)


@router.get(
    "/events",
    response_class=EventStream,
    responses={
        **_stream(
            f"`jobs`: {{jobs: [{_keys(JobLine)}]}}, once at the start and whenever something of"
            " it changes; `database` as in the stream of a job."
        ),
        **problems(),
    },
)
async def follow_jobs(service: InService) -> EventStream:
    """A message whenever something of the list of jobs changes."""
    return EventStream(service.watcher.follow_jobs(), headers=_HEADERS)


def _read(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None
