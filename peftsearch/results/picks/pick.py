"""Choosing one configuration: by a rule, a row of the front, a trial, an expression."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.estimates import Estimate, Valued, estimate, estimate_each
from peftsearch.records.expectation import Expectation
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.jobspec.bounds import Bound, write_quantity
from peftsearch.spaces.jobspec.objectives import Objective, fold_name, objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .rules import ONE_SE, RULES, Scored, find_one_se, find_rule, knee

LONGEST = 500
"""Characters of a pick; room for a bound on each objective."""
_TRIAL = re.compile(r"trial\s++([0-9]{1,9})", re.IGNORECASE)
_ROW = re.compile("[0-9]{1,9}")
_COMMA = re.compile(r",(?!\d)|(?<!\d),")
_COUNTED = ("", "t", "trial", "trials", "row", "rows")
_NUMBERED = re.compile(r"([a-z]*+)[\s#:=.-]*+([0-9]{1,9})", re.IGNORECASE)


C = TypeVar("C", bound=Scored)


@dataclass(frozen=True)
class Choice(Generic[C]):
    """What a text chose, and from what.

    Attributes:
        kind: `1se`, `knee`, `best`, `row`, `trial` or `where`.
        fitting: What it was chosen from: the front, or all within the bounds.
        wanted: What it is the best in; the job's quality where the text names none.
    """

    kind: str
    chosen: C
    fitting: Sequence[C]
    wanted: Objective
    bounds: tuple[Bound, ...] = ()


def select(
    text: str,
    spec: JobSpec,
    front: Sequence[FrontPoint],
    trials: Sequence[Trial],
    expected: Mapping[str, Expectation] | None = None,
) -> Estimate[Trial]:
    """The configuration that `text` means.

    Args:
        text: As for `choose`. Of `trial 17`, the estimate is of that one trial.
        front: Ascending by cost.
        expected: Quality without luck by key, by which `1se` chooses.

    Raises:
        NotFoundError: The front is empty, has no such row, or nothing meets the bounds.
        UserError: `text` is none of these.
    """
    told = expected or {}
    known = {x.key: replace(x, expected=told.get(x.key)) for x in estimate_each(trials)}
    members = [known[point.key] for point in front]

    def find_trial(number: int) -> Estimate[Trial] | None:
        completed = (x for x in trials if x.state is TrialState.COMPLETED and x.number == number)
        return next((estimate([x]) for x in completed), None)

    return choose(text, spec, members, list(known.values()), find_trial).chosen


def choose(
    text: str,
    spec: JobSpec,
    front: Sequence[C],
    everything: Sequence[C],
    find_trial: Callable[[int], C | None],
) -> Choice[C]:
    """What `text` means among candidates of any kind.

    Args:
        text: `1se`, `knee`, `best`, a row number of the printed front, `trial 17`, or for example
            `accuracy where size <= 200 KB and training_seconds <= 30`. An expression looks at all
            completed configurations, for its bounds need not be the front's. Bounds alone, and
            `best where`, mean the best quality within them. Names and words are read in any case.
        front: Ascending by cost.
        everything: All configurations with a completed full-fidelity trial.
        find_trial: Gives a completed trial of that number as a candidate; None: there is none.

    Raises:
        NotFoundError: The front is empty, has no such row, or nothing meets the bounds.
        UserError: `text` is none of these.
    """
    if len(text) > LONGEST:
        got = f"{text[:20]!r} and so on, {len(text):,} characters"
        raise UserError(f"a pick of at most {LONGEST} characters", got, "shorten the pick")
    text, quality = text.strip(), objective(spec.task.quality)
    text = find_rule(text) or text
    if match := _TRIAL.fullmatch(text):
        return _trial(int(match[1]), find_trial, quality)
    of_front = text in RULES or _ROW.fullmatch(text)
    if not front and (of_front or not everything):
        raise empty_front(everything, spec)
    if text == "best":
        best = max(front, key=lambda x: quality.signed(_q(x, spec)))
        return Choice("best", best, front, quality)
    if text == ONE_SE:
        return Choice(ONE_SE, front[find_one_se(front, spec)], front, quality)
    if text == "knee":
        return Choice("knee", front[knee(front, spec)], front, quality)
    if _ROW.fullmatch(text):
        return Choice("row", _row(int(text), front), front, quality)
    return _best_where(text, spec, everything)


def empty_front(everything: Sequence[Valued], spec: JobSpec) -> NotFoundError:
    """Why a front has nothing: no trial yet, or none that meets the job's bounds."""
    if everything and spec.limits:
        hint = "pick by other bounds or by 'trial N', or loosen objectives.bounds in a new job"
        return _unmet(spec.limits, everything, hint)
    return NotFoundError("a job with completed trials", "an empty front", "let the job run first")


def _trial(number: int, find_trial: Callable[[int], C | None], quality: Objective) -> Choice[C]:
    found = find_trial(number)
    if found is None:
        raise NotFoundError("a completed trial", f"trial {number}", "see `peftsearch show JOB`")
    return Choice("trial", found, [found], quality)


def _q(candidate: Valued, spec: JobSpec) -> float:
    return candidate.values[spec.task.quality]


def _row(number: int, members: Sequence[C]) -> C:
    if not 1 <= number <= len(members):
        raise NotFoundError(
            f"a row of the front, 1 to {len(members)}", f"{number}", "see `peftsearch front JOB`"
        )
    return members[number - 1]


def _read_sentence(text: str, quality: str) -> tuple[Objective, tuple[Bound, ...]]:
    """What is wanted, and within which bounds; bounds alone want the quality."""
    name, where, conditions = [*text.split(maxsplit=2), "", "", ""][:3]
    named = where.lower() == "where" and bool(conditions)
    if not named and not _has_bounds(text):
        raise UserError(
            "1se, knee, best, 3 (a row of the front), 'trial 17', 'size <= 100 KB', or"
            f" '{quality} where adapter_bytes <= 200 KB'",
            repr(text),
            _suggest_form(text),
        )
    wanted, rest = (name, conditions) if named else (quality, text)
    best = quality if wanted.lower() == "best" else wanted
    return objective(fold_name(best)), tuple(map(Bound.parse, _split(rest)))


def _suggest_form(text: str) -> str:
    """The pick that was probably meant: `row 9` and `#9` are 9, `trial #9` is `trial 9`, and
    `size = 9` a bound."""
    match = _NUMBERED.fullmatch(text)
    if match is None or text.startswith("-"):
        return "correct the pick"
    number = int(match[2])
    if "=" in text and match[1].lower() not in _COUNTED:
        return f"a bound has <= or >=: pick '{match[1]} <= {number}'"
    trial = match[1].lower() in ("t", "trial", "trials")
    return f"pick 'trial {number}'" if trial else f"pick '{number}', or 'trial {number}'"


def _has_bounds(text: str) -> bool:
    return "<" in text or ">" in text


def size_limit(text: str, quality: str) -> float | None:
    """Bytes that the file of what `text` picks may have at most; None where it says nothing."""
    if not _has_bounds(text):
        return None
    bounds = _read_sentence(text.strip(), quality)[1]
    limits = [x.limit for x in bounds if x.name == "export_bytes" and x.sign.startswith("<")]
    return min(limits, default=None)


def _best_where(text: str, spec: JobSpec, everything: Sequence[C]) -> Choice[C]:
    wanted, bounds = _read_sentence(text, spec.task.quality)
    _check_counted([wanted, *(objective(x.name) for x in bounds)], everything)
    fitting = [x for x in everything if wanted.name in x.values and not broken(x, bounds)]
    if not fitting:
        raise _unmet(bounds, everything, "loosen the bounds")
    best = max(
        fitting,
        key=lambda x: (wanted.signed(x.values[wanted.name]), -x.values[spec.objectives.cost]),
    )
    return Choice("where", best, fitting, wanted, bounds)


def _unmet(bounds: Sequence[Bound], everything: Sequence[Valued], hint: str) -> NotFoundError:
    closest = ", ".join(_closest(bound, everything) for bound in bounds)
    return NotFoundError(
        f"a configuration with {' and '.join(map(str, bounds))}",
        "none among the completed trials",
        f"{hint} ({closest})",
    )


def _check_counted(named: Iterable[Objective], everything: Sequence[Valued]) -> None:
    """Refuse a pick by what needs a job's workload, where none of its trials has it."""
    for row in named:
        if row.counted and not any(row.name in x.values for x in everything):
            raise NotFoundError(
                f"a job whose trials have {row.name}",
                "one of an earlier version, which recorded no workload",
                "pick by another objective",
            )


def _split(conditions: str) -> list[str]:
    """At each comma but one within a number, and each `and`."""
    parts = [""]
    for word in _COMMA.sub(" , ", conditions).split():
        if word == "," or word.lower() == "and":
            parts.append("")
        else:
            parts[-1] += f" {word}"
    return [part.strip() for part in parts]


def broken(candidate: Valued, bounds: Iterable[Bound]) -> list[Bound]:
    """The bounds that a candidate does not meet; one without the value meets none on it."""
    values = candidate.values
    return [x for x in bounds if x.name not in values or not x.holds(values[x.name])]


def _closest(bound: Bound, everything: Sequence[Valued]) -> str:
    values = [x.values[bound.name] for x in everything if bound.name in x.values]
    if not values:
        return f"{bound.name} is not measured by this job"
    extreme = min(values) if bound.sign.startswith("<") else max(values)
    return f"{bound.name} reaches {write_quantity(bound.name, extreme)}"
