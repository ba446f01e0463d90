"""Routes: the trials of a job: a page of the table, one in full, and all as columns for charts."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from typing_extensions import TypedDict

from peftsearch.insight.columns import PointColumns
from peftsearch.insight.layers import layer_map
from peftsearch.insight.objective_rows import MeasuredObjective, measured_objectives
from peftsearch.insight.points import Point, point_of
from peftsearch.insight.trial_table import Filter, TrialRow, choose_rows, sort_rows, table_row
from peftsearch.records.trial import TRAINING_LOSS, Reasons, Trial
from peftsearch.records.trial_note import TrialNote, by_trial
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.service.context import InService
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems

from .filters import Word, check_origins, read_filter
from .json_responses import respond, respond_once
from .path_parameters import LARGEST, InHistory, JobName, Number

router = APIRouter(tags=["trials"])


class TrialsBody(TypedDict):
    """A page of the trials; `total` counts all that pass the filters."""

    event: int
    total: int
    trials: list[TrialRow]


class NearTrial(TypedDict):
    """A configuration that looked alike to the model.

    Attributes:
        number: Of its first trial.
        quality: Mean of its completed seeds as of now; null where all failed.
    """

    number: int
    words: str
    quality: float | None
    cost: float


class ReasonsLine(TypedDict):
    """Why the model proposed a trial.

    Attributes:
        expected_gain: Expected rise of the front's hypervolume, as a share of what it was.
        known: Number of configurations that had a result.
        nearest: The known configurations that look most alike, the nearest first.
    """

    expected_gain: float
    known: int
    nearest: list[NearTrial]


class TrialDetail(TrialRow):
    """All about one trial.

    Attributes:
        reasons: Null of what the model did not propose.
        map: For the strata map.
        curve: Pairs of the share of the training and the mean loss there.
        standard_error: Of the quality on the validation split; null where unknown.
        same_key: The trials of the same configuration with other seeds.
        adapter: Whether one was kept.
    """

    configuration: dict[str, Any]
    map: dict[str, Any]
    provenance: dict[str, Any]
    curve: list[tuple[float, float]]
    standard_error: float | None
    same_key: list[int]
    objectives: list[MeasuredObjective]
    adapter: bool
    reasons: ReasonsLine | None


class PointsBody(TypedDict):
    """The ended trials up to `event`, in the order of their ends; `Columns.body` writes it."""

    event: int
    columns: PointColumns


@router.get("/jobs/{job}/trials", responses=problems(404), response_model=TrialsBody)
def list_trials(
    service: InService,
    job: JobName,
    wanted: Annotated[Filter, Depends(read_filter)],
    sort: Annotated[Word, Query(description="A column; `-` before it reverses.")] = "number",
    offset: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """A page of the trials that pass the filters.

    `min.NAME` and `max.NAME` limit an objective, for example `max.adapter_bytes=200000`.
    """
    history, waiting, notes = _read_all(service, job)
    on_front, points = _on_front(history), (*history.points, *waiting)
    check_origins(wanted.origins, points)
    rows = choose_rows(points, wanted, on_front, notes)
    page = sort_rows(rows, sort)[offset : offset + limit]
    body: TrialsBody = {
        "event": history.event,
        "total": len(rows),
        "trials": [table_row(x, on_front, notes.get(x.number)) for x in page],
    }
    return respond(body)


def _read_all(
    service: InService, name: str
) -> tuple[History, list[Point], Mapping[int, TrialNote]]:
    """The history, the trials that were open just before it was read, and what people wrote."""
    with service.stores.borrow() as store:
        job_id = store.pulse(name).id
        trials, notes = store.open_trials(job_id), by_trial(store.trial_notes(job_id))
    history = service.histories.read(service.stores, name)
    known = history.by_number
    waiting = [point_of(x, history.job.spec) for x in trials if x.number not in known]
    return history, waiting, notes


def _on_front(history: History) -> frozenset[int]:
    return history.derive(
        "on_front",
        lambda x: frozenset(number for entry in x.front() for number in entry.trials),
    )


@router.get("/jobs/{job}/trials/{number}", responses=problems(404), response_model=TrialDetail)
def show_trial(service: InService, history: InHistory, number: Number) -> Response:
    """All about one trial."""
    with service.stores.borrow() as store:
        trial = store.trial(history.job.id, number)
        losses = store.measurements(history.job.id, range(number, number + 1), TRAINING_LOSS)
        keys = {x.number: x.key for x in store.open_trials(history.job.id)}
        note = by_trial(store.trial_notes(history.job.id)).get(number)
    curve = [(x.fidelity, x.value) for x in losses]
    keys |= {x.number: x.key for x in history.points}
    same = sorted(n for n, key in keys.items() if key == trial.key and n != number)
    return respond(_detail(trial, history, curve, same, note))


def _detail(
    trial: Trial,
    history: History,
    curve: list[tuple[float, float]],
    same: list[int],
    note: TrialNote | None,
) -> TrialDetail:
    spec = history.job.spec
    point = point_of(trial, spec)
    return {
        **table_row(point, _on_front(history), note),
        "configuration": trial.configuration.to_json(),
        "map": layer_map(trial.configuration, spec.anatomy),
        "provenance": dict(trial.provenance),
        "curve": curve,
        "standard_error": sampling_error(
            spec, point.measurements, point.validation_rows, point.quality_error
        ),
        "same_key": same,
        "objectives": measured_objectives(trial.measurements),
        "adapter": point.adapter,
        "reasons": _tell_reasons(trial.reasons, history),
    }


def _tell_reasons(reasons: Reasons | None, history: History) -> ReasonsLine | None:
    if reasons is None:
        return None
    numbers = history.derive("first_numbers", _first_numbers)
    points = [history.by_number[numbers[key]] for key in reasons.nearest if key in numbers]
    return {
        "expected_gain": reasons.expected_gain,
        "known": reasons.known,
        "nearest": [_near(x, history) for x in points],
    }


def _near(point: Point, history: History) -> NearTrial:
    known = history.members.get(point.key)
    quality = None if known is None else known.values[history.job.spec.task.quality]
    return {"number": point.number, "words": point.words, "quality": quality, "cost": point.cost}


def _first_numbers(history: History) -> dict[str, int]:
    """The lowest number of a trial with each key."""
    return {x.key: number for number, x in sorted(history.by_number.items(), reverse=True)}


@router.get("/jobs/{job}/points", responses=problems(404), response_model=PointsBody)
def list_points(
    request: Request,
    history: InHistory,
    after: Annotated[int, Query(ge=0, description="Only what ended after this event.")] = 0,
) -> Response:
    """The ended trials as columns, in the order of their ends.

    A chart that shows these follows the job with `events?after=EVENT` of the answer's event.
    """
    if after == 0:
        return respond_once(request, history, "points", lambda x: x.columns.body(x.event))
    first = bisect_right(history.series.event, after)
    return respond(history.columns.since(history.points, first).body(history.event))
