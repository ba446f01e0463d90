"""A configuration as a dozen parameters in people's terms, the same for every trial of a job.

The space's own dimensions differ from preset to preset and hold coordinates without effect; what a
person asks ("does the rate matter? how deep should one go?") is read off the canonical profile,
so that any preset, a user's own configuration and the baselines can stand in one chart.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache

from peftsearch.results.wording import short_roles
from peftsearch.spaces.configurations.configuration import Configuration, Module, Run
from peftsearch.spaces.configurations.recent import Recent
from peftsearch.spaces.families.anatomy import Anatomy

LABELS: Mapping[str, str] = {
    "learning_rate": "learning rate",
    "techniques": "techniques",
    "bottom_techniques": "techniques of the bottom third",
    "top_techniques": "techniques of the top third",
    "adapted_layers": "adapted layers",
    "lowest_layer": "lowest adapted layer",
    "highest_layer": "highest adapted layer",
    "adapted_encoder_layers": "adapted encoder layers",
    "adapted_decoder_layers": "adapted decoder layers",
    "first_boundary": "first boundary",
    "last_boundary": "last boundary",
    "strata": "strata",
    "largest_capacity": "largest size",
    "modules": "adapted matrices",
    "rate_ratio": "rate of the top over the bottom",
    "input": "virtual tokens",
    "epochs": "epochs",
    "batch_size": "batch size",
    "dropout": "dropout",
}
"""Each parameter's name for people; charts show them in this order."""
LOG: Collection[str] = frozenset(
    {"learning_rate", "largest_capacity", "rate_ratio", "epochs", "batch_size"}
)
"""Parameters for a log scale; always positive."""
OF_ADAPTED: Collection[str] = frozenset({"lowest_layer", "highest_layer"})
"""Parameters that say nothing where no layer is adapted."""

_STACKS = ("adapted_encoder_layers", "adapted_decoder_layers")


def parameters(configuration: Configuration, anatomy: Anatomy) -> dict[str, float | str]:
    """Numbers and categories of one configuration.

    Layers count from 0 to L - 1 through all stacks. What a configuration lacks has a value too:

    - `techniques`, `bottom_techniques`, `top_techniques`: sorted and joined by `+`, or `none`.
    - `lowest_layer`, `highest_layer`: L and -1 where no layer is adapted.
    - `first_boundary`: below it all layers are treated like layer 0; L where all are alike.
    - `last_boundary`: from it on all layers are treated like layer L - 1; 0 where all are alike.
    - `strata`: runs of layers that are treated alike.
    - `largest_capacity`: of any module, virtual tokens included; 1 where none has a size.
    - `modules`: the matrices that are wrapped, such as `q+v`, or `all` or `none`.
    - `rate_ratio`: the rate's factor in the highest adapted layer over that in the lowest.
    - `input`: a technique and its number of virtual tokens, or `none`.
    - `epochs`, `batch_size`: 1 where the job says it for all of its trials.
    - `dropout`: 0 where the job does, and where nothing has one.

    A model of an encoder and a decoder has its adapted layers counted for each as well.
    """
    runs, tokens, layers = configuration.runs, configuration.input, configuration.depth
    adapted = [run for run in runs if run[2]]
    low, high = (adapted[0][0], adapted[-1][1] - 1) if adapted else (layers, -1)
    distinct = configuration.kinds
    third = -(-layers // 3)
    return {
        "learning_rate": float(f"{configuration.learning_rate:.6g}"),
        "techniques": _techniques(distinct),
        "bottom_techniques": _techniques(x for first, _, x in runs if first < third),
        "top_techniques": _techniques(x for _, end, x in runs if end > layers - third),
        "adapted_layers": sum(end - first for first, end, _ in adapted),
        "lowest_layer": low,
        "highest_layer": high,
        **_by_stack(adapted, anatomy),
        "first_boundary": runs[0][1] if runs else layers,
        "last_boundary": runs[-1][0] if runs else 0,
        "strata": max(1, len(runs)),
        "largest_capacity": _largest(distinct, tokens),
        "modules": _matrices(distinct, anatomy),
        "rate_ratio": _ratio(adapted[0][2], adapted[-1][2]) if adapted else 1.0,
        "input": "none" if tokens is None else f"{tokens.technique} {tokens.capacity}",
        **{"epochs": 1.0, "batch_size": 1, "dropout": 0.0, **configuration.training.said},
    }


def _techniques(profile: Iterable[tuple[Module, ...]]) -> str:
    names = {module.technique for modules in profile for module in modules}
    return "+".join(sorted(names)) or "none"


def _by_stack(adapted: Sequence[Run], anatomy: Anatomy) -> dict[str, int]:
    if len(anatomy.stacks) == 1:
        return {}
    layers = [layer for first, end, _ in adapted for layer in range(first, end)]
    encoder = sum(layer < anatomy.stacks[0].layers for layer in layers)
    return dict(zip(_STACKS, (encoder, len(layers) - encoder), strict=True))


def _largest(profile: Collection[tuple[Module, ...]], tokens: Module | None) -> int:
    sizes = [module.capacity for modules in profile for module in modules]
    return max([*sizes, tokens.capacity if tokens else 0, 1])


def _matrices(profile: Collection[tuple[Module, ...]], anatomy: Anatomy) -> str:
    roles = {role for modules in profile for module in modules for role in module.roles}
    return _short(anatomy)(frozenset(roles))


def _shortener(anatomy: Anatomy) -> Callable[[frozenset[str]], str]:
    return cache(lambda roles: short_roles(roles, anatomy) or "none")


_short = Recent(_shortener)


def _ratio(bottom: tuple[Module, ...], top: tuple[Module, ...]) -> float:
    factors = [max(module.rate for module in modules) for modules in (bottom, top)]
    return float(f"{factors[1] / factors[0]:.6g}")
