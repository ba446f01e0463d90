"""What our own techniques put into a layer; rows of the table name these functions (`build`)."""

from torch import nn

from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.techniques.layer_formulas import prefix_sizes
from peftsearch.spaces.techniques.layer_restrictions import PHM_ORDER, mlp_input

from .bottlenecks import (
    SCALE,
    Bottleneck,
    ProductBottleneck,
    Rules,
    hook_after,
    hook_beside,
)
from .prefixes import CHILD, Prefix, Switch, hook_positions
from .sites import Site

_PARTS = {"attention_output": "attention", "mlp_out": "mlp"}
"""Where Houlsby's modules stand, and how the name of a module says so."""


def add_serial(site: Site) -> None:
    """A bottleneck on the output of the MLP."""
    _add_bottleneck(site, "mlp_out", f"{site.layer}.serial")


def add_houlsby(site: Site) -> None:
    """Bottlenecks on the outputs of attention and MLP."""
    for role, part in _PARTS.items():
        _add_bottleneck(site, role, f"{site.layer}.houlsby_{part}")


def _add_bottleneck(site: Site, role: str, name: str) -> None:
    width = site.stack.linears[role].outputs
    size, draws = site.module.capacity, site.generator(name)
    child = Bottleneck(width, size, width, 1.0, draws, site.dropout)
    _put_after(site, role, name, child)


def _put_after(site: Site, role: str, name: str, child: nn.Module) -> None:
    target = site.linear(role)
    site.put(name, child, target)
    site.changes.hook(hook_after(target, child))


def add_compacter(site: Site) -> None:
    """As `add_houlsby`, of products that share a factor."""
    rules = _share_rules(site)
    for role, part in _PARTS.items():
        name, width = f"{site.layer}.compacter_{part}", site.stack.linears[role].outputs
        child = ProductBottleneck(width, site.module.capacity, rules, site.generator(name))
        _put_after(site, role, name, child)


def _share_rules(site: Site) -> nn.Parameter:
    """The factor that all products of one module share, made at its first layer."""
    made: dict[Module, nn.Parameter] = site.changes.share("product rules", dict)
    if site.module not in made:
        name = f"product_rules_{len(made)}"
        child = Rules(PHM_ORDER, site.generator(name))
        site.put(name, child, site.model)
        made[site.module] = child.weight
    return made[site.module]


def add_parallel(site: Site) -> None:
    """A bottleneck beside the MLP."""
    name, role = f"{site.layer}.parallel", mlp_input(site.stack)
    inputs, outputs = site.stack.linears[role].inputs, site.stack.linears["mlp_out"].outputs
    size, draws = site.module.capacity, site.generator(name)
    child = Bottleneck(inputs, size, outputs, SCALE, draws, site.dropout)
    layer, entry, end = (
        site.model.get_submodule(site.layer),
        site.linear(role),
        site.linear("mlp_out"),
    )
    site.put(name, child, end)
    site.changes.hook(hook_beside(layer, entry, end, child))


def add_prefix(site: Site) -> None:
    """Keys and values in front of the attention's own."""
    path = f"{site.layer}.{site.stack.attention}"
    child = Prefix(site.module.capacity, prefix_sizes(site.stack), site.generator(path))
    site.put(f"{path}.{CHILD}", child, site.model.get_submodule(path))
    prepare_prefixes(site).turn(site.model, path)


def prepare_prefixes(site: Site) -> Switch:
    """What lets attention read virtual keys and values; once for a model, however many of its
    layers carry them."""
    switch: Switch = site.changes.share("prefixes", lambda: _prepare_prefixes(site))
    return switch


def _prepare_prefixes(site: Site) -> Switch:
    switch = Switch()
    site.changes.undo(switch.restore)
    if site.anatomy.causal:
        site.changes.hook([hook_positions(site.model.base_model)])
    return switch
