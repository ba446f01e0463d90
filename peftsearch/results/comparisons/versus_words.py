"""A difference of two configurations in words."""

from peftsearch.results.wording import difference as tell_difference
from peftsearch.results.wording import signed
from peftsearch.spaces.jobspec.spec import JobSpec

from .chance import luck
from .versus import Versus


def tell_gain(found: Versus, spec: JobSpec) -> str:
    """`+0.0150 ± 0.0065, 2.3 standard errors`; what may be chance is said to be, and how much
    chance gives."""
    name = spec.task.quality
    beside = found.right[0].values[name]
    told = signed(name, found.gain, beside)
    if not found.error:
        return f"{told}, and {found.unsure}"
    spread = f"± {tell_difference(name, found.error, beside)}"
    return f"{told} {spread}, {found.errors:.1f} standard errors{_tell_chance(found)}"


def _tell_chance(found: Versus) -> str:
    if found.verdict != "level" or not found.gain:
        return ""
    given = f" the best of {found.tried}" if found.tried > 1 else ""
    return f", which may be chance: it gives{given} up to {luck(found.tried):.1f}"
