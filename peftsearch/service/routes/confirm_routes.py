"""Routes: confirmations on the test split, which a person agrees to one by one."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field
from typing_extensions import TypedDict

from peftsearch.message_text import plural
from peftsearch.results.confirmations.plan import LEAST, MOST
from peftsearch.results.picks.rules import ONE_SE
from peftsearch.service.context import InService
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems
from peftsearch.service.work.confirm_records import ConfirmRun
from peftsearch.service.work.confirmer import COMMAND, Asked
from peftsearch.service.work.picking import explain_pick
from peftsearch.workers.processes.presence import name_command

from .job_actions import Body, Device
from .path_parameters import InHistory, JobName

router = APIRouter(tags=["confirmations"])
_ALL = "/jobs/{job}/confirmations"
_ONE = f"{_ALL}/{{run}}"

RunId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="Id of a confirmation.")]


class Wanted(Body):
    """What is to be confirmed: a pick, as `/pick` reads it, or null for the whole front."""

    pick: Annotated[str, Field(min_length=1, max_length=500)] | None = ONE_SE
    seeds: Annotated[
        int | None,
        Field(ge=LEAST, le=MOST, description="of each arm; with a width at most so many"),
    ] = None
    width: Annotated[
        float | None,
        Field(gt=0, allow_inf_nan=False, description="of the interval, by further seeds"),
    ] = None
    by: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="column that groups the test rows"),
    ] = None
    sweep: Annotated[
        bool, Field(description="the best of the LoRA sweep as well; not of a front")
    ] = False


class Start(Wanted):
    """The same with consent: a confirmation uses up a reading of the test split."""

    reading: Annotated[int, Field(ge=1, le=10**6, description="its number, by the forecast")]
    device: Device = "auto"


class Forecast(TypedDict):
    """What a confirmation would take and read. The test rows are read for their hash alone.

    Attributes:
        what: The configuration in words, or how many the front has.
        trainings: That are left, at most.
        trainings_total: With those that are kept.
        trainings_further: That a width may add.
        seconds: Of those that are left, by the job's trials, with all around them; null before one
            has ended.
        words: The same in a line.
        reading: Number that the reading has or would get.
        ordinal: The same in a word.
        begun: Whether it was entered before, so that nothing further is used up.
        earlier: Jobs of the readings before it.
        level: Chance with which its intervals hold.
        widening: How many times as wide as a first reading's they are, at least.
        reading_words: What it reads and what follows, in sentences.
        width: That the interval of the pick minus the best floor may be expected to have; null of
            a front, and where nothing tells it.
        width_words: The same in sentences, with what would make it narrow enough.
        groups: Of the column; null without one.
        notes: On the test rows.
    """

    what: str
    trainings: int
    trainings_total: int
    trainings_further: int
    seconds: float | None
    words: str
    reading: int
    ordinal: str
    begun: bool
    earlier: list[str]
    level: float
    widening: float
    reading_words: list[str]
    width: float | None
    width_words: list[str]
    test_rows: int
    groups: int | None
    notes: list[str]


class ConfirmRuns(TypedDict):
    """The confirmations that this service was asked for, newest first."""

    confirmations: Sequence[ConfirmRun]


_Responses = dict[int | str, dict[str, Any]]
_STARTED: _Responses = {
    202: {"model": ConfirmRun, "description": "It runs; ask again where Location says."}
}


@router.post("/jobs/{job}/confirm-forecast", responses=problems(400, 404, 409, 413, 415, 429))
def foresee_confirmation(service: InService, history: InHistory, body: Wanted) -> Forecast:
    """How long a confirmation would take, and which reading of this test split it would be."""
    found: Any = service.confirmer.foresee(history.job, _resolve(history, body))
    return found  # type: ignore[no-any-return]


@router.post(
    _ALL,
    status_code=202,
    response_model=ConfirmRun,
    responses={**_STARTED, **problems(400, 404, 409, 413, 415)},
)
def start_confirmation(
    service: InService, history: InHistory, body: Start, response: Response
) -> ConfirmRun:
    """Begin a confirmation in a process of its own; one that runs is not begun twice.

    It fails, without reading anything, where others have read the test split since the forecast.
    """
    asked = _resolve(history, body)
    run = service.confirmer.start(history.job, asked, body.device, body.reading)
    response.headers["Location"] = f"/api/v1/jobs/{history.job.name}/confirmations/{run.id}"
    return run


def _resolve(history: History, body: Wanted) -> Asked:
    """What a pick means now, so that it means the same later."""
    more: Any = {"seeds": body.seeds, "width": body.width, "by": body.by}
    more["sweep"] = body.sweep and body.pick is not None
    if body.pick is None:
        words = f"the front of {plural(len(history.front()), 'configuration')}"
        return Asked(None, words, **more)
    found = explain_pick(history, body.pick)
    return Asked(f"trial {found['trial']}", found["point"]["description"], **more)


@router.get(_ALL, responses=problems(404))
def list_confirmations(service: InService, job: JobName) -> ConfirmRuns:
    """The confirmations that were started here, running or ended."""
    with service.stores.borrow() as store:
        found = store.pulse(job)
    return {"confirmations": service.confirmer.all(found)}


@router.get(_ONE, responses=problems(404))
def show_confirmation(service: InService, job: JobName, run: RunId) -> ConfirmRun:
    """How far a confirmation is."""
    with service.stores.borrow() as store:
        found = store.pulse(job)
    return service.confirmer.find(found, run)


@router.delete(_ONE, status_code=204, responses=problems(404, 415))
def end_confirmation(service: InService, job: JobName, run: RunId) -> None:
    """End a confirmation if it runs, and forget that it was asked for.

    What it found or trained stays with the job, and a reading that has begun stays counted.
    """
    with service.stores.borrow() as store:
        found = store.pulse(job)
        ended = service.confirmer.delete(found, run)
        if ended.child is not None:  # killed, it cannot sign off
            store.unregister_worker(name_command(ended.child.pid, COMMAND))
