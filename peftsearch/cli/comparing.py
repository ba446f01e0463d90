"""The command that compares two jobs."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from peftsearch.errors import UserError
from peftsearch.insight.job_comparison import (
    ComparedJob,
    ComparedPoint,
    JobComparison,
    compare_jobs,
)
from peftsearch.insight.job_sides import Side
from peftsearch.insight.points import point_of
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.message_text import plural
from peftsearch.records.trial import TrialState
from peftsearch.results.wording import amount, difference, duration, name_trials
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import count_all_live

from .console import console, print_json


def compare(left: str, right: str, cost: str | None, storage: str, as_json: bool) -> None:
    """Print two jobs side by side."""
    if left == right:
        raise UserError("two jobs", f"{left!r} twice", "name another one")
    with open_existing(storage) as store:
        found = compare_jobs(_read(store, left), _read(store, right), cost)
    if as_json:
        print_json(found)
        return
    console.print(_facts_table(found))
    for text, style in _tell(found):
        console.print(Text(text, style=style), soft_wrap=True)
    console.print(_settings_table(found))


def _read(store: Store, name: str) -> Side:
    job = store.find_job(name)
    spec = job.spec
    trials, preparation, hours, workers = store.at_once(
        lambda: (
            store.trials(job.id),
            store.preparation(job.id),
            store.used_hours(job.id),
            store.workers(job.id),
        )
    )
    live = count_all_live(workers)
    ended = sorted((x for x in trials if x.event is not None), key=lambda x: x.event or 0)
    told = (x.provenance for x in ended if x.state is TrialState.COMPLETED)
    points = [point_of(x, spec) for x in ended]
    return Side(job, points, preparation, hours, next(told, {}), live)


def _facts_table(found: JobComparison) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", *(x["name"] for x in found["jobs"])):
        table.add_column(Text(name))
    for name, values in _facts(found):
        table.add_row(name, *map(Text, values))
    return table


def _facts(found: JobComparison) -> list[tuple[str, list[str]]]:
    jobs, cost = found["jobs"], found["cost"]
    rows = [
        ("state", [x["state"] for x in jobs]),
        ("trials", [_tell_trials(x) for x in jobs]),
        ("time with a trial running", [duration(3600 * x["hours"]) for x in jobs]),
        ("best", [_tell_point(x["best"], x["quality"]) for x in jobs]),
        (f"its {objective(cost).label}", [_tell_cost(x["best"], cost) for x in jobs]),
        ("best floor", [_tell_floor(x) for x in jobs]),
        (f"on the front by {objective(cost).label}", [str(len(x["front"])) for x in jobs]),
    ]
    if found["box"] is not None:
        rows.append(("hypervolume", [x["hypervolume_words"] for x in jobs]))
    level = found["level"]
    if level is not None:
        there = f"to {amount(jobs[0]['quality'], level)}"
        rows.append((there, [_tell_reach(x) for x in jobs]))
    return rows


def _tell_trials(job: ComparedJob) -> str:
    return f"{job['completed']} completed, {job['failed']} failed"


def _tell_point(point: ComparedPoint | None, quality: str) -> str:
    if point is None:
        return "none on the front"
    error, value = point["standard_error"], point["quality"]
    spread = "" if error is None else f" ± {difference(quality, error, value)}"
    mean = "mean of " * (len(point["trials"]) > 1)
    return f"{amount(quality, value)}{spread}, {mean}{name_trials(point['trials'])}"


def _tell_cost(point: ComparedPoint | None, cost: str) -> str:
    value = None if point is None else point["cost"]
    return "" if value is None else amount(cost, value)


def _tell_floor(job: ComparedJob) -> str:
    floor = next(iter(job["floors"]), None)
    return (
        "none" if floor is None else f"{amount(job['quality'], floor['value'])}, {floor['short']}"
    )


def _tell_reach(job: ComparedJob) -> str:
    found = job["reached"]
    if found is None:
        return ""
    taken = plural(found["trials"], "trial")
    return f"{taken}, {duration(found['trial_seconds'])} of trials"


def _tell(found: JobComparison) -> list[tuple[str, str]]:
    """The verdict, what to bear in mind, and what the hypervolume's box is."""
    notes = [x["words"] for x in found["obstacles"] if x["weight"] == "note"]
    box = found["box"]
    return [
        (found["verdict"], "bold" if found["winner"] else "yellow"),
        *((f"{x[:1].upper()}{x[1:]}.", "yellow") for x in notes),
        *([] if box is None else [(f"Hypervolume is a share of one box: {box['words']}.", "dim")]),
    ]


def _settings_table(found: JobComparison) -> Table | str:
    differences = found["differences"]
    if not differences:
        return "Their job files say the same."
    table = Table(
        box=SIMPLE_HEAD, pad_edge=False, title="Settings that differ", title_justify="left"
    )
    for name in ("setting", *_names(found["jobs"])):
        table.add_column(Text(name), overflow="fold")
    for row in differences:
        table.add_row(row["setting"], *(Text("none" if x is None else x) for x in row["values"]))
    return table


def _names(jobs: Sequence[ComparedJob]) -> list[str]:
    return [x["name"] for x in jobs]
