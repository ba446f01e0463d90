"""Named spaces, and how a job's `[space]` section changes them."""

from collections.abc import Sequence

from peftsearch.errors import UserError, located
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.space_section import SpaceSpec
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.table import TECHNIQUES

from .bundles import read_bundles, read_ladders
from .closed import close_space
from .dropout import check_dropout
from .options import (
    USUAL_RATES,
    read_boundaries,
    read_factors,
    read_input_sizes,
    read_inputs,
    read_rates,
    read_role_sets,
)
from .room import check_room, list_sizes, read_positions
from .space import Space
from .text_reading import check_reading

_LADDER = ("frozen", "bitfit", "ln_tuning", "ia3", "lora", "rslora", "dora", "bitfit+lora")
_ROLE_SETS = (
    "value",
    "query+value",
    "query+key+value+attention_output",
    "mlp_in+mlp_out",
    "all",
)
_AUTOPEFT = ("serial", "parallel", "prefix")
_AUTOPEFT_SIZES = (0, 1, 3, 6, 12, 24, 48, 96, 192, 384, 768)
_METHODS = tuple(
    name for name, row in TECHNIQUES.own.items() if row.status == "core" and row.input is None
)

_QUARTERS = ((0.25, 0.25), (0.5, 0.5), (0.75, 0.75))

PRESETS = {
    "strata": SpaceSpec(
        preset="strata",
        strata=3,
        bundles=_LADDER,
        placements=("all", "alternate", "upper", "lower"),
    ),
    "spafit": SpaceSpec(preset="spafit", strata=3, ladder="monotone"),
    "autopeft": SpaceSpec(
        preset="autopeft",
        bundles=("+".join(_AUTOPEFT),),
        capacities=dict.fromkeys(_AUTOPEFT, _AUTOPEFT_SIZES),
        mask=True,
    ),
    "lora": SpaceSpec(preset="lora", bundles=("lora",)),
    "methods": SpaceSpec(preset="methods", bundles=_METHODS),
    "rank_profile": SpaceSpec(
        preset="rank_profile",
        strata=4,
        bundles=("lora",),
        boundaries=_QUARTERS,
        ladder="monotone",
    ),
    "experts": SpaceSpec(
        preset="experts",
        strata=4,
        bundles=("lora_moe",),
        boundaries=_QUARTERS,
        ladder="monotone",
    ),
}
_DEFAULTS = SpaceSpec(
    strata=1,
    roles=_ROLE_SETS,
    placements=("all",),
    learning_rates=USUAL_RATES,
    rate_factors=(1.0,),
    inputs=("none",),
    mask=False,
    ladder="free",
)


def make_space(spec: JobSpec) -> Space:
    """The space of a job whose anatomy is known.

    Raises:
        UserError: Names an unknown technique, role or rank, or a boundary outside the model.
    """
    _check_length(spec)
    space = _listed(spec) if spec.space.listed else _open(spec)
    check_dropout(spec, space)
    tries = spec.try_configurations
    written = _written(spec, tries)
    check_room(written, spec.anatomy, spec.task.most_tokens(_find_positions(spec, written)))
    names = {*space.techniques}.union(*(x.techniques for x in tries))
    check_reading(names, spec.anatomy, spec.task.kind)
    with located("try"):
        for number, configuration in enumerate(tries, 1):
            which = f" {number} of {len(tries)}" if len(tries) > 1 else ""
            space.validate(configuration, f"[[try]]{which}")
    return space


def _listed(spec: JobSpec) -> Space:
    listed = map(spec.read_configuration, spec.space.listed)
    return close_space(listed, spec.anatomy, spec.bounds, spec.training.searched)


def _open(spec: JobSpec) -> Space:
    chosen, anatomy = _merge(spec.space), spec.anatomy
    _check_monotone(chosen)
    role_sets = read_role_sets(chosen, anatomy)
    ladders = read_ladders(chosen, anatomy, role_sets)
    return Space(
        anatomy=anatomy,
        bundles=read_bundles(spec.space, chosen, anatomy, ladders),
        boundaries=read_boundaries(chosen, anatomy),
        ladders=ladders,
        role_sets=role_sets,
        placements=tuple(dict.fromkeys(chosen.placements or ())),
        rates=read_rates(chosen),
        factors=read_factors(chosen),
        inputs=read_inputs(chosen, anatomy, spec.task.most_tokens(text_positions(spec))),
        masked=bool(chosen.mask),
        monotone=chosen.ladder == "monotone",
        bounds=spec.bounds,
        training=spec.training.searched,
        bare=spec.head.relative and find_kind(spec.task.kind).form.fresh_head,
    )


def text_positions(spec: JobSpec) -> int | None:
    """Positions of the model that an example of the job may take (`read_positions`)."""
    return _find_positions(spec, _written(spec, spec.try_configurations))


def _find_positions(spec: JobSpec, written: Sequence[Configuration]) -> int | None:
    chosen = () if spec.space.listed else read_input_sizes(_merge(spec.space), spec.anatomy)
    return read_positions([*chosen, *list_sizes(written)], spec.anatomy, spec.task)


def _written(spec: JobSpec, tries: Sequence[Configuration]) -> list[Configuration]:
    """What the user wrote one by one: the list of a closed space, and what is tried first."""
    return [*map(spec.read_configuration, spec.space.listed or ()), *tries]


def _merge(user: SpaceSpec) -> SpaceSpec:
    preset = PRESETS[user.preset].model_dump(exclude_none=True)
    return SpaceSpec(
        **(_DEFAULTS.model_dump(exclude_none=True) | preset | user.model_dump(exclude_none=True))
    )


def _check_length(spec: JobSpec) -> None:
    limit, length = spec.anatomy.positions, spec.task.max_length
    if limit is not None and length is not None and length > limit:
        raise UserError(
            f"a task.max_length of at most {limit}, as many tokens as {spec.anatomy.family} reads",
            f"{length}",
            "lower it",
        )


def _check_monotone(chosen: SpaceSpec) -> None:
    if chosen.ladder == "monotone" and (chosen.mask or chosen.placements != ("all",)):
        raise UserError(
            "placements = ['all'] and no mask with ladder = 'monotone', where cost never falls",
            "a mask" if chosen.mask else f"placements {', '.join(chosen.placements or ())}",
            "use ladder = 'free' or leave them out",
        )
