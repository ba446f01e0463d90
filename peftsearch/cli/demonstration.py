"""The demonstration: real model, real reviews, from nothing to an exported adapter."""

from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.examples import read_example
from peftsearch.jobs.jobfile import read_spec
from peftsearch.results import views
from peftsearch.results.pictures.picture import draw_front
from peftsearch.results.search_result import SearchResult, export_picked
from peftsearch.results.wording import describe
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.files.job_folder import check_folder, choose_root

from . import commands
from .console import (
    console,
    floor_facts,
    place_options,
    print_front,
    print_json,
    print_tested,
)
from .crew import Crew

MOST_MINUTES = 10_000


def write_job(folder: Path, minutes: float | None = None) -> JobSpec:
    """Write the demonstration's job file and read it back, which fetches model and data.

    Args:
        minutes: Of searching, in place of the example's.
    """
    path, text = folder / "job.toml", read_example("demo")
    if minutes is not None:
        lines = text.splitlines()
        own = (f"minutes = {minutes:g}" if x.startswith("hours = ") else x for x in lines)
        text = "\n".join([*own, ""])
    path.write_text(text, encoding="utf-8")
    return read_spec(path)


def run_demo(
    folder: Path,
    workers: int,
    storage: str | None,
    files: Path | None,
    minutes: float | None,
    as_json: bool,
    started: float,
) -> None:
    """Fetch, search, print the front, draw it, export what is proposed.

    Args:
        storage: Database; None makes one in the folder.
        files: Folder of the adapters; None means beside the database.
        minutes: Of searching, in place of the example's.

    Raises:
        UserError: There are none of them, or too many; nothing is written then.
    """
    if minutes is not None and not 0 < minutes <= MOST_MINUTES:
        expected = f"--minutes of more than 0 and at most {MOST_MINUTES:,}"
        raise UserError(expected, f"{minutes:g}", "such as --minutes 3.3")
    check_folder(folder)
    spec = write_job(folder, minutes)
    storage = storage or f"sqlite:///{(folder / 'demo.db').resolve()}"
    root = choose_root(storage, files)
    crew = Crew(storage, root, workers, "auto", as_json, started=started)
    result = commands.run_spec(spec, crew)
    picture = draw_front(
        result.members,
        result.trials,
        spec,
        folder / "front.png",
        result.floors,
    )
    exported = _export(result, folder / "adapter")
    if as_json:
        front = {"front": views.front_json(result.members, spec), "picture": str(picture)}
        print_json(front | exported | floor_facts(result))
        return
    print_front(result, storage)
    for line in (
        f"picture: {picture}",
        f"adapter: {exported['adapter']} ({exported['configuration']})",
    ):
        console.print(line, highlight=False, soft_wrap=True)
    hint = f"next:    peftsearch confirm {spec.name}{place_options(storage, result.root)}"
    print_tested(result, hint)


def _export(result: SearchResult, out: Path) -> dict[str, Any]:
    """Export what is proposed; what an earlier demonstration left in the same folder is kept."""
    number = 1
    while out.exists():
        number += 1
        out = out.with_name(f"adapter-{number}")
    picked = result.pick()
    report = export_picked(result, picked, out, "auto")
    return {
        "adapter": str(report.out),
        "form": report.form,
        "configuration": describe(picked.configuration, result.job.spec.anatomy),
    }
