"""What a front must beat: the linear probe, and the best plain LoRA of the job."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean

from typing_extensions import TypedDict

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
    known = [x for x in points if x.quality is not None and (x.frozen or x.plain_lora)]
    probes = _group([x for x in known if x.frozen])
    loras = _group([x for x in known if x.plain_lora])
    best = max(loras, key=lambda seeds: (_mean(seeds), -seeds[0].cost), default=None)
    return {"probe": _line(probes[0] if probes else None, spec), "lora": _line(best, spec)}


def _group(points: Sequence[Point]) -> list[list[Point]]:
    """By key, in the order of the first trials."""
    groups: dict[str, list[Point]] = defaultdict(list)
    for point in sorted(points, key=lambda x: x.number):
        groups[point.key].append(point)
    return list(groups.values())


def _mean(seeds: Sequence[Point]) -> float:
    return fmean(x.quality for x in seeds if x.quality is not None)


def _line(seeds: Sequence[Point] | None, spec: JobSpec) -> ReferenceLine | None:
    if seeds is None:
        return None
    value = objective(spec.task.quality).signed(_mean(seeds))
    first = seeds[0]
    return {"value": value, "cost": first.cost, "trial": first.number, "words": first.words}
