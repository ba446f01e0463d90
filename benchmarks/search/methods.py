"""Ways to search: ours, and what others do, each with their documented defaults.

A peer stands in the table twice: plain, with no more than the linear probe before it, and with the
fixed trials of our design first (`+ design`), since a lead that comes from those is none of the
engine's. Peers of `peers/` are imported when they are first asked: some need more packages.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from peftsearch.records.trial import Proposal, Trial
from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec

from .portfolio import learnt_elsewhere
from .problem import Problem

Method = Callable[[Problem, Sequence[Trial], int, int], Proposal]
"""The next trial of a job: by its problem, trials so far, seed, and number of trials in all."""
Suggest = Callable[[Problem, Sequence[Trial], int, int], Configuration | None]
"""What a module of `peers/` has: a configuration whose key is new; None leaves the choice to a
random draw."""
_BARE = {"recipes": "none"}
"""The probe alone before the sampler."""


def _with(spec: JobSpec, budget: int, **sections: Mapping[str, Any]) -> JobSpec:
    document = spec.to_json()
    changed = {name: document[name] | section for name, section in sections.items()}
    return parse_spec({**document, **changed, "budget": {"trials": budget}})


def by_spec(
    search: Mapping[str, Any] | None = None, objectives: Mapping[str, Any] | None = None
) -> Method:
    """What a job file can ask for, by its sections."""

    def suggest(problem: Problem, trials: Sequence[Trial], seed: int, budget: int) -> Proposal:
        spec = _with(problem.spec, budget, search=search or {}, objectives=objectives or {})
        with learnt_elsewhere(problem):
            return propose(spec, trials, 1, seed, problem.preparation)[0]

    return suggest


def _peer(module: str, design: bool = False) -> Method:
    """One of `peers/`, after what is fixed: all that our design fixes, or the probe alone."""
    name = f"benchmarks.search.peers.{module}"
    draw = by_spec({"sampler": "random"} | ({} if design else _BARE))

    def suggest(problem: Problem, trials: Sequence[Trial], seed: int, budget: int) -> Proposal:
        # Random search: what is fixed, then a new configuration with its training seed.
        drawn = draw(problem, trials, seed, budget)
        if drawn.origin != "random":
            return drawn
        ask: Suggest = import_module(name).suggest
        with learnt_elsewhere(problem):
            found = ask(problem, trials, seed, budget)
        return drawn if found is None else replace(drawn, configuration=found, origin=module)

    return suggest


METHODS: Mapping[str, Method] = {
    "ours": by_spec(),
    "forest": by_spec({"surrogate": "rtf"}),
    "random": by_spec({"sampler": "random", **_BARE}),
    "random + design": by_spec({"sampler": "random"}),
    "Sobol": by_spec({"sampler": "sobol", **_BARE}),
    "LoRA sweep": _peer("lora_sweep"),
    "TPE": by_spec({"sampler": "tpe", **_BARE}),
    "TPE + design": by_spec({"sampler": "tpe"}),
    "NSGA-II": by_spec({"sampler": "nsga2", **_BARE}),
    "NSGA-II + design": by_spec({"sampler": "nsga2"}),
    "GPSampler": _peer("optuna_gp"),
    "GPSampler + design": _peer("optuna_gp", design=True),
    "qLogNEHVI": _peer("botorch_nehvi"),
    "qLogNEHVI + design": _peer("botorch_nehvi", design=True),
    "Ax": _peer("ax_client"),
    "Ax + design": _peer("ax_client", design=True),
    "AutoPEFT": _peer("autopeft"),
}
PACKAGES: Mapping[str, Sequence[str]] = {
    "Ax": ("ax",),
    "Ax + design": ("ax",),
    "AutoPEFT": ("jax", "numpyro"),
}
"""What a method needs of the dependency group `benchmark`, by module."""


def follow(problem: Problem, method: Method, seed: int, budget: int) -> Iterator[list[Trial]]:
    """The trials of one job after each training; the list is one and grows."""
    trials: list[Trial] = []
    while len(trials) < budget:
        proposal = method(problem, trials, seed, budget)
        trials.append(problem.answer(proposal, len(trials)))
        yield trials


def check_packages(names: Sequence[str]) -> None:
    """End with one line where methods need what is not installed."""
    for name in names:
        missing = [x for x in PACKAGES.get(name, ()) if find_spec(x) is None]
        if missing:
            raise SystemExit(
                f"expected {' and '.join(missing)} for the method {name!r}; got none; "
                "install them by `pip install --group benchmark`, or leave it out by --methods"
            )
