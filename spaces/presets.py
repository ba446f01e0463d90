"""Named spaces, and how a job's `[space]` section changes them."""

import math
from itertools import pairwise

from .anatomy import ROLES, Anatomy
from .errors import UserError
from .jobspec import JobSpec, SpaceSpec
from .space import Bundle, Space
from .techniques import RANKS, TECHNIQUES, technique

STEPS_PER_DECADE = 8
_LADDER = ("frozen", "bitfit", "ln_tuning", "ia3", "lora", "rslora", "dora", "bitfit+lora")
_ROLE_SETS = (
    "value",
    "query+value",
    "query+key+value+attention_output",
    "mlp_in+mlp_out",
    "all",
)
_RATES = (10**-3.75, 10**-2.25)

_PRESETS = {
    "strata": SpaceSpec(
        preset="strata",
        strata=3,
        bundles=_LADDER,
        placements=("all", "alternate", "upper", "lower"),
    ),
    "spafit": SpaceSpec(preset="spafit", strata=3, placements=("all",)),
    "lora": SpaceSpec(preset="lora", strata=1, bundles=("lora",), placements=("all",)),
}
_DEFAULTS = SpaceSpec(ranks=RANKS, roles=_ROLE_SETS, learning_rates=_RATES)
_SPAFIT: tuple[tuple[Bundle, ...], ...] = ((("frozen",),), (("bitfit",),), (("bitfit", "lora"),))


def make_space(spec: JobSpec) -> Space:
    """The space of a job whose anatomy is known.

    Raises:
        UserError: Names an unknown technique, role or rank, or a boundary outside the model.
    """
    chosen, anatomy = _merge(spec.space), spec.anatomy
    space = Space(
        anatomy=anatomy,
        bundles=_bundles(spec.space, chosen, anatomy),
        boundaries=_boundaries(chosen, anatomy),
        ranks=_ranks(chosen),
        role_sets=_role_sets(chosen, anatomy),
        placements=tuple(dict.fromkeys(chosen.placements or ("all",))),
        rates=_rates(chosen),
        bounds=spec.bounds,
    )
    for configuration in spec.try_configurations:
        space.validate(configuration)
    return space


def _merge(user: SpaceSpec) -> SpaceSpec:
    preset = _DEFAULTS.model_dump() | _PRESETS[user.preset].model_dump(exclude_none=True)
    return SpaceSpec(**(preset | user.model_dump(exclude_none=True)))


def _bundles(
    user: SpaceSpec, chosen: SpaceSpec, anatomy: Anatomy
) -> tuple[tuple[Bundle, ...], ...]:
    strata = chosen.strata or 1
    if user.preset == "spafit" and user.bundles is None:
        if strata != len(_SPAFIT):
            raise UserError("3 strata in the spafit preset", f"{strata}", "use preset = 'strata'")
        for (bundle,) in _SPAFIT:
            _check_bundle(bundle, anatomy)
        return _SPAFIT
    parsed = tuple(_bundle(text) for text in dict.fromkeys(chosen.bundles or ()))
    usable = parsed if user.bundles else tuple(x for x in parsed if _fits(x, anatomy))
    for bundle in usable:
        _check_bundle(bundle, anatomy)
    return (usable,) * strata


def _bundle(text: str) -> Bundle:
    return tuple(technique(name.strip()).name for name in text.split("+"))


def _fits(bundle: Bundle, anatomy: Anatomy) -> bool:
    rows = [TECHNIQUES[name] for name in bundle]
    has_tensors = all(row.tensors is None or row.tensors(anatomy) for row in rows)
    return has_tensors and all(not row.roles or anatomy.linears.keys() & row.roles for row in rows)


def _check_bundle(bundle: Bundle, anatomy: Anatomy) -> None:
    if not _fits(bundle, anatomy):
        raise UserError(
            f"techniques that fit {anatomy.family}",
            f"{'+'.join(bundle)}, but its layers have no such tensors",
            "use ln_tuning or ia3 instead",
        )
    if sum(TECHNIQUES[name].injects for name in bundle) > 1:
        raise UserError(
            "at most one injected technique in a bundle",
            repr("+".join(bundle)),
            "put them into different strata",
        )


def _boundaries(chosen: SpaceSpec, anatomy: Anatomy) -> tuple[tuple[int, int], ...]:
    inner = (chosen.strata or 1) - 1
    ranges = chosen.boundaries or ((0, anatomy.layers),) * inner
    if len(ranges) != inner:
        raise UserError(
            f"{inner} inner boundaries for {inner + 1} strata", f"{len(ranges)}", "correct them"
        )
    for low, high in ranges:
        if not 0 <= low <= high <= anatomy.layers:
            raise UserError(
                f"boundaries between 0 and the model's {anatomy.layers} layers",
                f"[{low}, {high}]",
                "correct space.boundaries",
            )
    if any(low > above[0] or high > above[1] for (low, high), above in pairwise(ranges)):
        raise UserError(
            "boundaries in ascending order", f"{list(ranges)}", "correct space.boundaries"
        )
    return tuple(ranges)


def _ranks(chosen: SpaceSpec) -> tuple[int, ...]:
    ranks = tuple(sorted(set(chosen.ranks or RANKS)))
    if ranks[0] < 1:
        raise UserError("ranks of at least 1", f"{ranks[0]}", "use the bundle 'frozen' for none")
    return ranks


def _role_sets(chosen: SpaceSpec, anatomy: Anatomy) -> tuple[tuple[str, ...], ...]:
    sets = [_role_set(text, anatomy) for text in chosen.roles or ()]
    usable = tuple(dict.fromkeys(roles for roles in sets if roles))
    if not usable:
        known = ", ".join(anatomy.linears)
        got = ", ".join(chosen.roles or ())
        raise UserError(f"roles among {known} for {anatomy.family}", got, "correct space.roles")
    return usable


def _role_set(text: str, anatomy: Anatomy) -> tuple[str, ...]:
    names = ROLES if text == "all" else tuple(name.strip() for name in text.split("+"))
    if unknown := [name for name in names if name not in ROLES]:
        raise UserError(
            f"roles among {', '.join(ROLES)}, or all", repr(unknown[0]), "correct space.roles"
        )
    return tuple(sorted(name for name in names if name in anatomy.linears))


def _rates(chosen: SpaceSpec) -> tuple[float, ...]:
    low, high = chosen.learning_rates or _RATES
    if not 0 < low <= high < 1:
        raise UserError(
            "learning_rates as [low, high] between 0 and 1", f"[{low}, {high}]", "correct them"
        )
    first = math.ceil(STEPS_PER_DECADE * math.log10(low) - 1e-9)
    last = math.floor(STEPS_PER_DECADE * math.log10(high) + 1e-9)
    rates = tuple(10 ** (step / STEPS_PER_DECADE) for step in range(first, last + 1))
    if not rates:
        raise UserError(
            "learning_rates that hold a point of the grid of 1/8 decade",
            f"[{low}, {high}]",
            "widen them",
        )
    return rates
