"""What everybody would do: LoRA of every rank in all layers, and full fine-tuning."""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.recipes import BASELINE, FULL
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.jobspec.baselines_section import MOST_RATES
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.applicability import resolve_roles
from peftsearch.spaces.techniques.table import NOMINAL_RATE

from .presets import make_space

FULL_NAME = "full fine-tuning of all layers"
_STEP = 0.5
"""Decades between two rates."""


class Variant(NamedTuple):
    """One training of a baseline; those of one name compete by validation.

    Attributes:
        name: Of the baseline, for people: `rank 8 on query+value`.
    """

    name: str
    configuration: Configuration


class Sweep(NamedTuple):
    """Baselines, and why some are left out.

    Attributes:
        left_out: A line for each.
    """

    variants: tuple[Variant, ...]
    left_out: tuple[str, ...] = ()


def sweep_ranks(spec: JobSpec, training: Hyperparameters) -> Sweep:
    """LoRA of each rank on queries and values and on all linears, the same in every layer.

    Args:
        spec: With the model's anatomy.
        training: What of it is searched, of the configuration that it is compared with.
    """
    variants: list[Variant] = []
    left_out: list[str] = []
    for named, roles in _role_sets(spec).items():
        for rank in sorted(set(spec.baselines.ranks)):
            name = f"rank {rank} on {named}"
            made = list(_tune(spec, Module(BASELINE, rank, roles), training))
            reason = _find_obstacle(made[0], spec)
            if reason is None:
                variants += [Variant(name, x) for x in made]
            else:
                left_out.append(f"{name}: {reason}")
    return Sweep(tuple(variants), tuple(left_out))


def tune_fully(spec: JobSpec, training: Hyperparameters) -> tuple[Variant, ...]:
    """Every tensor of every layer, at each rate; embeddings stay as they are."""
    return tuple(Variant(FULL_NAME, x) for x in _tune(spec, Module(FULL), training))


def choose_rates(spec: JobSpec) -> tuple[float, ...]:
    """Half decades around the nominal rate, the nearest first, each moved to the nearest of the
    rates that the job searches; ascending."""
    order = sorted(range(-(MOST_RATES // 2), MOST_RATES // 2 + 1), key=lambda x: (abs(x), x))
    wanted = (NOMINAL_RATE * 10 ** (_STEP * x) for x in order[: spec.baselines.rates])
    known = make_space(spec).rates
    return tuple(sorted({min(known, key=lambda x: max(x / y, y / x)) for y in wanted}))


def _role_sets(spec: JobSpec) -> dict[str, tuple[str, ...]]:
    """By name; one where the family fuses all into the same matrix."""
    narrow = resolve_roles(("query", "value"), spec.anatomy)
    every = tuple(sorted(spec.anatomy.linears))
    named = {"+".join(narrow): narrow} if narrow and narrow != every else {}
    return named | {"all linears": every}


def _tune(spec: JobSpec, module: Module, training: Hyperparameters) -> Iterator[Configuration]:
    strata = (Stratum(0, spec.anatomy.layers, (module,)),)
    filled = training.fill(spec.training.searched)
    for rate in choose_rates(spec):
        yield replace(Configuration(strata, rate), training=filled)


def _find_obstacle(configuration: Configuration, spec: JobSpec) -> str | None:
    """Why a baseline is none of this job; None where it is one."""
    (module,) = configuration.strata[0].modules
    linears = [spec.anatomy.linears[x] for x in module.roles]
    if module.capacity > (width := min(min(x.inputs, x.outputs) for x in linears)):
        return f"a matrix has only {width} rows or columns"
    try:
        check_configuration(configuration, spec.anatomy)
    except UserError as error:
        return f"{error.got} ({error.expected})"
    costs = spec.count_costs(configuration)
    broken = [x for x in spec.bounds if not x.holds(costs[x.name])]
    return f"it breaks {broken[0]}" if broken else None
