"""`run --dry-run`: what a job would do, and what it would cost."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from peftsearch.errors import Conflict, StoreUnavailable, UserError
from peftsearch.live.forecast_rows import first_lines, forecast_rows, tell_later
from peftsearch.spaces.jobspec.spec import JobSpec

from .console import console, print_json
from .first_word import begin

if TYPE_CHECKING:
    from peftsearch.records.preparation import Preparation


def _foresee_lessons(spec: JobSpec, storage: str) -> "Preparation | None":
    """What the job would learn from those of its storage, which need not be there.

    Raises:
        Conflict: A job of that name has another spec.
    """
    from peftsearch.jobs.existing_storage import open_existing
    from peftsearch.jobs.life import check_same, foresee_lessons

    try:
        with open_existing(storage) as store:
            check_same(store, spec)
            return foresee_lessons(store, spec)
    except Conflict:
        raise
    except (UserError, StoreUnavailable):
        if spec.search.sources:
            raise
        return None


def dry_run(spec: JobSpec, storage: str, workers: int, as_json: bool) -> None:
    """Check a job's data and its place for adapters, and forecast its time and disk; the run after
    it is held against it."""
    begin("loading the libraries")
    from peftsearch.jobs.forecast import forecast_job
    from peftsearch.jobs.kept_forecast import keep_forecast
    from peftsearch.workers.artefacts.probing import check_shared

    check_shared(spec.artefacts)
    forecast = forecast_job(spec, workers, begin, _foresee_lessons(spec, storage))
    keep_forecast(spec, workers, forecast.seconds)
    if as_json:
        print_json(forecast.to_json())
        return
    console.print(Text.assemble((spec.name, "bold"), ": the job file and its data are fine"))
    table = Table.grid(padding=(0, 2))
    for name, text in forecast_rows(forecast, spec):
        table.add_row(name, text)
    console.print(table)
    for note in forecast.notes:
        console.print(f"note: {note}", style="yellow")
    console.print("first configurations:")
    for line in first_lines(forecast, spec):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    if later := tell_later(forecast):
        console.print(later, highlight=False)
