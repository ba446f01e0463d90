"""The command that takes a configuration home: export."""

import time
from pathlib import Path

from peftsearch.jobs.existing_storage import open_existing
from peftsearch.results.calibrated_adapter import NO_WISH, Wish, tell_calibration
from peftsearch.results.calibration import FEWEST
from peftsearch.results.floor_words import tell_standing
from peftsearch.results.floors import compare
from peftsearch.results.pick import size_limit
from peftsearch.results.search_result import export_picked, load_result
from peftsearch.results.wording import describe, duration, size
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.files.job_folder import choose_root

from .console import console, print_json


def export(
    name: str,
    pick: str,
    out: Path,
    form: str,
    storage: str,
    files: Path | None,
    as_json: bool,
    wish: Wish = NO_WISH,
) -> None:
    """Write the picked adapter and check it."""
    with open_existing(storage) as store:
        result = load_result(store, store.find_job(name), choose_root(storage, files))
    summary, spec = result.pick(pick), result.job.spec
    standing = compare(summary, spec, result.preparation, result.tried)
    started = time.monotonic()
    limit = size_limit(pick, result.job.spec.task.quality)
    report = export_picked(result, summary, out, form, limit, wish)
    if as_json:
        print_json(report.to_json() | {"floor": standing and tell_standing(standing, spec)})
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
    if standing is not None:
        doubtful = "" if standing.verdict == "above" else "yellow"
        console.print(
            tell_standing(standing, spec),
            highlight=False,
            soft_wrap=True,
            style=doubtful,
        )
    for line in tell_calibration(report.calibration):
        console.print(line, highlight=False, soft_wrap=True)
    if report.calibration is None and wish != NO_WISH:
        few = f"no calibration: of fewer than {FEWEST} validation rows nothing is told"
        console.print(few, highlight=False, soft_wrap=True, style="yellow")
    for line in result.doubts(summary):
        console.print(line, highlight=False, soft_wrap=True, style="yellow")


def _companion(spec: JobSpec) -> str:
    """What makes the model's inputs, as a noun."""
    images = find_kind(spec.task.kind).form.inputs == "images"
    return f"the model's {'image processor' if images else 'tokenizer'}"
