"""What a front must beat: the linear probe, and the best plain LoRA of the job."""

from collections.abc import Iterable

from typing_extensions import TypedDict

from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .points import Point


class ReferenceLine(TypedDict):
    """What a front must beat; `trial` is the number of its first trial."""

    value: float
    cost: float
    trial: int
    words: str


class Baselines(TypedDict):
    """The linear probe and the best plain LoRA of the job; null where there is none yet."""

    probe: ReferenceLine | None
    lora: ReferenceLine | None


def baselines(points: Iterable[Point], spec: JobSpec) -> Baselines:
    """The `probe` and the `lora` line as plain data; None where the job has none yet.

    The probe is the first configuration that adapts nothing. A plain LoRA has one rank on the
    same roles in all layers, and nothing else. Each is the mean over its seeds.
    """
    goal = objective(spec.task.quality)
    known = estimate_each(x for x in points if x.frozen or x.plain_lora)
    probe = next((x for x in known if x.first.frozen), None)
    loras = [x for x in known if x.first.plain_lora]
    lora = max(
        loras, key=lambda x: (goal.signed(x.values[goal.name]), -x.first.cost), default=None
    )
    return {"probe": _line(probe, spec), "lora": _line(lora, spec)}


def _line(found: Estimate[Point] | None, spec: JobSpec) -> ReferenceLine | None:
    if found is None:
        return None
    first, value = found.first, found.values[spec.task.quality]
    return {"value": value, "cost": first.cost, "trial": first.number, "words": first.words}
