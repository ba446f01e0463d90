"""Known good configurations by name, for a model of any depth.

The published ones are scaled to the depth by their fraction of it. All train at one learning
rate, since a rate is relative to each technique's own nominal one.
"""

from collections.abc import Callable, Mapping

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.applicability import resolve_roles
from peftsearch.spaces.techniques.table import NOMINAL_RATE

from .configuration import Configuration, Module, Stratum
from .placement import Bundle, make_modules, sized

RANK = 8
BASELINE = "lora"
"""What a search is compared with: this technique alone, the same in every layer."""
FULL = "full"
"""And this one: nothing of a layer stays as it is."""
_SPAFIT_DEPTH = 24
_QUERY_VALUE = ("query", "value")
_ALL_LINEARS = (
    "query",
    "key",
    "value",
    "attention_output",
    "mlp_in",
    "mlp_gate",
    "mlp_out",
)
_MOLA = (2, 4, 6, 8)
"""Experts of MoLA's four groups of layers, here as shares of the rank: more in upper layers."""

Parts = list[tuple[float, tuple[Module, ...]]]
"""Where each stratum ends, as a fraction of the depth, and what it carries."""


def _modules(
    anatomy: Anatomy, bundle: Bundle, size: int, roles: tuple[str, ...] = _QUERY_VALUE
) -> tuple[Module, ...]:
    aimed = resolve_roles(roles, anatomy)
    return make_modules(bundle, (size,) * len(sized(bundle)), aimed, anatomy)


def _whole(*bundle: str) -> Callable[[Anatomy, int], Parts]:
    return lambda anatomy, rank: [(1.0, _modules(anatomy, bundle, rank))]


def _spafit(frozen: int, biases: int, roles: tuple[str, ...]) -> Callable[[Anatomy, int], Parts]:
    """Of 24 layers, `frozen` stay so, those up to `biases` train biases, the others LoRA too."""
    return lambda anatomy, rank: [
        (frozen / _SPAFIT_DEPTH, ()),
        (biases / _SPAFIT_DEPTH, _modules(anatomy, ("bitfit",), 0)),
        (1.0, _modules(anatomy, ("bitfit", "lora"), rank, roles)),
    ]


def _mola(anatomy: Anatomy, rank: int) -> Parts:
    """Rank in four equal groups of layers as 2 : 4 : 6 : 8."""
    ranks = [max(1, round(rank * share / max(_MOLA))) for share in _MOLA]
    parts = (_modules(anatomy, ("lora",), x, _ALL_LINEARS) for x in ranks)
    return [((i + 1) / len(_MOLA), modules) for i, modules in enumerate(parts)]


def _mam(anatomy: Anatomy, rank: int) -> Parts:
    """Mix-and-match: short prefixes with a wide parallel bottleneck (He et al., 2110.04366)."""
    modules = (Module("prefix", max(1, rank // 2)), Module("parallel", 4 * rank))
    return [(1.0, modules)]


RECIPES: Mapping[str, Callable[[Anatomy, int], Parts]] = {
    "bitfit": _whole("bitfit"),
    "ln_tuning": _whole("ln_tuning"),
    "ia3": _whole("ia3"),
    "lora": _whole("lora"),
    "spafit-4-9-I": _spafit(4, 9, _QUERY_VALUE),
    "spafit-4-9-II": _spafit(4, 9, _ALL_LINEARS),
    "spafit-4-14-I": _spafit(4, 14, _QUERY_VALUE),
    "spafit-4-14-II": _spafit(4, 14, _ALL_LINEARS),
    "mola": _mola,
    "mam": _mam,
}
"""SPAFIT's suffixes name which matrices get LoRA; the paper's abstract does not say which, so that
I is taken as queries and values, II as all linears."""


def recipe(
    name: str, anatomy: Anatomy, rank: int = RANK, learning_rate: float = NOMINAL_RATE
) -> Configuration:
    """A recipe on a model.

    Raises:
        UserError: No recipe has that name.
    """
    if name not in RECIPES:
        raise UserError(f"a recipe among {', '.join(RECIPES)}", repr(name), "correct it")
    strata, start = [], 0
    for share, modules in RECIPES[name](anatomy, rank):
        stop = round(share * anatomy.layers)
        strata.append(Stratum(start, stop, modules))
        start = stop
    return Configuration(tuple(strata), learning_rate)
