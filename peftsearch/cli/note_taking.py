"""The command that names trials and writes notes on them."""

from dataclasses import asdict

from rich.text import Text

from peftsearch.jobs.existing_storage import open_existing
from peftsearch.message_text import printable
from peftsearch.results.note_taking import take_note

from .console import console, print_json


def note(
    job: str, trial: str, text: str | None, name: str | None, storage: str, as_json: bool
) -> None:
    """Write what is given, and print what the trial has now."""
    with open_existing(storage) as store:
        found = take_note(store, store.find_job(job).id, trial, name, text)
    if as_json:
        print_json({"job": job} | asdict(found))
        return
    called = Text(f"“{found.name}”", style="bold") if found.name else "no name"
    head = Text.assemble(f"trial {found.trial}: ", called, "" if found.text else ", no note")
    console.print(head, soft_wrap=True)
    if found.text:
        console.print(printable(found.text), highlight=False, soft_wrap=True)
