"""The command that takes a configuration home: export."""

import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.moved_model import find_job
from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial
from peftsearch.results.calibrations.calibrated_adapter import tell_calibration
from peftsearch.results.calibrations.calibration import FEWEST
from peftsearch.results.calibrations.wishes import NO_WISH, Wish
from peftsearch.results.exports.export_report import ExportReport
from peftsearch.results.exports.public_names import find_places
from peftsearch.results.picks.pick import size_limit
from peftsearch.results.search_result import SearchResult, export_picked, load_result
from peftsearch.results.standing.floor_words import tell_standing
from peftsearch.results.wording import describe, duration, size
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.files.job_folder import choose_root

from .console import console, place_options, print_json
from .sending import Sending

if TYPE_CHECKING:
    from peftsearch.results.exports.pushing import Target


def export(
    name: str,
    pick: str,
    out: Path | None,
    form: str,
    sending: Sending,
    storage: str,
    files: Path | None,
    as_json: bool,
    started: float,
    wish: Wish = NO_WISH,
    model: str | None = None,
) -> None:
    """Write the picked adapter, check it, and send it where that is asked for.

    Args:
        started: When the command began, on the clock that `time.monotonic` reads.
        model: Where the job's model is by now; None leaves it.
    """
    target = sending.find_target()
    with tempfile.TemporaryDirectory(prefix="peftsearch-export-") as made:
        folder = Path(made) / "export" if out is None else out
        _export(name, pick, folder, form, target, storage, files, as_json, started, wish, model)


def _export(
    name: str,
    pick: str,
    out: Path,
    form: str,
    target: "Target | None",
    storage: str,
    files: Path | None,
    as_json: bool,
    started: float,
    wish: Wish,
    model: str | None,
) -> None:
    with open_existing(storage) as store:
        job = find_job(store, name, model)
        result = load_result(store, job, choose_root(storage, files))
    summary, spec = result.pick(pick), result.job.spec
    standing = result.standing_of(summary)
    limit = size_limit(pick, result.job.spec.task.quality)
    report = export_picked(result, summary, out, form, limit, wish)
    url = None if target is None else _push(target, result, summary, report)
    if as_json:
        told: dict[str, object] = {"floor": standing and tell_standing(standing, spec)}
        told |= {"tested": result.tell_tested(summary)}
        told |= {"calibration_words": _tell_calibration(result, summary, report, wish)}
        print_json(report.to_json() | told | ({} if url is None else {"pushed": url}))
        return
    console.print(f"exported {describe(summary.configuration, spec.anatomy)}", highlight=False)
    console.print(
        f"as {report.form} to {report.out} in {duration(time.monotonic() - started)}: weights of "
        f"{size(report.size or 0)}, and beside them {_companion(spec)}; reloaded, "
        f"{report.rows} predictions equal (largest difference {report.difference:.1e})",
        highlight=False,
        soft_wrap=True,
    )
    for bound in spec.bounds:
        if bound.name == "export_bytes" and not bound.holds(report.size or 0):
            line = (
                f"as {report.form} it is beyond the job's bound {bound}, which counts --form auto"
            )
            console.print(line, highlight=False, soft_wrap=True, style="yellow")
    for line in result.tell_tested(summary) or [_tell_unconfirmed(result, summary, storage)]:
        console.print(line, highlight=False, soft_wrap=True)
    if standing is not None:
        doubtful = "" if standing.verdict == "above" else "yellow"
        console.print(
            f"by the validation rows, {tell_standing(standing, spec)}",
            highlight=False,
            soft_wrap=True,
            style=doubtful,
        )
    for line in _tell_calibration(result, summary, report, wish):
        style = "yellow" if report.calibration is None else ""
        console.print(line, highlight=False, soft_wrap=True, style=style)
    for line in result.doubts(summary):
        console.print(line, highlight=False, soft_wrap=True, style="yellow")
    if url is not None:
        console.print(f"pushed to {url}", highlight=False, soft_wrap=True)


def _tell_unconfirmed(result: SearchResult, picked: Estimate[Trial], storage: str) -> str:
    name, number = result.job.name, picked.first.number
    command = (
        f"peftsearch confirm {name} --pick 'trial {number}'{place_options(storage, result.root)}"
    )
    return f"no test row was read for it yet: `{command}` does"


def _tell_calibration(
    result: SearchResult, picked: Estimate[Trial], report: ExportReport, wish: Wish
) -> list[str]:
    """Sentences on probabilities, those on the test rows last, or why there are none though they
    were wished."""
    tested = result.tested.get(picked.best(result.job.spec.task.quality).number, ())
    if report.calibration is None and wish != NO_WISH:
        return [f"no calibration: of fewer than {FEWEST} validation rows nothing is told"]
    return [*tell_calibration(report.calibration, bool(tested)), *tested]


def _push(
    target: "Target", result: SearchResult, picked: Estimate[Trial], report: ExportReport
) -> str:
    spec = result.job.spec
    number = picked.best(spec.task.quality).number
    message = (
        f"{spec.name}: trial {number} as {report.form}, by peftsearch {version('peftsearch')}"
    )
    return target.push(report.out, find_places(spec, result.root), message)


def _companion(spec: JobSpec) -> str:
    """What makes the model's inputs, as a noun."""
    images = find_kind(spec.task.kind).form.inputs == "images"
    return f"the model's {'image processor' if images else 'tokenizer'}"
