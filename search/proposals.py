"""The next proposals of a job, as a function of its records."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from peftsearch.records.axes import cost_of
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Proposal, Reasons, Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.sampler_names import ENGINE
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space

from .candidates import draw_unseen
from .design import make_design
from .goals.box import Side, find_box, is_plain
from .goals.observations import Observation, find_front
from .goals.reference_point import ReferencePoint, find_reference_point
from .many_suggester import ManySuggester
from .memory import Memory, Terrain
from .repeats import choose_repeat, choose_repeat_in, repeat_due
from .samplers import BLIND, Sampler, SobolSampler, make_sampler
from .suggester import Suggester

_FEWEST = 3
"""Completed configurations that the model needs; Sobol points are proposed until then."""


def propose(
    spec: JobSpec,
    trials: Sequence[Trial],
    n: int,
    seed: int,
    preparation: Preparation | None = None,
    memory: Memory | None = None,
) -> list[Proposal]:
    """Propose `n` trials, fewer if the space is exhausted.

    First the design (`search.design`), then the job's sampler. Nothing but `memory`, which changes
    no answer, is kept between calls and no global random state is read or written: equal arguments
    give equal proposals, so that a job that was killed resumes with the proposal that it would
    have made. A (key, seed) is proposed
    once; a key that failed never again.

    Every trial has a training seed of its own, drawn from (`seed`, trial number). Had all trials
    one seed, the search would learn what is good for that seed; so the spread between seeds is in
    what the model sees as noise, and repeats tell it apart from the configurations' effect.

    Args:
        spec: The job, complete with its model's anatomy.
        trials: All of the job's trials, in any state.
        n: Number of proposals.
        seed: The job's seed.
        preparation: The job's, whose best floor is what a gain is counted from; None of a job
            without.
        memory: The caller's own, for the next call to be faster; None keeps nothing.

    Raises:
        SamplerError: The job's sampler is another package's, and it failed.
        UserError: The spec names what the model or the space lacks.
    """
    return list(propose_each(spec, trials, n, seed, preparation, memory))


def propose_each(
    spec: JobSpec,
    trials: Sequence[Trial],
    n: int,
    seed: int,
    preparation: Preparation | None = None,
    memory: Memory | None = None,
) -> Iterator[Proposal]:
    """What `propose` proposes, each as soon as it is found: with many trials pending, one takes a
    large part of a second.

    Raises:
        SamplerError: As `propose`.
        UserError: As `propose`.
    """
    # Thousands of operations on small matrices: threads would mostly wait for one another, and
    # on a machine that is busy with training for seconds.
    with threadpool_limits(1):
        terrain = (memory or Memory()).terrain(spec)
        batch = _Batch(terrain, trials, seed, preparation)
        yield from islice(iter(batch.next, None), n)


def propose_first(
    spec: JobSpec, most: int, seed: int, preparation: Preparation | None = None
) -> list[Proposal]:
    """The trials that a job begins with whatever comes of them, at most `most`; fewer where the
    next one is chosen by results.

    Args:
        preparation: What is known of it; its lessons count.

    Raises:
        UserError: As `propose`.
    """
    certain = count_certain(spec, preparation)
    return propose(spec, [], min(most, most if certain is None else certain), seed, preparation)


def count_certain(spec: JobSpec, preparation: Preparation | None = None) -> int | None:
    """How many trials a job begins with that no result changes; None of a sampler that looks at
    none."""
    if spec.search.sampler in BLIND:
        return None
    lessons = () if preparation is None else preparation.lessons
    design = make_design(spec, make_space(spec), lessons)
    own = spec.search.sampler == ENGINE
    return max(design.length, _FEWEST) if own else len(design.fixed)


class _Choice(NamedTuple):
    """Configuration and origin of the next trial, and of what the model chose, why."""

    configuration: Configuration
    origin: str
    reasons: Reasons | None = None


class _Batch:
    """Proposals that take those before them in the batch into account as pending."""

    def __init__(
        self,
        terrain: Terrain,
        trials: Sequence[Trial],
        seed: int,
        preparation: Preparation | None,
    ) -> None:
        spec = terrain.spec
        self._spec, self._trials, self._seed = spec, trials, seed
        self._preparation = preparation
        self._terrain, self._space = terrain, terrain.space
        lessons = () if preparation is None else preparation.lessons
        self._design = make_design(spec, self._space, lessons)
        self._known = terrain.observer.observe(trials)
        self._waiting = {key: x.configuration for key, x in self._known.items() if x.waits}
        self._results = sum(bool(x.qualities) for x in self._known.values())
        self._seeds: dict[str, set[int]] = {}
        self._number = max(map(attrgetter("number"), trials), default=-1) + 1
        self._repeats = sum(x.origin == "repeat" for x in trials)

    def next(self) -> Proposal | None:
        """One more proposal; None where the space is exhausted."""
        choice = self._choose(np.random.default_rng((self._seed, self._number)))
        if choice is None:
            return None
        configuration, origin, reasons = choice
        seed = self._training_seed(configuration.key)
        proposal = Proposal(configuration, seed, origin, reasons=reasons)
        self._record(proposal)
        return proposal

    def _choose(self, rng: np.random.Generator) -> _Choice | None:
        for configuration, origin in self._design.fixed:
            if configuration.key not in self._known:
                return _Choice(configuration, origin)
        own = self._spec.search.sampler == ENGINE
        if own and self._learnt() and self._number >= self._design.length:
            return self._repeat() or self._search() or self._draw(rng)
        sampler = self._sobol if own else self._sampler
        found = sampler.suggest(self._running(), self._known.keys(), rng)
        origin = "sobol" if own else self._spec.search.sampler
        return None if found is None else _Choice(found, origin)

    def _learnt(self) -> bool:
        return self._results >= _FEWEST

    def _repeat(self) -> _Choice | None:
        share, budget = self._spec.search.repeats, self._spec.budget.trials
        if not repeat_due(share, budget, self._design.length, self._number, self._repeats):
            return None
        front = [self._known[key] for key in self._front]
        if is_plain(self._spec):
            chosen = choose_repeat(front, self._reference_point)
        else:
            chosen = choose_repeat_in(self._box, front)
        return None if chosen is None else _Choice(chosen, "repeat")

    def _search(self) -> _Choice | None:
        found = self._suggester.suggest(self._running(), self._known.keys())
        return None if found is None else _Choice(found[0], "search", found[1])

    def _draw(self, rng: np.random.Generator) -> _Choice | None:
        """Something new where nothing is expected to gain; without a front that is no reason to
        end a job."""
        drawn = draw_unseen(self._space, self._known.keys(), rng)
        reasons = Reasons(0.0, self._results, ()) if self._front else None
        return None if drawn is None else _Choice(drawn, "random", reasons)

    @cached_property
    def _front(self) -> list[str]:
        """Keys on the front, which a proposal does not change."""
        return [x.configuration.key for x in find_front(list(self._known.values()))]

    @cached_property
    def _reference_point(self) -> ReferencePoint:
        return find_reference_point(self._spec, self._trials, self._space, self._preparation)

    @cached_property
    def _box(self) -> tuple[Side, ...]:
        return find_box(self._spec, self._trials, self._space, self._preparation)

    @cached_property
    def _sobol(self) -> Sampler:
        return SobolSampler(self._space, self._seed)

    @cached_property
    def _sampler(self) -> Sampler:
        return make_sampler(self._spec, self._space, self._trials, self._seed)

    @cached_property
    def _suggester(self) -> Suggester:
        seed = int(np.random.SeedSequence((self._seed, self._number)).generate_state(1)[0])
        known = list(self._known.values())
        spec, space, reference = self._spec, self._space, self._reference_point
        if is_plain(spec):
            return Suggester(spec, space, reference, known, seed, terrain=self._terrain)
        return ManySuggester(spec, space, reference, self._box, known, seed, terrain=self._terrain)

    def _running(self) -> list[Configuration]:
        """Configurations that are queued or being trained, without any result yet."""
        return list(self._waiting.values())

    def _training_seed(self, key: str) -> int:
        state = np.random.SeedSequence((self._seed, self._number)).generate_state(2)
        seed = int(state[1]) >> 1
        while seed in self._taken(key):
            seed = (seed + 1) % 2**31
        return seed

    def _taken(self, key: str) -> set[int]:
        """Seeds of a key's trials and proposals."""
        of_trials = self._terrain.observer.trials_of
        if key not in self._seeds:
            self._seeds[key] = {x.seed for x in of_trials(key)}
        return self._seeds[key]

    def _record(self, proposal: Proposal) -> None:
        """Count the proposal as pending."""
        configuration = proposal.configuration
        new = Observation(configuration, (), cost_of(self._spec, configuration), 0, False)
        known = self._known.get(configuration.key, new)
        counted = self._known[configuration.key] = replace(known, pending=known.pending + 1)
        if counted.waits:
            self._waiting[configuration.key] = configuration
        self._taken(configuration.key).add(proposal.seed)
        self._repeats += proposal.origin == "repeat"
        self._number += 1
