"""What `print` shows of a job's records."""

import io
from collections.abc import Sequence

from rich.console import Console

from peftsearch.records.estimates import Estimate
from peftsearch.records.job import Job
from peftsearch.records.trial import Trial, TrialState

from .views import budget_text, front_table
from .wording import plural

_WIDTH = 100


def tell_result(
    job: Job,
    trials: Sequence[Trial],
    members: Sequence[Estimate[Trial]],
    told: Sequence[str],
    proposed: str = "knee",
) -> str:
    """The front as a table, what else is told of it, and how to go on; plain text of at most 100
    columns, but for long lines.

    Args:
        told: Lines on floors, and warnings.
        proposed: The pick to export.
    """
    spec, text = job.spec, io.StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None, highlight=False)
    console.print(front_table(members, spec, _WIDTH))
    states = [trial.state for trial in trials]
    done, failed = states.count(TrialState.COMPLETED), states.count(TrialState.FAILED)
    for line in (
        *told,
        f"{job.state.value}: {plural(done, 'trial')} done, {failed} failed, "
        f"budget {budget_text(spec)}",
        f'next: result.pick("size <= 200 KB"), result.export("adapter/", pick="{proposed}")',
    ):
        console.print(line, markup=False, soft_wrap=True)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
