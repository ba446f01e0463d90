"""The trials table: which rows pass the filters, in which order."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter
from typing import Any

from typing_extensions import TypedDict

from peftsearch.errors import UserError
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.records.trial_note import TrialNote
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, objective
from peftsearch.spaces.techniques.table import technique

from .points import Point

_Key = Callable[[Point], Any]
SORTS: Mapping[str, _Key] = {
    name: attrgetter(name)
    for name in (
        *("number", "state", "origin", "failure", "event", "ended", "seconds", "fidelity"),
        *("cost", "seed", "key", "words", "worker", "attempt"),
    )
}
"""Columns to sort by, besides the objectives."""


class TrialRow(TypedDict):
    """A trial as tables show it.

    Attributes:
        event: The job's event at its end; null while it is open.
        ended: In seconds since the epoch; null while it is open.
        seconds: From its last claim to its end.
        values: By objective.
        cost: Exact, also of a failed trial.
        words: Its configuration in words.
        name: What people call it; null for none.
        note: What they wrote on it.
    """

    number: int
    key: str
    seed: int
    origin: str
    state: TrialState
    failure: FailureKind | None
    message: str | None
    event: int | None
    ended: float | None
    seconds: float | None
    fidelity: float
    values: dict[str, float]
    cost: float
    words: str
    on_front: bool
    attempt: int
    worker: str | None
    name: str | None
    note: str | None


@dataclass(frozen=True)
class Filter:
    """What a row must have; empty and None let all pass.

    Attributes:
        front: Whether it must (not) be on the front.
        technique: Carried by some layer or in front of the input; `frozen` means none at all.
        text: Part of the words, the message, the name or the note, in any case.
        least: Smallest value, by objective; a row without the value does not pass.
        most: Largest value, by objective.
    """

    states: Collection[str] = ()
    origins: Collection[str] = ()
    failures: Collection[str] = ()
    front: bool | None = None
    technique: str | None = None
    text: str | None = None
    key: str | None = None
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check names.

        Raises:
            UserError: No such technique or objective, or a limit is no number.
        """
        if self.technique is not None:
            technique(self.technique)
        for name, value in (*self.least.items(), *self.most.items()):
            objective(name)
            if math.isnan(value):
                raise UserError(f"a number for {name}", "nan", "correct it")


def choose_rows(
    points: Iterable[Point],
    wanted: Filter,
    on_front: Collection[int],
    notes: Mapping[int, TrialNote],
) -> list[Point]:
    """The rows that pass, in their order.

    Args:
        on_front: Numbers of the trials on the front.
        notes: By the numbers of trials.
    """
    rows = list(points)
    for test in _tests(wanted, on_front, notes):
        rows = [point for point in rows if test(point)]
    return rows


def _tests(
    wanted: Filter, on_front: Collection[int], notes: Mapping[int, TrialNote]
) -> Iterable[Callable[[Point], bool]]:
    """Only those that can fail, so that ten thousand rows pass quickly."""
    for name, allowed in (
        ("state", wanted.states),
        ("origin", wanted.origins),
        ("failure", wanted.failures),
        ("key", [wanted.key] if wanted.key else ()),
    ):
        if allowed:
            yield _among(SORTS[name], frozenset(allowed))
    if wanted.front is not None:
        yield lambda x: (x.number in on_front) is wanted.front
    if wanted.technique is not None:
        yield _carries(wanted.technique)
    if wanted.text:
        yield _mentions(wanted.text.casefold(), notes)
    for name, limit in wanted.least.items():
        yield _measured(name, limit, math.inf)
    for name, limit in wanted.most.items():
        yield _measured(name, -math.inf, limit)


def _among(get: _Key, allowed: Collection[str]) -> Callable[[Point], bool]:
    return lambda x: get(x) in allowed


def _carries(name: str) -> Callable[[Point], bool]:
    row = technique(name)
    if not row.adapts and row.input is None:
        return lambda x: x.frozen
    return lambda x: name in techniques_of(x)


def techniques_of(point: Point) -> set[str]:
    """Names of all techniques that a trial's configuration carries."""
    virtual = str(point.parameters["input"]).split(" ")[0]
    return {*str(point.parameters["techniques"]).split("+"), virtual} - {"none"}


def _mentions(text: str, notes: Mapping[int, TrialNote]) -> Callable[[Point], bool]:
    said = {
        x.trial for x in notes.values() if text in f"{x.name or ''}\n{x.text or ''}".casefold()
    }
    return lambda x: (
        text in x.words.casefold() or text in (x.message or "").casefold() or x.number in said
    )


def _measured(name: str, least: float, most: float) -> Callable[[Point], bool]:
    def holds(point: Point) -> bool:
        value = point.measurements.get(name)
        return value is not None and least <= value <= most

    return holds


def sort_rows(points: Sequence[Point], column: str) -> list[Point]:
    """By a column, descending after `-`; equal rows by number, those without a value last.

    Raises:
        UserError: There is no such column.
    """
    name, falls = column.removeprefix("-"), column.startswith("-")
    get = SORTS.get(name) or (_value(name) if name in OBJECTIVES else None)
    if get is None:
        known = ", ".join([*SORTS, *OBJECTIVES])
        raise UserError(f"a column to sort by among {known}", repr(name), "`-` before it reverses")
    ordered = sorted(points, key=SORTS["number"])
    if name == "number":
        return ordered[::-1] if falls else ordered
    there = [get(x) is not None for x in ordered]
    with_value = list(compress(ordered, there))
    without = [x for x, has in zip(ordered, there, strict=True) if not has]
    return [*sorted(with_value, key=get, reverse=falls), *without]


def _value(name: str) -> _Key:
    return lambda x: x.measurements.get(name)


def table_row(point: Point, on_front: Collection[int], note: TrialNote | None = None) -> TrialRow:
    """A row as plain data."""
    return {
        "number": point.number,
        "key": point.key,
        "seed": point.seed,
        "origin": point.origin,
        "state": point.state,
        "failure": point.failure,
        "message": point.message,
        "event": point.event,
        "ended": point.ended,
        "seconds": point.seconds,
        "fidelity": point.fidelity,
        "values": dict(point.measurements),
        "cost": point.cost,
        "words": point.words,
        "on_front": point.number in on_front,
        "attempt": point.attempt,
        "worker": point.worker,
        "name": None if note is None else note.name,
        "note": None if note is None else note.text,
    }
