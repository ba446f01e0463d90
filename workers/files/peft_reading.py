"""From an adapter that `peft` saved to the configuration that means its training.

It is the way back of `peft_format`. Which modules are meant `peft` itself says; what each is, the
rows of the table (`peft_matching`); and the file of tensors must hold exactly what a file of that
configuration holds, so that nothing is guessed and nothing is passed over.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from peft.tuners.tuners_utils import check_target_module_exists

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.families.anatomy import Anatomy, Stack
from peftsearch.spaces.techniques.table import NOMINAL_RATE, Technique

from .peft_folders import PeftFolder
from .peft_format import public_name
from .peft_matching import Match, match, rows_beside, rows_of, said_of
from .peft_tensors import LEAVE, check_tensors


@dataclass(frozen=True)
class ReadAdapter:
    """What an adapter is.

    Attributes:
        configuration: At the nominal learning rate, since no adapter tells its own.
        dropout: Of its training, where its technique has one.
        head: Shapes of its head's tensors, by their names in the model without `peft`.
    """

    configuration: Configuration
    dropout: float
    head: Mapping[str, tuple[int, ...]]


def read_adapter(folder: PeftFolder, anatomy: Anatomy, heads: tuple[str, ...]) -> ReadAdapter:
    """What a folder's adapter is on a model.

    Args:
        heads: Names of the modules that the model's head may consist of.

    Raises:
        UserError: No configuration means exactly that on this model, or its file holds otherwise
            than its `adapter_config.json` says.
    """
    matches = _match_all(folder, anatomy)
    row = next(iter(matches.values())).row
    profile = [_modules(layer, matches, folder, anatomy) for layer in range(anatomy.layers)]
    strata = _strata(_with_lacking_roles(profile, anatomy))
    configuration = Configuration(tuple(strata), NOMINAL_RATE)
    check_configuration(configuration, anatomy)
    head = check_tensors(folder, configuration, anatomy, heads)
    dropout = float(getattr(folder.config, row.dropout) or 0.0) if row.dropout else 0.0
    return ReadAdapter(configuration, dropout, head)


Place = tuple[int, str]
"""A layer, and a role of one of its linears or the path of another module."""


def _match_all(folder: PeftFolder, anatomy: Anatomy) -> dict[Place, Match]:
    config, known, found = folder.config, dict[tuple[str, str], Match](), dict[Place, Match]()
    rows = rows_of(config)
    if not rows:
        got = f"a {type(config).__name__}"
        raise UserError(
            "an adapter of a technique that leaves as one peft configuration", got, LEAVE
        )
    for (layer, role), path in _places(rows, anatomy):
        name = anatomy.module(layer, path)
        try:
            if not check_target_module_exists(config, name):
                continue
            key = role, repr(said_of(config, name))
            if key not in known:
                known[key] = match(config, name, anatomy)
        except (re.error, TypeError, ValueError) as error:
            expected = "an adapter_config.json with the values of a peft configuration"
            raise UserError(expected, str(error), LEAVE) from error
        _check_match(known[key], name)
        found[layer, role] = known[key]
    if not found:
        got = f"target_modules {show(config.target_modules)}"
        raise UserError(f"modules in the layers of {anatomy.family}", got, LEAVE)
    return found


def _places(rows: list[Technique], anatomy: Anatomy) -> Iterator[tuple[Place, str]]:
    """Where rows of one class may act: each place with its path in the layer."""
    for layer, (stack, index) in enumerate(anatomy.each()):
        if any(row.injects for row in rows):
            yield from (((layer, role), x.path) for role, x in stack.linears.items())
        for row in rows:
            owners = {x.rpartition(".")[0] for x in _tensors(row, stack, index)}
            yield from (((layer, path), path) for path in sorted(owners))


def _tensors(row: Technique, stack: Stack, index: int) -> Mapping[str, int]:
    return row.tensors(stack, index) if row.tensors else {}


def _check_match(found: Match, name: str) -> None:
    if not found.wrong:
        return
    argument, (said, own) = next(iter(found.wrong.items()))
    size = f" at {found.row.capacity_name} {found.capacity}" if found.capacity else ""
    usual = "unset" if own is None else show(own)
    expected = f"{argument} {usual}, as {found.row.name}{size} has"
    raise UserError(expected, f"{show(said)} for {name}", LEAVE)


def _modules(
    layer: int, matches: Mapping[Place, Match], folder: PeftFolder, anatomy: Anatomy
) -> tuple[Module, ...]:
    """What a layer carries."""
    stack, index = anatomy.locate(layer)
    roles: dict[tuple[str, int], list[str]] = {}
    for role in stack.linears:
        if (found := matches.get((layer, role))) is not None:
            roles.setdefault((found.row.name, found.capacity), []).append(role)
    modules = [Module(name, capacity, tuple(x)) for (name, capacity), x in roles.items()]
    held = {public_name(name) for name in folder.shapes}
    for row in [*rows_of(folder.config), *rows_beside(folder.config)]:
        paths = _tensors(row, stack, index)
        if paths and all(anatomy.module(layer, path) in held for path in paths):
            modules.append(Module(row.name))
    return tuple(sorted(modules))


def _with_lacking_roles(
    profile: list[tuple[Module, ...]], anatomy: Anatomy
) -> list[tuple[Module, ...]]:
    """As people and searches write it: what is alike in encoder and decoder is one stratum, though
    layers of the one lack roles of the other."""
    everywhere: dict[str, set[str]] = {}
    for module in (x for modules in profile for x in modules):
        everywhere.setdefault(module.technique, set()).update(module.roles)

    def widen(module: Module, modules: tuple[Module, ...], stack: Stack) -> Module:
        alone = sum(x.technique == module.technique for x in modules) == 1
        lacking = everywhere[module.technique] - stack.linears.keys() if alone else set()
        return replace(module, roles=(*module.roles, *lacking))

    layers = zip(profile, anatomy.each(), strict=True)
    return [tuple(widen(x, modules, stack) for x in modules) for modules, (stack, _) in layers]


def _strata(profile: list[tuple[Module, ...]]) -> Iterator[Stratum]:
    start = 0
    for modules, layers in groupby(profile):
        stop = start + len(list(layers))
        yield Stratum(start, stop, modules)
        start = stop
