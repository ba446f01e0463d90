"""The front of a job's configurations for another cost than the job searched by."""

from collections.abc import Iterable

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.records.dominance import choose_front
from peftsearch.records.front_points import FrontEntry
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .candidate_estimates import Candidate


def with_cost(spec: JobSpec, cost: str) -> JobSpec:
    """The spec with the quality and this cost as its only objectives; its bounds stay.

    Raises:
        UserError: There is no such cost.
    """
    found = objective(cost)
    if found.maximise:
        raise UserError("a cost, of which less is better", show(cost), "name another", "cost")
    chosen = {"cost": found.name, "maximise": (), "minimise": ()}
    return spec.model_copy(update={"objectives": spec.objectives.model_copy(update=chosen)})


def front_for(spec: JobSpec, members: Iterable[Candidate]) -> list[FrontEntry]:
    """Who stands on the front of a spec, in ascending cost.

    Args:
        members: All configurations at the mean of their seeds.

    Returns:
        Entries whose `entered` is the end of their newest trial.
    """
    cost = objective(spec.goals[-1]).name
    found = choose_front(list(members), spec.goals, spec.limits)
    entries = [
        FrontEntry(
            x.key,
            x.values,
            tuple(trial.number for trial in x.trials),
            max(trial.event or 0 for trial in x.trials),
            None,
        )
        for x in found
    ]
    return sorted(entries, key=lambda x: (x.values[cost], x.key))
