"""A job beside another: what it trained to say what the other's front is worth."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from peftsearch.errors import UserError
from peftsearch.message_text import show

COMPANION, COMPANION_OF = "companion", "companion-of"
"""Kinds of the two reports that tie jobs together: the first beside the job that was searched, one
for each of its companions, the second beside a companion, with the name and the uid of the job
that it belongs to. Names of jobs say nothing."""

SHARED = "shared_with"
"""Entry of the provenance of a training that another job made: its name and the trial's number."""

Purpose = Literal["baselines", "ablation"]
Role = Literal["sweep", "full", "place", "whole", "ablation"]
"""What a training is for: a rank of the sweep, full fine-tuning, the chosen modules at another
place, the chosen configuration as it is, and without a part."""


@dataclass(frozen=True)
class Part:
    """One configuration of a companion.

    Attributes:
        name: Of the baseline, for people; those of one role and name differ in their learning rate
            alone, and the best of them by validation stands for it.
    """

    key: str
    role: Role
    name: str


@dataclass(frozen=True)
class Companion:
    """A job beside another.

    Attributes:
        uid: Of the companion.
        picked: Key of the configuration that its parts were made for.
        seeds: Trainings of each part.
        left_out: Why some baselines are none of it, a line for each.
    """

    uid: str
    name: str
    purpose: Purpose
    picked: str
    parts: tuple[Part, ...]
    seeds: int = 1
    left_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads."""
        return {**asdict(self), "parts": [asdict(x) for x in self.parts]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Companion":
        """What `to_json` wrote.

        Raises:
            UserError: It holds what only a newer peftsearch can mean.
        """
        try:
            parts = tuple(Part(**x) for x in document["parts"])
            left_out = tuple(document["left_out"])
            return cls(**{**document, "parts": parts, "left_out": left_out})
        except (KeyError, TypeError) as error:
            hint = "update peftsearch, or restore the database from a backup"
            raise UserError("a companion that can be read here", show(document), hint) from error
