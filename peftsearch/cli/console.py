"""Where commands print, and what several of them print."""

import json
import os
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from peftsearch.api import DEFAULT_STORAGE
from peftsearch.results import views
from peftsearch.results.search_result import SearchResult
from peftsearch.results.standing.baseline_words import tell_baselines
from peftsearch.results.standing.floor_words import floor_json
from peftsearch.storage.connection import as_argument
from peftsearch.workers.files.job_folder import files_root

console = Console(markup=False)
"""Results, to standard output; a bracket in a name or a text is a bracket."""
log = Console(stderr=True, markup=False)
"""Progress and notes, to standard error."""

_ANY = 10_000
"""Columns that no table needs."""


def print_json(data: Any) -> None:
    """JSON to standard output, unwrapped and uncoloured."""
    print(json.dumps(data, indent=2))


def print_whole(table: Table) -> None:
    """A table to standard output that cuts nothing: without room it is wider than the terminal."""
    least = Measurement.get(console, console.options.update(max_width=_ANY), table).minimum
    if least > console.width:
        table.width = least
    console.print(table, crop=False, no_wrap=True)


def storage_option(storage: str) -> str:
    """What a command line needs to mean this storage; without a password."""
    if storage in (DEFAULT_STORAGE, os.environ.get("PEFTSEARCH_STORAGE")):
        return ""
    return f" --storage {as_argument(storage)}"


def place_options(storage: str, root: Path) -> str:
    """The same of a command that looks for files too.

    Args:
        root: Folder of the jobs' files.
    """
    given = os.environ.get("PEFTSEARCH_FILES")
    usual = root in (files_root(storage), None if given is None else Path(given).resolve())
    return storage_option(storage) + ("" if usual else f" --files {quote(str(root))}")


def print_front(result: SearchResult, storage: str) -> None:
    """The front, and how many trials it stands on."""
    spec = result.job.spec
    console.print(views.front_table(result.members, spec, console.width, result.notes))
    print_floors(result)
    print_beside(result, storage)
    failed = any(trial.failure is not None for trial in result.trials)
    text = result.summary
    text += f"; see `peftsearch show {spec.name}{storage_option(storage)}`" if failed else ""
    style = "yellow" if failed else ""
    console.print(text, highlight=False, soft_wrap=True, style=style)


def floor_facts(result: SearchResult) -> dict[str, Any]:
    """What `print_front` prints beside the front, as plain data."""
    floors = [floor_json(floor, result.job.spec) for floor in result.floors]
    told = {"floors": floors, "warnings": result.warnings, "ending": result.ending}
    return told | {"baselines": result.beside_data}


def print_floors(result: SearchResult) -> None:
    """The floors, and whether nothing on the front beats them, or what is proposed does not."""
    for line in result.floor_lines:
        console.print(line, highlight=False, soft_wrap=True)
    for line in result.warnings:
        console.print(line, highlight=False, soft_wrap=True, style="yellow")


def print_beside(result: SearchResult, storage: str) -> None:
    """How the front stands beside its baselines, or how to have them."""
    options, name = storage_option(storage), result.job.name
    told = result.beside
    if result.circle.parent is None:
        told = tell_baselines(result.baselines, name, options)
    for line in told:
        console.print(line, highlight=False, soft_wrap=True)


def print_tested(result: SearchResult, hint: str) -> None:
    """What the test rows said of what is proposed.

    Args:
        hint: How to ask them, where nobody has of this one.
    """
    picked = result.pick(result.proposed)
    known = picked.key in result.confirmed
    for line in result.tell_tested(picked) if known else [hint]:
        console.print(line, highlight=False, soft_wrap=True)


def check_picture(path: Path | None) -> None:
    """Refuse a picture that cannot be drawn, before any work for it."""
    if path is not None:
        from peftsearch.results.pictures import picture

        picture.check_picture(path)


def draw(result: SearchResult, path: Path) -> None:
    """Write the front's picture."""
    from peftsearch.results.pictures.picture import draw_front

    members = result.members
    draw_front(members, result.trials, result.job.spec, path, result.floors)
    log.print(f"picture: {path}", highlight=False, soft_wrap=True)
