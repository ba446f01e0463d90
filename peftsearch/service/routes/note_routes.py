"""Routes: what people call trials and write on them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from typing_extensions import TypedDict

from peftsearch.records.trial_note import LONGEST_NAME, LONGEST_TEXT, TrialNote
from peftsearch.results.note_taking import take_note
from peftsearch.service.context import InService
from peftsearch.service.problems import problems

from .job_actions import Body
from .path_parameters import JobName, Number

router = APIRouter(tags=["trials"])
_ROOM = 2
"""Blanks at the ends count in what is sent, and not in what is kept."""


class NoteLine(TypedDict):
    """What a trial is called and what is said of it; null for none.

    Attributes:
        changed: In seconds since the epoch; 0 of a trial that has neither.
    """

    trial: int
    name: str | None
    text: str | None
    changed: float


class NoteList(TypedDict):
    """All of a job, by the numbers of their trials."""

    notes: list[NoteLine]


class NoteBody(Body):
    """What to change; what is left out or null stays, and an empty text takes away."""

    name: Annotated[str | None, Field(max_length=_ROOM * LONGEST_NAME)] = None
    text: Annotated[str | None, Field(max_length=_ROOM * LONGEST_TEXT)] = None


@router.get("/jobs/{job}/notes", responses=problems(404))
def list_notes(service: InService, job: JobName) -> NoteList:
    """The names and notes of a job's trials; they change without an event."""
    with service.stores.borrow() as store:
        found = store.trial_notes(store.pulse(job).id)
    return {"notes": [_line(x) for x in found]}


@router.post("/jobs/{job}/trials/{number}/note", responses=problems(400, 404, 409, 413, 415))
def write_note(service: InService, job: JobName, number: Number, body: NoteBody) -> NoteLine:
    """Name a trial, or write a note on it. The name may be picked, and exported, by."""
    with service.stores.borrow() as store:
        return _line(take_note(store, store.pulse(job).id, number, body.name, body.text))


def _line(note: TrialNote) -> NoteLine:
    return {"trial": note.trial, "name": note.name, "text": note.text, "changed": note.changed}
