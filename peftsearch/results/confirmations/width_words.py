"""A foreseen interval in sentences: how wide, on what that rests, and what would narrow it."""

from collections.abc import Sequence

from peftsearch.results.wording import difference, plural
from peftsearch.spaces.jobspec.spec import JobSpec

from .spending import percent
from .width import Width

_FEW = 0.6
"""Share of the width that a further seed leaves, below which it is worth to be named."""


def tell_width(found: Width, spec: JobSpec) -> list[str]:
    """How wide, by what, and whether that is too wide to tell the floor apart."""
    name, beside = spec.task.quality, found.standing.quality
    half, low, high = (difference(name, x, beside) for x in (found.half, *found.ends))
    told = [
        f"the {percent(found.level)} interval of the pick minus the best floor is likely to be "
        f"about ± {half}, in 9 of 10 cases ± {low} to ± {high}, {_tell_sizes(found)}; "
        f"{found.spread.tell(name, beside)}"
    ]
    if not found.wide:
        return [*told, *_tell_few(found, spec)]
    few = _tell_few(found, spec) if found.enough is None else []
    return [*told, *few, f"that may be too wide {_tell_lead(found, spec)}: {_advise(found, spec)}"]


def tell_widths(found: Sequence[Width | None], spec: JobSpec) -> list[str]:
    """Of all configurations of a front: how wide their intervals are, and how many of them may not
    be told apart from the floor. Nothing where nothing tells."""
    known = [x for x in found if x is not None]
    if not known:
        return []
    name, beside, one = spec.task.quality, known[0].standing.quality, known[0]
    halves = sorted(x.half for x in known)
    likely = dict.fromkeys(difference(name, x, beside) for x in (halves[0], halves[-1]))
    low, high = (
        difference(name, x, beside)
        for x in (min(y.ends[0] for y in known), max(y.ends[1] for y in known))
    )
    told = [
        f"the {percent(one.level)} interval of each configuration minus the best floor is likely "
        f"to be about ± {' to '.join(likely)}, in 9 of 10 cases ± {low} to ± {high}, "
        f"{_tell_sizes(one)}; {one.spread.tell(name, beside)}"
    ]
    wide = [x for x in known if x.wide]
    widest = max(known, key=lambda x: x.half)
    if not wide:
        return [*told, *_tell_few(widest, spec)]
    enough = [x.enough for x in wide if x.enough is not None]
    advice = f"{_tell_rows(widest, spec)}, which more of them narrow and more seeds do not"
    if enough:
        advice = f"{max(enough)} seeds would likely do for {len(enough)} of them"
    many = f"{len(wide)} of the {len(found)} configurations"
    lead = "their distance from it on the validation rows"
    return [*told, f"that may be too wide to tell {many} from the floor, beside {lead}: {advice}"]


def _tell_sizes(found: Width) -> str:
    rows = plural(found.rows_count, "test row")
    return f"by {rows} and {found.seeds} seeds (Student's t {found.quantile:.3g})"


def _tell_lead(found: Width, spec: JobSpec) -> str:
    """`to tell the floor apart, beside the 0.05 by which the pick leads on 75 rows (...)`."""
    name, standing = spec.task.quality, found.standing
    gain = difference(name, abs(standing.gain), standing.quality)
    side = "is behind" if standing.gain < 0 else "leads"
    told = f"to tell the floor apart, beside the {gain} by which the pick {side} on the validation"
    if not standing.gain:
        told = "to tell the floor apart, which has the same as the pick on the validation"
    if standing.error is None:
        return f"{told} rows"
    error = difference(name, standing.error, standing.quality)
    return f"{told} rows (standard error {error}, so that it may be more or less)"


def _advise(found: Width, spec: JobSpec) -> str:
    if found.enough is not None:
        return f"{found.enough} seeds would likely do"
    return f"{_tell_rows(found, spec)}, which more test rows narrow and more seeds do not"


def _tell_rows(found: Width, spec: JobSpec) -> str:
    half = difference(spec.task.quality, found.by_rows, found.standing.quality)
    return f"its test rows alone make ± {half} of it"


def _tell_few(found: Width, spec: JobSpec) -> list[str]:
    """That one more seed would do much; nothing where it would not."""
    if found.one_more > _FEW * found.half:
        return []
    half = difference(spec.task.quality, found.one_more, found.standing.quality)
    return [
        f"{found.seeds} seeds are few, most of that width comes from them: {found.seeds + 1} "
        f"would make it about ± {half}"
    ]
