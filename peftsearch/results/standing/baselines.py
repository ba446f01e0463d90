"""What a job's front is worth beside what everybody does: the sweep of LoRA, full fine-tuning, and
the chosen modules at other places.

Each baseline stands at its best learning rate, as the front stands at the best that the search
found: both are maxima over the same validation rows, and only `confirm` is not.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peftsearch.records.companion import Companion, Part, Role
from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.comparisons.versus import Noise, Versus, hold_against
from peftsearch.search.goals.box import find_box, is_plain
from peftsearch.search.goals.hypervolume import hypervolume, hypervolume_in
from peftsearch.search.goals.observations import find_front, observe
from peftsearch.search.goals.reference_point import floor_quality, is_unbeaten
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .beside import Circle
from .floors import find_best


@dataclass(frozen=True)
class Rival:
    """A baseline at the best of its learning rates.

    Attributes:
        found: None as long as none of its trainings has a result.
        tried: Learning rates that have one.
        failure: Why the last of its trainings failed; None where none did.
    """

    role: Role
    name: str
    found: Estimate[Trial] | None
    tried: int
    failure: str | None = None


@dataclass(frozen=True)
class Baselines:
    """A job beside its baselines.

    Attributes:
        rivals: As they were planned.
        best: The best of the sweep; None as long as none has a result.
        at_cost: The best of the front that costs no more than that, beside it; None where nothing
            on the front is as cheap.
        chosen: The configuration that the companion was made for, beside the best of the sweep
            that costs no more than it does; None where the sweep has none.
        outright: The same beside the best of the sweep, whatever it costs.
        full: The chosen configuration beside full fine-tuning.
        places: The chosen configuration beside its modules at other places, at their mean.
        tried: Configurations of the search, and trainings of the sweep, that have a result.
        shares: Hypervolume of the front, and of the sweep, in the job's own box.
        floored: Whether that box begins at a floor.
        unbeaten: Whether neither has any, since none of both is better than the best floor.
        waiting: Trainings that have not ended.
        total: Trainings that were planned.
    """

    spec: JobSpec
    companion: Companion
    rivals: tuple[Rival, ...]
    best: Rival | None
    at_cost: Versus | None
    chosen: Versus | None
    outright: Versus | None
    full: Versus | None
    places: Versus | None
    tried: tuple[int, int]
    shares: tuple[float, float]
    floored: bool
    unbeaten: bool
    waiting: int
    total: int

    @property
    def differences(self) -> list[Versus]:
        """All of them, each once."""
        named = (self.at_cost, self.chosen, self.outright, self.full, self.places)
        return [x for x in named if x is not None]

    @property
    def swept(self) -> list[Estimate[Trial]]:
        """LoRA of each rank that has a result, each at its best rate."""
        return [x.found for x in self.of_role("sweep") if x.found is not None]

    def of_role(self, role: Role) -> list[Rival]:
        """Those of a role that have a result."""
        return [x for x in self.rivals if x.role == role and x.found is not None]


def find_baselines(
    spec: JobSpec,
    trials: Sequence[Trial],
    members: Sequence[Estimate[Trial]],
    preparation: Preparation | None,
    circle: Circle,
) -> Baselines | None:
    """None of a job whose baselines nobody asked for.

    Args:
        trials: Of the job.
        members: Of its front.
    """
    beside = circle.latest("baselines")
    if beside is None:
        return None
    known = {x.key: x for x in circle.pool(trials, "baselines")}
    parts = beside.companion.parts
    rivals = tuple(_gather(parts, known, beside.trials, spec))
    swept = [known[x.key] for x in parts if x.role == "sweep" and x.key in known]
    own = _Comparison(spec, circle, trials, known, len(swept))
    best = _best_rival(rivals, spec)
    picked = known.get(beside.companion.picked)
    ended = (TrialState.COMPLETED, TrialState.FAILED)
    mine = {x.key for x in parts}
    return Baselines(
        spec=spec,
        companion=beside.companion,
        rivals=rivals,
        best=best,
        at_cost=own.beside_best(members, best),
        chosen=own.beside_cheap(picked, rivals),
        outright=own.outright(picked, best),
        full=own.beside_role(picked, rivals, "full"),
        places=own.beside_role(picked, rivals, "place"),
        tried=(own.searched, len(swept)),
        shares=_share(spec, trials, swept, preparation),
        floored=floor_quality(spec, preparation) is not None,
        unbeaten=is_unbeaten(spec, [*trials, *(t for x in swept for t in x.trials)], preparation),
        waiting=sum(x.state not in ended and x.key in mine for x in beside.trials),
        total=len(parts),
    )


@dataclass(frozen=True)
class _Comparison:
    """How the differences of one job are made."""

    spec: JobSpec
    circle: Circle
    trials: Sequence[Trial]
    known: dict[str, Estimate[Trial]]
    swept: int

    @property
    def searched(self) -> int:
        """Configurations of the search that have a result."""
        return len({x.key for x in self.trials if x.key in self.known})

    def hold(
        self, left: Sequence[Estimate[Trial]], right: Sequence[Estimate[Trial]], swept: int
    ) -> Versus:
        """Of the first the search chose the best of all that it tried."""
        noise = Noise.of(self.known.values(), self.spec.task.quality)
        tried = self.searched, swept
        return hold_against(left, right, self.spec, self.circle.kept, noise, tried)

    def beside_best(self, members: Sequence[Estimate[Trial]], best: Rival | None) -> Versus | None:
        """The best of the front that costs no more than the best of the sweep."""
        if best is None or best.found is None:
            return None
        cheap = [x for x in members if is_no_dearer(x, best.found, self.spec)]
        found = find_best(cheap, self.spec)
        found = None if found is None else self.known.get(found.key, found)
        return None if found is None else self.hold([found], [best.found], self.swept)

    def beside_cheap(
        self, picked: Estimate[Trial] | None, rivals: Iterable[Rival]
    ) -> Versus | None:
        """Beside the best of the sweep that costs no more."""
        if picked is None:
            return None
        found = [x.found for x in rivals if x.role == "sweep" and x.found is not None]
        best = find_best([x for x in found if is_no_dearer(x, picked, self.spec)], self.spec)
        return None if best is None else self.hold([picked], [best], self.swept)

    def outright(self, picked: Estimate[Trial] | None, best: Rival | None) -> Versus | None:
        """Beside the best of the sweep."""
        if picked is None or best is None or best.found is None:
            return None
        return self.hold([picked], [best.found], self.swept)

    def beside_role(
        self, picked: Estimate[Trial] | None, rivals: Iterable[Rival], role: Role
    ) -> Versus | None:
        """Beside all of a role together; full fine-tuning is the best of its rates."""
        found = [(x.found, x.tried) for x in rivals if x.role == role and x.found is not None]
        if picked is None or not found:
            return None
        tried = max(count for _, count in found)
        return self.hold([picked], [x for x, _ in found], tried)


def is_no_dearer(left: Estimate[Trial], right: Estimate[Trial], spec: JobSpec) -> bool:
    """Whether a configuration is no worse than another in all goals but the quality."""
    goals = [objective(x) for x in spec.goals[1:]]
    return all(
        x.name in left.values
        and x.name in right.values
        and x.signed(left.values[x.name]) >= x.signed(right.values[x.name])
        for x in goals
    )


def _gather(
    parts: Iterable[Part],
    known: dict[str, Estimate[Trial]],
    trials: Sequence[Trial],
    spec: JobSpec,
) -> Iterable[Rival]:
    """The best of each name; where two tie, that of the smaller loss."""
    goal = objective(spec.task.quality)
    named: dict[tuple[Role, str], list[str]] = defaultdict(list)
    for part in parts:
        named[part.role, part.name].append(part.key)
    failures = {x.key: x.message or f"{x.failure}" for x in trials if x.failure is not None}
    for (role, name), keys in named.items():
        found = [known[key] for key in keys if key in known]

        def merit(x: Estimate[Trial]) -> tuple[float, float]:
            return goal.signed(x.values[goal.name]), -x.values.get("loss", 0.0)

        told = [failures[key] for key in keys if key in failures and key not in known]
        best = max(found, key=merit, default=None)
        yield Rival(role, name, best, len(found), told[-1] if told else None)


def _best_rival(rivals: Iterable[Rival], spec: JobSpec) -> Rival | None:
    """The best of the sweep, of equals the cheapest."""
    goal, cost = objective(spec.task.quality), objective(spec.objectives.cost)

    def merit(x: Rival) -> tuple[float, float]:
        assert x.found is not None
        values = x.found.values
        return goal.signed(values[goal.name]), cost.signed(values.get(cost.name, 0.0))

    found = [x for x in rivals if x.role == "sweep" and x.found is not None]
    return max(found, key=merit, default=None)


def _share(
    spec: JobSpec,
    trials: Sequence[Trial],
    swept: Sequence[Estimate[Trial]],
    preparation: Preparation | None,
) -> tuple[float, float]:
    """Of the job's front and of the sweep's, both within the box of the job."""
    of_sweep = [t for x in swept for t in x.trials]
    own = hypervolume(spec, trials, preparation)
    if is_plain(spec):  # without floors the probe fixes the box
        probes = [x for x in trials if x.configuration.frozen]
        return own, hypervolume(spec, [*probes, *of_sweep], preparation)
    box = find_box(spec, trials, preparation=preparation)
    heights = [x.heights for x in find_front(observe(spec, of_sweep))]
    return own, hypervolume_in(box, heights)
