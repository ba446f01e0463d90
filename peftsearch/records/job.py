"""A job, and what changes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from peftsearch.errors import Conflict, UserError
from peftsearch.message_text import show
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.stored import parse_stored
from peftsearch.spaces.space.bundles import find_techniques

_UNKNOWN = "install or update the package that adds it, or peftsearch itself"
_DAMAGED = "restore the database from a backup"
"""What to do where a spec names what is not known here, and where it is none."""


class JobState(StrEnum):
    """A job is RUNNING until its budget is spent (FINISHED) or a person ends it (STOPPED)."""

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Job:
    """One search. `event` counts the changes of its results.

    Attributes:
        document: The spec as plain data, which whoever made the job could read; `spec` reads it
            when it is asked for, so that one that cannot be read here spoils no list of jobs.
        uid: 32 random hexadecimal digits, of no other job in any database; its files lie under it.
        fault: One line on what stopped it, where that was no person.
    """

    id: int
    name: str
    document: Mapping[str, Any] = field(hash=False, repr=False)
    state: JobState
    event: int
    created: float
    uid: str
    fault: str | None = None

    @cached_property
    def spec(self) -> JobSpec:
        """The spec, complete with anatomy.

        Raises:
            UserError: It cannot be read here: it names what a package adds that is not installed,
                was written by a newer peftsearch, or is damaged.
        """
        if not isinstance(self.document, Mapping):
            raise _unreadable(self.name, "a table of sections", show(self.document), _DAMAGED)
        try:
            spec = parse_stored(self.document)
            find_techniques(spec)
        except UserError as error:
            raise _unreadable(self.name, error.expected, error.got, _UNKNOWN) from error
        if spec.model.anatomy is None:
            raise _unreadable(self.name, "its model's anatomy", "none", _DAMAGED)
        return spec

    @property
    def problem(self) -> str | None:
        """One line on why the spec cannot be read here; None where it can."""
        try:
            _ = self.spec
        except UserError as error:
            return str(error)
        return None


@dataclass(frozen=True)
class Pulse:
    """All that changes of a job, without its spec: cheap enough to ask for every second."""

    id: int
    name: str
    state: JobState
    event: int
    created: float
    uid: str


def _unreadable(name: str, expected: str, got: str, hint: str) -> UserError:
    return UserError(f"a spec of job {name!r} that can be read here ({expected})", got, hint)


def name_taken(name: str) -> Conflict:
    """What to tell whoever makes a job with a name that another one has."""
    expected, hint = "a job name that this database does not have yet", "choose another name"
    return Conflict(expected, repr(name), f"{hint}, or resume that job", "name")
