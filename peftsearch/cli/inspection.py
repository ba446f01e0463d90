"""The commands that only look at one job, or at none: show, front, techniques."""

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from peftsearch.jobs.existing_storage import open_existing
from peftsearch.message_text import LONGEST_PATH, shorten
from peftsearch.results import views
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.results.wording import duration, plural, size, tell_fruitless
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.listing import rows
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.files.job_folder import choose_root
from peftsearch.workers.processes.liveness import waits

from .console import (
    check_picture,
    console,
    draw,
    floor_facts,
    log,
    print_beside,
    print_floors,
    print_json,
    storage_option,
)
from .job_list import job_json, tell_waiting


def show(name: str, storage: str, as_json: bool) -> None:
    """A job and its trials."""
    with open_existing(storage) as store:
        job = store.find_job(name)
        result = load_result(store, job, choose_root(storage, None))
        counts = store.counts(job.id)
        confirmations = store.reports(job.id, "confirm")
    spec, trials, hours, written = job.spec, result.trials, result.hours, result.notes
    preparation, working, ending = result.preparation, result.live, result.ending
    if as_json:
        data = job_json(job, counts, {job.id: working})
        data |= {"used_hours": hours, "confirmations": confirmations}
        data |= {"base_bytes": spec.anatomy.base_bytes, "ending": ending}
        data |= {"parent": result.circle.parent, "baselines": result.beside_data}
        data |= {"preparation": None if preparation is None else preparation.to_json()}
        print_json(data | {"trials": [views.trial_json(trial, written) for trial in trials]})
        return
    taken = f"{duration(hours * 3600)} with a trial running{tell_fruitless(result.fruitless)}"
    facts = f"budget {views.budget_text(spec)}, {taken}"
    state = f": {result.state}, {facts}"
    console.print(Text.assemble((name, "bold"), state), soft_wrap=True)
    stands = tell_waiting(name, storage) if waits(job.state, working) else ending
    where = () if stands is None else (stands,)
    for line in (
        *where,
        f"model {spec.model.path}",
        *_tell_base(spec),
        f"data  {spec.task.train}",
    ):
        console.print(line, highlight=False, soft_wrap=True)
    notes = () if preparation is None else preparation.notes
    for line in (*notes, *result.floor_lines):
        console.print(line, highlight=False, soft_wrap=True)
    print_beside(result, storage)
    console.print(views.trials_table(trials, spec, console.width, written, job.state))


def _tell_base(spec: JobSpec) -> list[str]:
    """What of the model is frozen and the same for all adapters; nothing before it is counted."""
    held, anatomy = spec.anatomy.base_bytes, spec.anatomy
    if held is None:
        return []
    dtype = anatomy.counted_workload.base_dtype
    told = [
        f"base  {size(held)} of frozen weights in {dtype}, which every adapter needs, without the "
        "parts that the trained head replaces"
    ]
    if anatomy.encoder is not None and anatomy.encoder.base_bytes:
        more = size(anatomy.encoder.base_bytes)
        told.append(f"encoder {spec.model.encoder}, {more} more for what makes prompts by it")
    return told


def show_front(name: str, storage: str, picture: Path | None, as_json: bool) -> None:
    """The front as a table, JSON or picture."""
    check_picture(picture)
    with open_existing(storage) as store:
        job = store.find_job(name)
        result = load_result(store, job, choose_root(storage, None))
    if picture is not None:
        draw(result, picture)
    if as_json:
        rows = views.front_json(result.members, result.job.spec, result.notes)
        print_json(
            {"job": name, "state": result.job.state.value, "front": rows} | floor_facts(result)
        )
    else:
        spec = result.job.spec
        console.print(views.front_table(result.members, spec, console.width, result.notes))
        print_floors(result)
        stands = waits(job.state, result.live)
        if stands:
            console.print(tell_waiting(name, storage), highlight=False, soft_wrap=True)
        if not stands or result.baselines or result.circle.parent:
            print_beside(result, storage)
        for line in _tell_failures(result, storage):
            console.print(line, highlight=False, soft_wrap=True)


def _tell_failures(result: SearchResult, storage: str) -> list[str]:
    """Why a front is empty, where trials failed."""
    failed = [x for x in result.trials if x.failure]
    if result.front or not failed:
        return []
    last = shorten(failed[-1].message or str(failed[-1].failure), LONGEST_PATH)
    where = f"`peftsearch show {result.job.name}{storage_option(storage)}` lists all"
    return [f"{len(failed)} of {plural(len(result.trials), 'trial')} failed: {last}; {where}"]


def techniques(as_json: bool) -> None:
    """The table of techniques; what other packages add in vain is a line to standard error."""
    found = rows(TECHNIQUES.usable())
    for _, mistake in TECHNIQUES.mistakes():
        log.print(str(mistake), style="yellow", highlight=False, soft_wrap=True)
    if as_json:
        print_json([row.to_json() for row in found])
        return
    table = Table(box=SIMPLE_HEAD)
    head = (
        "technique",
        "trainable parameters",
        "sizes",
        "rate",
        "families",
        "merges",
        "dropout",
        "as",
        "on a server",
        "status",
    )
    for name in head:
        table.add_column(name)
    for row in found:
        sizes = f"{row.capacity_name} {_span(row.capacities)}" if row.capacities else ""
        merges = "yes" if row.merges else "no"
        table.add_row(
            row.name,
            row.formula,
            sizes,
            f"{row.rate:g}",
            row.families_text,
            merges,
            "yes" if row.dropout else "none",
            row.exports_as,
            row.on_server,
            row.status,
        )
    console.print(table)
    console.print(f"{len(found)} techniques; docs/techniques.md has their sources")


def _span(capacities: Sequence[int]) -> str:
    return f"{capacities[0]}-{capacities[-1]}"
