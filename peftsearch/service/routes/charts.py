"""Routes: progress, parameters and their importance, failures, measurements, reports."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from peftsearch.errors import UserError
from peftsearch.insight.dimensions import dimensions
from peftsearch.insight.failures import failures
from peftsearch.insight.importance import importance
from peftsearch.insight.parameters import LABELS
from peftsearch.insight.points import Point
from peftsearch.service.answers import (
    FailuresBody,
    ImportanceBody,
    MeasurementsBody,
    ParametersBody,
    ProgressBody,
    ReportsBody,
)
from peftsearch.service.context import InService
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, objective

from .json_responses import respond, respond_once
from .path_parameters import LARGEST, InHistory, JobName

router = APIRouter(tags=["charts"])
_WORD = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


@router.get("/jobs/{job}/progress", responses=problems(404), response_model=ProgressBody)
def show_progress(request: Request, history: InHistory) -> Response:
    """Hypervolume and best quality after each end of a trial."""
    return respond_once(request, history, "progress", _progress)


def _progress(history: History) -> bytes:
    series = history.series
    return orjson.dumps(
        {
            "event": series.event,
            "trials": list(range(1, len(series.event) + 1)),
            "seconds": series.seconds,
            "hypervolume": series.hypervolume,
            "best": series.best,
        }
    )


@router.get("/jobs/{job}/parameters", responses=problems(404), response_model=ParametersBody)
def show_parameters(request: Request, history: InHistory) -> Response:
    """The completed trials in people's terms, for parallel coordinates."""
    return respond_once(request, history, "parameters", _parameters)


def _parameters(history: History) -> bytes:
    points = _completed(history)
    return orjson.dumps(
        {
            "event": history.event,
            "numbers": [x.number for x in points],
            "dimensions": dimensions(points, history.job.spec),
        }
    )


def _completed(history: History) -> list[Point]:
    return [x for x in history.points if x.quality is not None]


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
    goal = objective(name)
    points = [x for x in _completed(history) if name in x.values]
    shares = importance(
        [x.parameters for x in points], [goal.signed(x.values[name]) for x in points]
    )
    return orjson.dumps(
        {
            "event": history.event,
            "target": target,
            "trials": len(points),
            "method": "PED-ANOVA",
            "importance": [{"name": x, "label": LABELS[x], "share": share} for x, share in shares],
        }
    )


@router.get("/jobs/{job}/failures", responses=problems(404), response_model=FailuresBody)
def show_failures(request: Request, history: InHistory) -> Response:
    """The failed trials by kind, with their latest messages."""
    return respond_once(request, history, "failures", lambda x: orjson.dumps(failures(x.points)))


@router.get("/jobs/{job}/measurements", responses=problems(404), response_model=MeasurementsBody)
def list_measurements(
    service: InService,
    job: JobName,
    first: Annotated[int, Query(ge=0, le=LARGEST, description="Number of a trial.")] = 0,
    trials: Annotated[int, Query(ge=1, le=200, description="How many trials.")] = 50,
    name: Annotated[str | None, Query(pattern=_WORD, description="Of a measurement.")] = None,
) -> Response:
    """The measurements of some trials by trial, name and fidelity, learning curves included."""
    stop = first + trials
    with service.stores.borrow() as store:
        job_id = store.pulse(job).id
        more = store.next_number(job_id) > stop
        found = store.measurements(job_id, range(first, stop), name)
    return respond({"measurements": found, "next": stop if more else None})


@router.get("/jobs/{job}/reports/{kind}", responses=problems(404), response_model=ReportsBody)
def list_reports(
    service: InService,
    job: JobName,
    kind: Annotated[str, Path(pattern=_WORD, description="For example `confirm`.")],
) -> Response:
    """The job's reports of one kind, oldest first."""
    with service.stores.borrow() as store:
        reports = store.reports(store.pulse(job).id, kind)
    return respond({"reports": reports})
