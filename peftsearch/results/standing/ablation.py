"""What a configuration owes to each of its parts, by trainings that lack it."""

from collections.abc import Sequence
from dataclasses import dataclass

from peftsearch.records.estimates import Estimate, estimate
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.versus import Noise, Versus, hold_against
from peftsearch.spaces.jobspec.sampler_names import ABLATION
from peftsearch.spaces.jobspec.spec import JobSpec

from .beside import Circle


@dataclass(frozen=True)
class Ablated:
    """A configuration without one part.

    Attributes:
        name: What it lacks: `without layers 2-3`.
        versus: It beside the whole configuration, trained anew; None as long as one of the two has
            no result.
        failure: Why it has none, where its trainings failed.
    """

    name: str
    key: str
    versus: Versus | None
    failure: str | None = None


def find_ablation(
    spec: JobSpec, trials: Sequence[Trial], circle: Circle, picked: str
) -> list[Ablated]:
    """Each part in turn; none where nobody asked for it.

    Args:
        trials: Of the job.
        picked: Key of the whole configuration.
    """
    beside = circle.latest("ablation", picked)
    if beside is None:
        return []
    pool = circle.pool(trials, "baselines", "ablation")
    known = {x.key: x for x in pool}
    whole = _train_anew(known.get(picked))
    noise = Noise.of(pool, spec.task.quality)
    failures = {x.key: x.message or f"{x.failure}" for x in beside.trials if x.failure is not None}
    parts = [x for x in beside.companion.parts if x.role == "ablation"]
    tried = len(parts), len(parts)

    def hold(key: str) -> Versus | None:
        found = known.get(key)
        if found is None or whole is None:
            return None
        return hold_against([found], [whole], spec, circle.kept, noise, tried)

    return [Ablated(x.name, x.key, hold(x.key), failures.get(x.key)) for x in parts]


def _train_anew(found: Estimate[Trial] | None) -> Estimate[Trial] | None:
    """A configuration at its trainings that no search chose by."""
    anew = [] if found is None else [x for x in found.trials if x.origin == ABLATION]
    return estimate(anew) if anew else None
