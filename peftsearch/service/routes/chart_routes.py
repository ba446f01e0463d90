"""Routes: progress, parameters and their importance."""

from collections.abc import Sequence
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response
from typing_extensions import TypedDict

from peftsearch.errors import UserError
from peftsearch.insight.dimensions import Dimension, dimensions
from peftsearch.insight.what_matters import METHOD, Importance, rank_parameters
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems
from peftsearch.spaces.jobspec.objectives import OBJECTIVES

from .json_responses import respond, respond_once
from .path_parameters import InHistory

router = APIRouter(tags=["charts"])


class ProgressBody(TypedDict):
    """One entry for each ended trial; `seconds` since the job's creation."""

    event: Sequence[int]
    trials: Sequence[int]
    seconds: Sequence[float]
    hypervolume: Sequence[float]
    best: Sequence[float | None]


class ParametersBody(TypedDict):
    """The configurations for parallel coordinates; the last dimensions are the goals of the front,
    the quality at the end.

    Attributes:
        numbers: Of the first completed trial of each.
    """

    event: int
    numbers: list[int]
    dimensions: list[Dimension]


class ImportanceBody(TypedDict):
    """Shares sum to 1, largest first; none where too few trials tell. `event` may be a little
    older than the job's: the newest is computed aside. `warning` says that fewer than `enough`
    trials are not to be trusted; empty where there are as many."""

    event: int
    target: str
    trials: int
    enough: int
    warning: str
    method: str
    importance: list[Importance]


@router.get("/jobs/{job}/progress", responses=problems(404), response_model=ProgressBody)
def show_progress(request: Request, history: InHistory) -> Response:
    """Hypervolume and best quality after each end of a trial."""
    return respond_once(request, history, "progress", _progress)


def _progress(history: History) -> bytes:
    series = history.series
    body: ProgressBody = {
        "event": series.event,
        "trials": list(range(1, len(series.event) + 1)),
        "seconds": series.seconds,
        "hypervolume": series.hypervolume,
        "best": series.best,
    }
    return orjson.dumps(body)


@router.get("/jobs/{job}/parameters", responses=problems(404), response_model=ParametersBody)
def show_parameters(request: Request, history: InHistory) -> Response:
    """The completed configurations in people's terms, at the means of their seeds."""
    return respond_once(request, history, "parameters", _parameters)


def _parameters(history: History) -> bytes:
    members = sorted(history.members.values(), key=lambda x: x.first.number)
    body: ParametersBody = {
        "event": history.event,
        "numbers": [x.first.number for x in members],
        "dimensions": dimensions(members, history.job.spec),
    }
    return orjson.dumps(body)


@router.get("/jobs/{job}/importance", responses=problems(404), response_model=ImportanceBody)
def show_importance(
    history: InHistory,
    target: Annotated[
        str, Query(max_length=100, description="`quality`, or the name of an objective.")
    ] = "quality",
) -> Response:
    """Which parameters decide the target, by PED-ANOVA."""
    spec = history.job.spec
    name = spec.task.quality if target == "quality" else target
    if name not in OBJECTIVES:
        known = ", ".join(["quality", *OBJECTIVES])
        raise UserError(f"a target among {known}", repr(target), "correct it")
    return respond(
        history.slow_values.get(name, history.event, lambda: _importance(history, target, name))
    )


def _importance(history: History, target: str, name: str) -> bytes:
    body: ImportanceBody = {
        "event": history.event,
        "target": target,
        **rank_parameters(history.points, name),
        "method": METHOD,
    }
    return orjson.dumps(body)
