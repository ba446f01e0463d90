"""Routes: the front, now and at any past event, and the choice of a point."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response
from typing_extensions import TypedDict

from peftsearch.insight.baselines import Baselines, baselines
from peftsearch.insight.explained_pick import Pick, pick
from peftsearch.insight.fronts import FrontRow, Stay, front_rows, stay
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems

from .json_responses import respond, respond_once
from .path_parameters import InHistory

router = APIRouter(tags=["front"])


class FrontBody(TypedDict):
    """The front after `event`, in ascending cost."""

    event: int
    points: list[FrontRow]
    baselines: Baselines


class FrontHistoryBody(TypedDict):
    """Every stay on the front, by the event at which it began."""

    event: int
    entries: list[Stay]


@router.get("/jobs/{job}/front", responses=problems(404), response_model=FrontBody)
def show_front(
    request: Request,
    history: InHistory,
    event: Annotated[
        int | None, Query(ge=0, description="The front as it stood after this event; default: now")
    ] = None,
) -> Response:
    """The Pareto front in ascending cost, with the lines that it must beat."""
    if event is None or event >= history.event:
        return respond_once(request, history, "front", lambda x: _front(x, x.event))
    return respond(_front(history, event))


@router.get("/jobs/{job}/front/history", responses=problems(404), response_model=FrontHistoryBody)
def show_front_history(request: Request, history: InHistory) -> Response:
    """Every stay on the front, so that a browser can replay it."""
    return respond_once(request, history, "front_history", _stays)


def _front(history: History, event: int) -> bytes:
    spec = history.job.spec
    points = history.points
    if event < history.event:
        points = tuple(x for x in points if x.event is not None and x.event <= event)
    body: FrontBody = {
        "event": event,
        "points": front_rows(history.front(event), history.by_number, spec),
        "baselines": baselines(points, spec),
    }
    return orjson.dumps(body)


def _stays(history: History) -> bytes:
    points, spec = history.by_number, history.job.spec
    entries = [stay(x, points[x.trials[0]], spec) for x in history.entries]
    body: FrontHistoryBody = {"event": history.event, "entries": entries}
    return orjson.dumps(body)


@router.get("/jobs/{job}/pick", responses=problems(404), response_model=Pick)
def pick_point(
    history: InHistory,
    text: Annotated[
        str,
        Query(
            alias="pick",
            max_length=500,
            description="`knee`, `best`, a row of the front, `trial 17`, or for example"
            " `accuracy where adapter_bytes <= 200 KB`.",
        ),
    ] = "knee",
) -> Response:
    """The configuration that a text means, and why."""
    front, points = history.front(), history.by_number
    return respond(pick(text, history.job.spec, history.members, front, points))
