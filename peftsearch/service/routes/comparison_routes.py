"""Routes: two jobs beside each other."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from peftsearch.errors import UserError
from peftsearch.insight.job_comparison import JobComparison, compare_jobs
from peftsearch.insight.job_sides import Side
from peftsearch.records.trial import TrialState
from peftsearch.service.context import InService, Service
from peftsearch.service.problems import problems
from peftsearch.workers.processes.liveness import count_all_live

from .json_responses import respond

router = APIRouter(tags=["jobs"])
_NAMES = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63},[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


@router.get("/compare", responses=problems(404), response_model=JobComparison)
def compare(
    service: InService,
    jobs: Annotated[str, Query(pattern=_NAMES, description="Two names, a comma between them.")],
    cost: Annotated[
        str | None, Query(max_length=100, description="Cost of the fronts; default: the first's.")
    ] = None,
) -> Response:
    """In which settings two jobs differ, both fronts, and which best is better beyond noise.

    Hypervolumes are of one common box. Where the metric or the rows differ, no winner is named.
    """
    names = jobs.split(",")
    if names[0] == names[1]:
        raise UserError("two different jobs, a comma between them", repr(jobs), "name two", "jobs")
    left, right = (_side(service, name) for name in names)
    return respond(compare_jobs(left, right, cost))


def _side(service: Service, name: str) -> Side:
    """What the service remembers of a job, and where one of its trials was trained."""
    history = service.histories.read(service.stores, name)
    done = (x.number for x in history.points if x.state == TrialState.COMPLETED)
    first = next(done, None)
    with service.stores.borrow() as store:
        counts = store.counts(history.job.id)
        hours = service.histories.hours.used(store, history.job, counts)
        live = count_all_live(store.workers(history.job.id))
        told = {} if first is None else store.trial(history.job.id, first).provenance
    return Side(history.job, history.points, history.preparation, hours, told, live)
