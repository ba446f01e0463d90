"""What a job finds out before its first trial: floors without adapters, and its trials' head.

It is computed once, from training and validation rows alone, and never changes afterwards: every
trial of the job starts from the same head, and is measured against the same floors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.spaces.jobspec.objectives import objective

Pooling = Literal["first", "mean", "last", "model"]
"""What the head reads: the first token, the mean of all, the last, or the checkpoint's pooler."""
Start = Literal["probe", "random"]
"""Where the head's training starts: at the fitted probe, or at random weights."""

BASE = "base"
"""Name of the floor that is a language model as it is."""

EVENED = "evened"
"""In the details of a floor: that it was fitted to classes that weigh alike, where the training
does not, and by what its penalty was chosen."""


@dataclass(frozen=True)
class Floor:
    """A baseline without adapters, fitted on training rows alone and scored on validation.

    Attributes:
        name: `features` (logistic or ridge regression on frozen features), `tfidf`, `base` (a
            language model as it is), `few_shot`, or another: unique among the floors of a job.
        label: For people, as a noun within a sentence.
        measurements: Value by objective, the job's quality among them.
        standard_error: Sampling error of the job's quality on the validation rows; None where
            unknown.
        details: What it takes to make the same model again, as plain data; empty where nothing
            was chosen.
    """

    name: str
    label: str
    measurements: Mapping[str, float] = field(hash=False)
    standard_error: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class HeadChoice:
    """What the heads of all trials of a job have in common."""

    pooling: Pooling
    start: Start

    def __post_init__(self) -> None:
        _check_choice("pooling", self.pooling, get_args(Pooling))
        _check_choice("start", self.start, get_args(Start))


@dataclass(frozen=True)
class Lesson:
    """What an earlier job of the database found, as it was when this one was prepared.

    Attributes:
        job: Its name.
        configurations: Of its front, by shares of the depth (`configurations.written`), the one
            that raises its hypervolume most first.
    """

    job: str
    configurations: tuple[Mapping[str, Any], ...] = field(hash=False)


@dataclass(frozen=True)
class Preparation:
    """What a job knows before its first trial.

    Attributes:
        floors: In the order in which they were measured; empty where the task has none.
        head: None where the task has no head, or the checkpoint's own is trained.
        notes: One line each, for people: what was decided, and why.
        lessons: Of earlier jobs, the nearest first.
        made_of: The rows and the files of models that it was made of, as provenances name and
            tell them; empty where that was not kept.
    """

    floors: tuple[Floor, ...] = ()
    head: HeadChoice | None = None
    notes: tuple[str, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    made_of: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def best(self, name: str) -> Floor | None:
        """The floor of the best value of an objective, of equals the first; None without any."""
        goal = objective(name)
        known = [floor for floor in self.floors if name in floor.measurements]
        return max(known, key=lambda x: goal.signed(x.measurements[name]), default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads."""
        return {
            "floors": [_plain(floor) for floor in self.floors],
            "head": None if self.head is None else _plain(self.head),
            "notes": list(self.notes),
            **({"lessons": [_plain(x) for x in self.lessons]} if self.lessons else {}),
            **({"made_of": dict(self.made_of)} if self.made_of else {}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Preparation":
        """What `to_json` wrote.

        Raises:
            UserError: It holds what only a newer peftsearch can mean.
        """
        try:
            head = document["head"]
            return cls(
                tuple(Floor(**floor) for floor in document["floors"]),
                None if head is None else HeadChoice(**head),
                tuple(document["notes"]),
                tuple(_read_lesson(x) for x in document.get("lessons", ())),
                dict(document.get("made_of", {})),
            )
        except (KeyError, TypeError) as error:
            hint = "update peftsearch, or restore the database from a backup"
            raise UserError("a preparation that can be read here", show(document), hint) from error


def _read_lesson(document: Mapping[str, Any]) -> Lesson:
    return Lesson(document["job"], tuple(document["configurations"]))


def _plain(record: Floor | HeadChoice | Lesson) -> dict[str, Any]:
    found = {x.name: getattr(record, x.name) for x in fields(record)}
    if not found.get("details", True):
        del found["details"]  # so that earlier versions, which know none, read the rest
    return {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in found.items()
    }


def _check_choice(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UserError(f"{name} among {', '.join(known)}", repr(value), "update peftsearch")
