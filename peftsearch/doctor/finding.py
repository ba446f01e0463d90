"""What an examination finds."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Health(StrEnum):
    """How well a thing is: a note may be lived with, a failure keeps something from working."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One line about one thing.

    Attributes:
        subject: The thing, in one or two words.
        text: What it is like; where it is not well, what to do.
    """

    subject: str
    health: Health
    text: str

    def to_json(self) -> dict[str, str]:
        """As plain data."""
        return asdict(self)


def fine(subject: str, text: str) -> Finding:
    """All is well with it."""
    return Finding(subject, Health.OK, text)


def note(subject: str, text: str) -> Finding:
    """It may be lived with."""
    return Finding(subject, Health.NOTE, text)


def failure(subject: str, text: str) -> Finding:
    """It keeps something from working."""
    return Finding(subject, Health.FAILED, text)
