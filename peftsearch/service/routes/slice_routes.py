"""Routes: what each parameter of a configuration does to its quality, as the model has it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from typing_extensions import TypedDict

from peftsearch.insight.beliefs import configuration_of
from peftsearch.insight.explained_pick import pick
from peftsearch.results.beliefs.slice_rows import Pair, Slices
from peftsearch.results.beliefs.slices import cross_two, slice_all
from peftsearch.service.context import InService
from peftsearch.service.memory.beliefs import believe
from peftsearch.service.memory.past import History
from peftsearch.service.problems import problems
from peftsearch.spaces.configurations.configuration import Configuration

from .json_responses import respond
from .path_parameters import InHistory, read_name

router = APIRouter(tags=["charts"])

PickText = Annotated[
    str,
    Query(max_length=500, description="The configuration that is sliced, as `/pick` reads it."),
]


class SlicesBody(TypedDict):
    """Slices as of `event`, which may be a little older than the job's; null where too little is
    known, as of what is expected at a repeat."""

    event: int
    found: Slices | None


class PairBody(TypedDict):
    """As `SlicesBody`, of two parameters."""

    event: int
    found: Pair | None


@router.get("/jobs/{job}/slices", responses=problems(404), response_model=SlicesBody)
def show_slices(service: InService, history: InHistory, pick: PickText = "best") -> Response:
    """One configuration with each of its parameters changed: what the search's model expects, with
    95 % intervals, and the trained configurations at their own values."""
    told, chosen = believe(history), _find(history, read_name(service, history, pick))
    found = None if told.belief is None else slice_all(told.belief, chosen)
    body: SlicesBody = {"event": told.event, "found": found}
    return respond(body)


@router.get("/jobs/{job}/slices/pair", responses=problems(404), response_model=PairBody)
def show_pair(
    service: InService,
    history: InHistory,
    x: Annotated[str, Query(max_length=100, description="Name of a slice.")],
    y: Annotated[str, Query(max_length=100, description="Name of another.")],
    pick: PickText = "best",
) -> Response:
    """Two parameters of one configuration changed together."""
    told, chosen = believe(history), _find(history, read_name(service, history, pick))
    found = None if told.belief is None else cross_two(told.belief, chosen, x, y)
    body: PairBody = {"event": told.event, "found": found}
    return respond(body)


def _find(history: History, text: str) -> Configuration:
    front, points, spec = history.front(), history.by_number, history.job.spec
    found = pick(text, spec, history.members, front, points, history.preparation)
    return configuration_of(points[found["trial"]], spec)
