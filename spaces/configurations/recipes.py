"""Known good configurations by name, for a model of any depth.

The published ones are scaled to the depth by their fraction of it. All train at one learning
rate, since a rate is relative to each technique's own nominal one.
"""

from collections.abc import Callable, Iterable, Mapping

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
_BY_DEPTH = (2, 4, 6, 8)
"""Experts of MoLA's four groups of layers; in the rank profile shares of the rank."""
RENAMED = {"mola": "rank_profile"}
"""Names of before, of recipes and presets alike: that one had no experts."""

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


def _quarters(anatomy: Anatomy, name: str, sizes: Iterable[int]) -> Parts:
    """One technique on all linears, of a size for each equal group of layers."""
    parts = [_modules(anatomy, (name,), x, _ALL_LINEARS) for x in sizes]
    return [((i + 1) / len(parts), modules) for i, modules in enumerate(parts)]


def _rank_profile(anatomy: Anatomy, rank: int) -> Parts:
    """Rank in four equal groups of layers as 2 : 4 : 6 : 8."""
    ranks = [max(1, round(rank * share / max(_BY_DEPTH))) for share in _BY_DEPTH]
    return _quarters(anatomy, "lora", ranks)


def _experts(anatomy: Anatomy, rank: int) -> Parts:
    """MoLA's experts in four equal groups of layers, 2, 4, 6 and 8, whatever the rank."""
    return _quarters(anatomy, "lora_moe", _BY_DEPTH)


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
    "rank_profile": _rank_profile,
    "experts": _experts,
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
        hint = f"it is called {RENAMED[name]} now" if name in RENAMED else "correct it"
        raise UserError(f"a recipe among {', '.join(RECIPES)}", repr(name), hint)
    strata, start = [], 0
    for share, modules in RECIPES[name](anatomy, rank):
        stop = round(share * anatomy.layers)
        strata.append(Stratum(start, stop, modules))
        start = stop
    return Configuration(tuple(strata), learning_rate)
