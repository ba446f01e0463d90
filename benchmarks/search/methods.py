"""Ways to search: ours, and what others do, each with their documented defaults.

A peer stands in the table twice: plain, with no more than the linear probe before it, and with the
fixed trials of our design first (`+ design`), since a lead that comes from those is none of the
engine's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from peftsearch.records.trial import Proposal, Trial
from peftsearch.search.proposals import propose
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec

from .problem import Problem

Method = Callable[[Problem, Sequence[Trial], int, int], Proposal]
"""The next trial of a job: by its problem, trials so far, seed, and number of trials in all."""


def _with(spec: JobSpec, budget: int, search: Mapping[str, Any]) -> JobSpec:
    document = spec.to_json()
    document["search"] = document["search"] | search
    return parse_spec(document | {"budget": {"trials": budget}})


def _by_spec(**search: Any) -> Method:
    """What a job file can ask for."""

    def suggest(problem: Problem, trials: Sequence[Trial], seed: int, budget: int) -> Proposal:
        spec = _with(problem.spec, budget, search)
        return propose(spec, trials, 1, seed, problem.preparation)[0]

    return suggest


METHODS: Mapping[str, Method] = {
    "ours": _by_spec(),
    "ours, no repeats": _by_spec(repeats=0.0),
    "random": _by_spec(sampler="random", recipes=False),
    "random + design": _by_spec(sampler="random"),
    "Sobol": _by_spec(sampler="sobol", recipes=False),
    "TPE": _by_spec(sampler="tpe", recipes=False),
    "TPE + design": _by_spec(sampler="tpe"),
    "NSGA-II": _by_spec(sampler="nsga2", recipes=False),
    "NSGA-II + design": _by_spec(sampler="nsga2"),
}
