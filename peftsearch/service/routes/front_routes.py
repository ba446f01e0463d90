"""Routes: the front, now and at any past event, and the choice of a point."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response
from typing_extensions import TypedDict

from peftsearch.insight.baselines import Baselines, baselines
from peftsearch.insight.candidate_estimates import add_seeds
from peftsearch.insight.explained_pick import Pick
from peftsearch.insight.fronts import FrontRow, Stay, front_rows, stay
from peftsearch.insight.other_fronts import front_for, with_cost
from peftsearch.records.job import Job
from peftsearch.results.beliefs.believed import Believed, believed_front
from peftsearch.results.beliefs.expected import ExpectedRow, find_expected, index_expected
from peftsearch.results.confirmations.tested_reports import (
    CONFIRM,
    FRONT,
    find_tested,
    tell_tested,
)
from peftsearch.results.picks.rules import ONE_SE
from peftsearch.results.standing.floor_words import FloorLine, floor_json, tell_nothing_beats
from peftsearch.results.standing.floors import sort_floors
from peftsearch.service.context import InService
from peftsearch.service.memory.beliefs import Told, believe
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems
from peftsearch.service.work.picking import explain_pick
from peftsearch.storage.store import Store

from .json_responses import respond, respond_once
from .path_parameters import InHistory, read_name

router = APIRouter(tags=["front"])


class FrontBody(TypedDict):
    """The front after `event`, in ascending cost.

    Attributes:
        baselines: Trials that the front is compared with.
        floors: Models without adapters that it must beat, the best first; none of a job without.
        warnings: That nothing on the front beats the floor by more than noise, and what to try.
    """

    event: int
    points: list[FrontRow]
    baselines: Baselines
    floors: list[FloorLine]
    warnings: list[str]


class FrontHistoryBody(TypedDict):
    """Every stay on the front, by the event at which it began."""

    event: int
    entries: list[Stay]


class ExpectedBody(TypedDict):
    """What further trainings of configurations are expected to show, as of `event`.

    Attributes:
        expected: By key, of the job's quality; empty where too little is known.
    """

    event: int
    expected: dict[str, ExpectedRow]


class PredictedBody(TypedDict):
    """The expected front as of `event`, in ascending cost; null where too little is known, and of
    a job with several costs."""

    event: int
    points: list[Believed] | None


@router.get("/jobs/{job}/front", responses=problems(404), response_model=FrontBody)
def show_front(
    request: Request,
    history: InHistory,
    event: Annotated[
        int | None, Query(ge=0, description="The front as it stood after this event; default: now")
    ] = None,
    cost: Annotated[
        str | None,
        Query(max_length=100, description="Another cost, for which the front is computed anew."),
    ] = None,
) -> Response:
    """The Pareto front in ascending cost, with the lines that it must beat.

    Of another cost it is that of the quality and this cost alone, of what the job has trained.
    """
    if cost is not None:
        return respond(_front(history, history.event if event is None else event, cost))
    if event is None or event >= history.event:
        return respond_once(request, history, "front", lambda x: _front(x, x.event))
    return respond(_front(history, event))


@router.get("/jobs/{job}/front/history", responses=problems(404), response_model=FrontHistoryBody)
def show_front_history(request: Request, history: InHistory) -> Response:
    """Every stay on the front, so that a browser can replay it."""
    return respond_once(request, history, "front_history", _stays)


def _front(history: History, event: int, cost: str | None = None) -> bytes:
    spec, preparation = history.job.spec, history.preparation
    spec = spec if cost is None else with_cost(spec, cost)
    points, members = history.points, history.members
    if event < history.event:
        points = tuple(x for x in points if x.event is not None and x.event <= event)
        members = add_seeds({}, points)
    entries = history.front(event) if cost is None else front_for(spec, members.values())
    front = [members[x.key] for x in entries]
    body: FrontBody = {
        "event": event,
        "points": front_rows(entries, history.by_number, spec),
        "baselines": baselines(points, spec),
        "floors": [floor_json(x, spec) for x in sort_floors(preparation, spec)],
        "warnings": [
            *tell_nothing_beats(front, list(members.values()), spec, preparation),
        ],
    }
    return orjson.dumps(body)


def _stays(history: History) -> bytes:
    points, spec = history.by_number, history.job.spec
    entries = [stay(x, points[x.trials[0]], spec) for x in history.entries]
    body: FrontHistoryBody = {"event": history.event, "entries": entries}
    return orjson.dumps(body)


@router.get("/jobs/{job}/front/expected", responses=problems(404), response_model=ExpectedBody)
def show_expected(history: InHistory) -> Response:
    """The quality of the configurations near the front without the luck of their trainings, with
    95 % intervals; it may be of a slightly earlier event, while the newest is computed."""
    told = believe(history)
    rows = index_expected(find_expected(told.belief))
    body: ExpectedBody = {"event": told.event, "expected": rows}
    return respond(orjson.dumps(body))


@router.get("/jobs/{job}/front/predicted", responses=problems(404), response_model=PredictedBody)
def show_predicted(history: InHistory) -> Response:
    """The front that the search's model expects over the space of the job, most of which was not
    trained, with 95 % intervals; it may be of a slightly earlier event."""
    told = believe(history)
    found = history.slow_values.get("predicted", told.event, lambda: _predict(told))
    return respond(found)


def _predict(told: Told) -> PredictedBody:
    return {"event": told.event, "points": believed_front(told.belief)}


class PickBody(Pick):
    """What was picked, and what the test rows said of it.

    Attributes:
        tested: Sentences on what the last confirmation of its configuration found, the value with
            its interval first; none where it was not confirmed.
    """

    tested: list[str]


@router.get("/jobs/{job}/pick", responses=problems(404), response_model=PickBody)
def pick_point(
    service: InService,
    history: InHistory,
    text: Annotated[
        str,
        Query(
            alias="pick",
            max_length=500,
            description="`1se` (what is proposed, the cheapest within one standard error of the"
            " best), `knee`, `best`, a row of the front, `trial 17`, what a trial is called, or"
            " for example `accuracy where size <= 200 KB`.",
        ),
    ] = ONE_SE,
) -> Response:
    """The configuration that a text means, why, and what the test rows said of it."""
    found = explain_pick(history, read_name(service, history, text))
    with service.stores.borrow() as store:
        tested = _tell_tested(store, history.job, found["point"]["key"])
    return respond({**found, "pick": text, "tested": tested})


def _tell_tested(store: Store, job: Job, key: str) -> list[str]:
    reports = store.reports(job.id, CONFIRM), store.reports(job.id, FRONT)
    tested = find_tested(*reports, job.spec).get(key)
    return [] if tested is None else tell_tested(tested, job.spec)
