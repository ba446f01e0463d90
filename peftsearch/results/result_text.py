"""What `print` shows of a job's records."""

import io
from collections.abc import Sequence

from rich.console import Console

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.jobspec.spec import JobSpec

from .views import front_table
from .wording import plural

_WIDTH = 100


def tell_result(
    spec: JobSpec,
    members: Sequence[Estimate[Trial]],
    told: Sequence[str],
    lead: str,
    proposed: str,
) -> str:
    """The front as a table, what else is told of it, and how to go on; plain text of at most 100
    columns, but for long lines.

    Args:
        told: Lines on floors, warnings, and where the job stands.
        lead: How the line begins that offers the pick.
        proposed: The pick to export.
    """
    text = io.StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None, highlight=False, markup=False)
    console.print(front_table(members, spec, _WIDTH))
    for line in (
        *told,
        f'{lead}result.pick("size <= 200 KB"), result.export("adapter/", pick="{proposed}")',
    ):
        console.print(line, soft_wrap=True)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def tell_counts(trials: Sequence[Trial]) -> str:
    """How many trials ended how."""
    states = [trial.state for trial in trials]
    done, failed = states.count(TrialState.COMPLETED), states.count(TrialState.FAILED)
    return f"{plural(done, 'trial')} done, {failed} failed"
