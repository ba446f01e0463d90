"""What a stratum may carry: bundles of techniques and the ladders of their capacities."""

from collections.abc import Iterable

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.placement import Bundle, sized
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.space_section import SpaceSpec
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.applicability import find_obstacle, usable_capacities
from peftsearch.spaces.techniques.table import technique

_SPAFIT: tuple[tuple[Bundle, ...], ...] = ((("frozen",),), (("bitfit",),), (("bitfit", "lora"),))


def read_bundles(
    user: SpaceSpec,
    chosen: SpaceSpec,
    anatomy: Anatomy,
    ladders: dict[str, tuple[int, ...]],
) -> tuple[tuple[Bundle, ...], ...]:
    """What each stratum may carry: of a preset's choices those that fit, of the user's own all.

    Raises:
        UserError: One that was named does not fit, or none does.
    """
    if user.preset == "spafit" and user.bundles is None:
        if chosen.strata != len(_SPAFIT):
            got = f"{chosen.strata}"
            raise UserError("3 strata in the spafit preset", got, "use preset = 'strata'")
        for (bundle,) in _SPAFIT:
            _check_bundle(bundle, anatomy, ladders)
        return _SPAFIT
    parsed = parse_bundles(chosen)
    fitting = tuple(x for x in parsed if not _bundle_obstacle(x, anatomy, ladders))
    usable = parsed if user.bundles or not fitting else fitting
    for bundle in usable:
        _check_bundle(bundle, anatomy, ladders)
    return (usable,) * (chosen.strata or 1)


def parse_bundles(chosen: SpaceSpec) -> tuple[Bundle, ...]:
    """The bundles that a space names, without a look at the model.

    Raises:
        UserError: A technique is unknown.
    """
    if chosen.preset == "spafit" and chosen.bundles is None:
        return tuple(bundle for bundles in _SPAFIT for bundle in bundles)
    return tuple(_bundle(text) for text in dict.fromkeys(chosen.bundles or ()))


def find_techniques(spec: JobSpec) -> frozenset[str]:
    """The techniques that a spec names, without a look at the space and so without those that only
    its preset chooses.

    Raises:
        UserError: One is unknown, or another package's and broken.
    """
    named = {name for bundle in parse_bundles(spec.space) for name in bundle}
    named |= {technique(x).name for x in spec.space.inputs or () if x != "none"}
    if spec.model.anatomy is not None:
        named.update(*(x.techniques for x in spec.try_configurations))
    return frozenset(named)


def _bundle(text: str) -> Bundle:
    return tuple(technique(name.strip()).name for name in text.split("+"))


def _bundle_obstacle(
    bundle: Bundle, anatomy: Anatomy, ladders: dict[str, tuple[int, ...]]
) -> str | None:
    """Why no layer of the model can carry the bundle; None where all can."""
    for name in bundle:
        row = technique(name)
        if row.roles and not anatomy.linears.keys() & set(row.roles):
            return f"{name}, but its layers have none of {', '.join(row.roles)}"
        if row.capacities and not any(ladders[name]):
            reason = find_obstacle(row, anatomy, anatomy.linears, row.capacities[0])
            return f"{name}, but {reason or f'no {row.capacity_name} fits'}"
        if not row.capacities and (reason := find_obstacle(row, anatomy, anatomy.linears, 0)):
            return f"{name}, but {reason}"
    return None


def _check_bundle(bundle: Bundle, anatomy: Anatomy, ladders: dict[str, tuple[int, ...]]) -> None:
    rows = [technique(name) for name in bundle]
    if virtual := [row.name for row in rows if row.input is not None]:
        raise UserError(
            "techniques that act in layers in space.bundles",
            virtual[0],
            f"write inputs = ['none', '{virtual[0]}']",
        )
    if reason := _bundle_obstacle(bundle, anatomy, ladders):
        raise UserError(
            f"techniques that fit {anatomy.family}", reason, "leave it out of space.bundles"
        )
    injected = [row for row in rows if row.injects]
    if len(injected) > 1:
        raise UserError(
            "at most one technique in a bundle that wraps linears",
            repr("+".join(bundle)),
            "put them into different strata",
        )


def read_ladders(
    chosen: SpaceSpec, anatomy: Anatomy, role_sets: tuple[tuple[str, ...], ...]
) -> dict[str, tuple[int, ...]]:
    """Capacities of each sized technique of the bundles that fit the model."""
    wanted = chosen.capacities or {}
    for name in wanted:
        if not technique(name).capacities:
            raise UserError("sized techniques in space.capacities", name, "leave it out")
    found = {}
    for name in dict.fromkeys(x for bundle in parse_bundles(chosen) for x in sized(bundle)):
        row = technique(name)
        usual = chosen.ranks if chosen.ranks and row.capacity_name == "rank" else row.capacities
        ladder = read_ladder(wanted.get(name, usual), name, name in wanted)
        found[name] = usable_capacities(row, ladder, anatomy, role_sets)
        if lost := sorted(set(ladder) - set(found[name])) if name in wanted else []:
            _refuse_capacity(name, lost[0], anatomy, role_sets)
    return found


def read_ladder(values: Iterable[int], name: str, absent: bool) -> tuple[int, ...]:
    """Ascending; 0 stands for absent where the user wrote capacities."""
    ladder = tuple(sorted(set(values)))
    if not ladder or ladder[0] < (0 if absent else 1) or ladder[-1] < 1:
        got = f"{ladder[0]}" if ladder else "none"
        raise UserError(f"ranks of at least 1 for {name}", got, "use the bundle 'frozen' for none")
    return ladder


def _refuse_capacity(
    name: str, capacity: int, anatomy: Anatomy, role_sets: tuple[tuple[str, ...], ...]
) -> None:
    roles = sorted({role for roles in role_sets for role in roles})
    reason = find_obstacle(technique(name), anatomy, roles, capacity) or "it does not fit"
    raise UserError(
        f"capacities of {name} that fit {anatomy.family}",
        f"{capacity}: {reason}",
        "correct space.capacities",
    )
