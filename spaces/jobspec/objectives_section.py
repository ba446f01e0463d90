"""The objectives section of a job: what a front trades off, and within which bounds."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from peftsearch.errors import UserError
from peftsearch.spaces.kinds.kind_table import find_kind

from .bounds import Bound, parse_quantity
from .objectives import OBJECTIVES, SHORT_NAMES, check_known, known_names, objective
from .section import Section
from .task import TaskSpec
from .trained_measures import check_trained

AUTO = "auto"
"""In place of a quantity: the job chooses it."""
MOST = 4
"""Objectives of one front; the quality is one of them."""
_OF_ANY_KIND = ("training_seconds", "peak_memory_bytes")


def _list_costs(schema: dict[str, Any]) -> None:
    schema["enum"] = known_names()


class ObjectivesSpec(Section):
    """What the front trades off beside the quality, bounds, and what else to measure.

    Attributes:
        maximise: What is to be large beside the quality, which may be named as well.
        minimise: What is to be small: costs that are known before training, and measured ones.
        cost: The one of `minimise` that tables and charts are in the order of, a known one where
            there is any; `cost = "x"` alone is the short way of `minimise = ["x"]`.
        bounds: Such as `size <= 200 KB`, hard on what is known before training; on what is
            measured, such as `f1 >= 0.8`, no configuration of the front breaks one.
        also: What trials measure besides: of the trained model, or of installed plug-ins.
        free_below: Such as `50 KB`: the search takes what costs less for equally cheap. `auto` is
            what ships without any adapter, the head and the file's header.
        worth_up_to: What costs more is worth nothing to the search, though no bound forbids it.
        reference: A file of plain text, a passage in each line, by which forgetting is measured.
        by: Column of the data whose values are the groups of `worst_group`.
        by_rows: Validation rows that a group must have to count.
    """

    maximise: tuple[str, ...] = ()
    minimise: tuple[str, ...] = ()
    cost: str = Field("trainable_parameters", json_schema_extra=_list_costs)
    bounds: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    free_below: str = AUTO
    worth_up_to: str | None = None
    reference: str | None = None
    by: str | None = None
    by_rows: int = Field(20, ge=5, le=1_000_000)

    @model_validator(mode="before")
    @classmethod
    def _fill_cost(cls, data: Any) -> Any:
        names = data.get("minimise") if isinstance(data, Mapping) else None
        if not isinstance(names, list | tuple) or data.get("cost") is not None:
            return data
        known = [x for x in names if isinstance(x, str) and SHORT_NAMES.get(x, x) in OBJECTIVES]
        return {**data, "cost": min(known, key=_rank)} if known else data

    @field_validator("maximise", "minimise")
    @classmethod
    def _check_direction(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        upwards = info.field_name == "maximise"
        rows = [objective(name) for name in names]
        if wrong := [row for row in rows if row.maximise is not upwards]:
            word, other = ("larger", "minimise") if upwards else ("smaller", "maximise")
            expected = f"objectives of which {word} is better"
            raise UserError(expected, repr(wrong[0].name), f"name it in objectives.{other}")
        found = tuple(row.name for row in rows)
        if repeated := [x for x in found if found.count(x) > 1]:
            raise UserError("each objective once", f"{repeated[0]!r} twice", "name it once")
        return found

    @field_validator("cost")
    @classmethod
    def _check_cost(cls, cost: str, info: ValidationInfo) -> str:
        name, named = SHORT_NAMES.get(cost, cost), info.data.get("minimise")
        if named and name not in named:
            expected = f"objectives.cost among objectives.minimise, {', '.join(named)}"
            raise UserError(expected, repr(cost), "leave it out, or name it there as well")
        if named == ():
            check_known(cost, "a cost among", repr(cost), "correct objectives.cost")
        return name

    @field_validator("also")
    @classmethod
    def _check_also(cls, also: tuple[str, ...]) -> tuple[str, ...]:
        for name in also:
            objective(name)
        return also

    @field_validator("bounds")
    @classmethod
    def _check_bounds(cls, bounds: tuple[str, ...]) -> tuple[str, ...]:
        for text in bounds:
            name, got = Bound.name_in(text), repr(text)
            if SHORT_NAMES.get(name, name) not in OBJECTIVES:
                check_known(name, "a bound on one of", got, "correct it")
            upper = not objective(name).maximise
            if Bound.parse(text).sign.startswith("<") is not upper:
                side, sign = ("an upper", "<=") if upper else ("a lower", ">=")
                raise UserError(f"{side} bound on {name}", got, f"write it with {sign}")
        return bounds

    @model_validator(mode="after")
    def _check_worth(self) -> Self:
        free = 0.0 if self.free_below == AUTO else self._quantity("free_below", self.free_below)
        if self.worth_up_to is None or self._quantity("worth_up_to", self.worth_up_to) > free:
            return self
        where = "objectives.worth_up_to"
        expected = f"{where} above free_below, {self.free_below}"
        raise UserError(expected, repr(self.worth_up_to), "raise it", where)

    def _quantity(self, key: str, text: str) -> float:
        value = parse_quantity(self.cost, text)
        if value < 0:
            where = f"objectives.{key}"
            raise UserError(f"{where} of at least 0", repr(text), "correct it", where)
        return value


def check_objectives(wanted: ObjectivesSpec, task: TaskSpec, goals: Sequence[str]) -> None:
    """Refuse what a job of this task can not trade off, or does not measure.

    Args:
        goals: The quality first.

    Raises:
        UserError: There are more than four, none is to be small beside the quality, or trials of
            this kind of task do not measure one.
    """
    if wanted.cost == task.quality:
        hint = "name a cost in objectives.minimise"
        expected = f"something to be small beside the quality, {task.quality}"
        raise UserError(expected, "nothing else", hint, "objectives.minimise")
    if not objective(wanted.cost).known:
        expected = f"a known cost in objectives.minimise, one of {', '.join(known_names())}"
        got = ", ".join(wanted.minimise)
        raise UserError(expected, got, "add one", "objectives.minimise")
    if len(goals) > MOST:
        expected, got = f"2 to {MOST} objectives", f"{len(goals)}: {', '.join(goals)}"
        raise UserError(expected, got, "leave some out", "objectives")
    for where, names in (
        ("objectives", goals),
        ("objectives.bounds", [Bound.parse(text).name for text in wanted.bounds]),
    ):
        for name in names:
            _check_measured(name, task, where)
    check_trained(wanted, task, goals)


def _check_measured(name: str, task: TaskSpec, where: str) -> None:
    row, qualities = objective(name), find_kind(task.kind).qualities
    asked = row.known or row.measure is not None or row.trained
    if asked or name in (*_OF_ANY_KIND, "loss", task.quality):
        return
    if name == "exact_match" and name in qualities:
        hint = "set task.metric = 'exact_match', or leave it out"
        got = f"the metric {task.quality}"
        raise UserError("exact_match as task.metric, for it takes time", got, hint, where)
    if name not in qualities:
        of_trained = [x.name for x in OBJECTIVES.own.values() if x.trained]
        measured = ", ".join((*qualities, *_OF_ANY_KIND, *of_trained))
        expected = f"what trials of {task.kind} measure ({measured}) or a known cost"
        raise UserError(expected, repr(name), "correct it", where)


def _rank(name: str) -> tuple[bool, bool]:
    """What is exact makes the best axis; a loss may be the quality."""
    row = objective(name)
    return not row.known, row.style == "score"
