"""Configurations, numbers and durations in words."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import groupby

from peftsearch.message_text import plural as plural
from peftsearch.spaces.configurations.configuration import Configuration, Module
from peftsearch.spaces.configurations.recent import Recent
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import large_scale, unit_of
from peftsearch.spaces.jobspec.objectives import Objective, Style, objective
from peftsearch.spaces.jobspec.sampler_names import ENGINE
from peftsearch.spaces.techniques.table import technique
from peftsearch.time_text import duration as duration
from peftsearch.time_text import span as span

_SHORT = {
    "query": "q",
    "key": "k",
    "value": "v",
    "query_key_value": "qkv",
    "attention_output": "o",
    "cross_query": "cross-q",
    "cross_key": "cross-k",
    "cross_value": "cross-v",
    "cross_output": "cross-o",
    "mlp_in": "in",
    "mlp_gate": "gate",
    "mlp_gate_in": "gate-in",
    "mlp_out": "out",
}

_HYPERPARAMETERS: Mapping[str, Callable[[float], str]] = {
    "epochs": lambda value: f"{value:g} epoch{'' if value == 1 else 's'}",
    "batch_size": lambda value: f"batches of {value}",
    "dropout": lambda value: f"dropout {value:g}",
}

ORIGINS = {"sobol": "spread", "search": "model", "try": "own"}
"""Words that fit a list as well as a space of choices, by what the engine calls its origins."""

_BYTES = (("EB", 1e18), ("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3))

_MINUS = "−"
_ROUNDED = 1e-5
"""By which a sum in float32 differs."""
_KEPT = 4096
"""What layers carry, of which thousands of trials share few."""
_MANY = 5
"""Runs of layers that are told one by one."""
COUNTED = "in which trials run; the preparation and the rest of the last one come on top"
"""What hours of a budget are."""


def describe(configuration: Configuration, anatomy: Anatomy) -> str:
    """One line: runs of layers from the input to the output with what they carry.

    Layers count from 0, for example `0-2 frozen | 3 bitfit | 4-5 lora r8 q+v | rate 1.0e-03`.
    Where there are many runs, layers that carry the same stand together: `0,2,5-7 serial 8`.
    Virtual tokens of the input stand first, and last what else of its training the job searches.
    """
    runs = configuration.runs
    found = [(_span(first, end), modules) for first, end, modules in runs]
    if len(runs) > _MANY:
        joined: dict[tuple[Module, ...], list[str]] = {}
        for span, modules in found:
            joined.setdefault(modules, []).append(span)
        found = [(",".join(spans), modules) for modules, spans in joined.items()]
    parts = [] if configuration.input is None else [_module(configuration.input, anatomy)]
    told = _told(anatomy)
    parts += [f"{span} {told(modules)}" for span, modules in found]
    parts.append(f"rate {configuration.learning_rate:.1e}")
    said = configuration.training.said.items()
    return " | ".join([*parts, *(_HYPERPARAMETERS[name](value) for name, value in said)])


def tell_modules(modules: Collection[Module], anatomy: Anatomy) -> str:
    """What a layer carries: `lora r8 q+v + bitfit`, or `frozen`."""
    return _told(anatomy)(tuple(modules))


def _teller(anatomy: Anatomy) -> Callable[[tuple[Module, ...]], str]:
    @lru_cache(_KEPT)
    def tell(modules: tuple[Module, ...]) -> str:
        return " + ".join(_module(module, anatomy) for module in modules) or "frozen"

    return tell


_told = Recent(_teller)


def tell_layers(layers: Collection[int]) -> str:
    """Ascending layers as runs: `0-2,5`."""
    groups = groupby(enumerate(layers), key=lambda item: item[1] - item[0])
    runs = [[layer for _, layer in group] for _, group in groups]
    return ",".join(_span(run[0], run[-1] + 1) for run in runs)


def _span(first: int, end: int) -> str:
    return f"{first}" if end == first + 1 else f"{first}-{end - 1}"


def _module(module: Module, anatomy: Anatomy) -> str:
    row = technique(module.technique)
    size = f" {'r' * (row.capacity_name == 'rank')}{module.capacity}" if module.capacity else ""
    factor = "" if module.rate == 1.0 else f" (rate x{module.rate:g})"
    if not module.roles or _is_usual(module, anatomy):
        return f"{module.technique}{size}{factor}"
    return f"{module.technique}{size} {short_roles(module.roles, anatomy)}{factor}"


def _is_usual(module: Module, anatomy: Anatomy) -> bool:
    """Whether a technique of fixed roles acts on all of them that there are, as in searches."""
    fixed, known = technique(module.technique).roles, anatomy.linears.keys()
    return fixed is not None and known & set(module.roles) == known & set(fixed)


def short_roles(roles: Collection[str], anatomy: Anatomy) -> str:
    """`q+v`, or `all` where nothing is left out; empty for no roles."""
    if set(roles) == set(anatomy.linears):
        return "all"
    return "+".join(short for role, short in _SHORT.items() if role in roles)


def tell_mean(trials: Sequence[int]) -> str:
    """` (mean of trials 2, 6)`, beside a value that is one; empty of a single training."""
    return f" (mean of {name_trials(trials)})" if len(trials) > 1 else ""


def name_trials(numbers: Sequence[int]) -> str:
    """`trial 2`, or `trials 2, 6` of several trainings of one configuration."""
    return f"trial{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def tell_origin(origin: str, sampler: str) -> str:
    """Who proposed a trial, for people: the model, a point of the start that is spread over the
    space, the user's own; of another sampler its name.

    Args:
        sampler: The job's.
    """
    return ORIGINS.get(origin, origin) if sampler == ENGINE else origin


def with_minus(text: str) -> str:
    """A number with the minus sign that people read; what programs read keeps its hyphen."""
    return f"{_MINUS}{text[1:]}" if text.startswith("-") else text


def count(value: float) -> str:
    """`332,546`; four digits of a fraction below 1,000."""
    whole = float(value).is_integer() or abs(value) >= 1000
    return with_minus(f"{value:,.0f}" if whole else f"{value:.4g}")


def size(value: float) -> str:
    """Bytes with a decimal unit."""
    rounded = _to_three_digits(value)
    for unit, scale in _BYTES:
        if rounded >= scale:
            return f"{_three_digits(rounded / scale)} {unit}"
    return f"{value:.0f} B"


def _to_three_digits(value: float) -> float:
    """As it is written: 999,700 is 1 MB, not 1000 KB."""
    return float(f"{value:.3g}")


def _three_digits(value: float) -> str:
    """`1.23`, and `1,230` of the largest unit, where an exponent would stand."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def amount(name: str, value: float) -> str:
    """A value of an objective as a sentence or a bound has it: a time stays in seconds."""
    row = objective(name)
    if row.style == "duration":
        return f"{value:.3g} s" if value < 100 else f"{value:,.0f} s"
    return "".join(_scaled_count(row, value)) if row.has_scales else cell(name, value)


def cell(name: str, value: float) -> str:
    """A value of an objective as a table has it, whose heading says the unit; fourteen digits
    would be compared by their number alone, so of such counts as FLOPs `32.5 T`."""
    row = objective(name)
    return _scaled_count(row, value)[0] if row.has_scales else _WRITERS[row.style](value)


def _scaled_count(row: Objective, value: float) -> tuple[str, str]:
    """`32.5 T` and `FLOPs`, `12` and ` layers`."""
    rounded = _to_three_digits(value)
    scale, letter = large_scale(rounded)
    if letter:
        return f"{_three_digits(rounded / scale)} {letter}", row.unit
    return count(value), f" {unit_of(row, value)}"


def told_once(values: Mapping[str, float]) -> dict[str, float]:
    """Measurements for people: of classes the log loss is the loss, in float64, and it is told by
    that name alone."""
    loss, other = values.get("loss"), values.get("log_loss")
    if loss is None or other is None or not math.isclose(loss, other, rel_tol=_ROUNDED):
        return dict(values)
    return {name: value for name, value in values.items() if name != "loss"}


def score(value: float) -> str:
    """Four decimals; of an error in units of its own, which may be large or small, four digits."""
    if abs(value) >= 100:
        return count(value)
    return with_minus(f"{value:.3g}" if value and abs(value) < 0.01 else f"{value:.4f}")


def difference(name: str, value: float, beside: float) -> str:
    """A difference of two values of an objective, or an error of one, as `amount` but with as many
    decimals as the value beside it has: of accuracies always four. Nothing but 0 is told as 0."""
    if objective(name).style != "score":
        return amount(name, value)
    return score_beside(value, beside)


def score_beside(value: float, beside: float) -> str:
    """A difference of two scores, or an error of one: with the decimals of that score."""
    text = score(beside)
    rounded = f"{value:.{len(text.partition('.')[2])}f}"
    tiny = "e" in text or (value and not float(rounded))
    return with_minus(f"{value:.2g}" if tiny else rounded)


def signed(name: str, value: float, beside: float) -> str:
    """A difference with its sign, as exact as the value beside it: `+0.0120`."""
    return f"{_MINUS if value < 0 else '+'}{difference(name, abs(value), beside)}"


def tell_fruitless(seconds: float) -> str:
    """` (40 s of attempts without a result, interrupted or not ended)`, beside the time with a
    trial running, since no trial's time holds it; empty where there was none."""
    if seconds < 0.5:
        return ""
    return f" ({duration(seconds)} of attempts without a result, interrupted or not ended)"


_WRITERS: Mapping[Style, Callable[[float], str]] = {
    "score": score,
    "count": count,
    "size": size,
    "duration": duration,
}
