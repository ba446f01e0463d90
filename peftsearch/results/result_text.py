"""What `print` shows of a job's records."""

import io
from collections.abc import Mapping, Sequence

from rich.console import Console

from peftsearch.records.estimates import Estimate
from peftsearch.records.trial import Trial, TrialState
from peftsearch.records.trial_note import TrialNote
from peftsearch.spaces.jobspec.spec import JobSpec

from .picks.rules import ONE_SE, PROPOSED_WORDS
from .standing.floor_words import tell_standing
from .standing.floors import Standing
from .views import front_table
from .wording import describe, plural

_WIDTH = 100


def tell_result(
    spec: JobSpec,
    members: Sequence[Estimate[Trial]],
    told: Sequence[str],
    lead: str,
    proposed: str,
    notes: Mapping[int, TrialNote],
) -> str:
    """The front as a table, what else is told of it, and how to go on; plain text of at most 100
    columns, but for long lines.

    Args:
        told: Lines on floors, warnings, and where the job stands.
        lead: How the line begins that offers the pick.
        proposed: The pick to export.
        notes: By the numbers of trials.
    """
    pick = f'{lead}result.pick("size <= 200 KB"), result.export("adapter/", pick="{proposed}")'
    return "\n".join([tell_front(members, spec, notes), *told, pick])


def tell_front(
    members: Sequence[Estimate[Trial]], spec: JobSpec, notes: Mapping[int, TrialNote]
) -> str:
    """The front as a table of plain text, of at most 100 columns."""
    text = io.StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None, highlight=False, markup=False)
    console.print(front_table(members, spec, _WIDTH, notes))
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def tell_counts(trials: Sequence[Trial]) -> str:
    """How many trials ended how."""
    states = [trial.state for trial in trials]
    done, failed = states.count(TrialState.COMPLETED), states.count(TrialState.FAILED)
    return f"{plural(done, 'trial')} done, {failed} failed"


def tell_begin(
    members: Sequence[Estimate[Trial]],
    picked: Estimate[Trial],
    proposed: str,
    spec: JobSpec,
    standing: Standing | None,
) -> list[str]:
    """Which configuration to begin with, in words, and how it stands.

    Args:
        members: The front.
        picked: What the proposed pick means.
        standing: Of it, beside the best floor.
    """
    keys = [member.key for member in members]
    row = f"row {keys.index(picked.key) + 1}" if picked.key in keys else proposed
    called = f"{PROPOSED_WORDS}, {row}" if proposed == ONE_SE else row
    words = f"To begin with: {called}, {describe(picked.configuration, spec.anatomy)}."
    return [words if standing is None else f"{words} {tell_standing(standing, spec)}"]


def tell_failed(trials: Sequence[Trial]) -> list[str]:
    """Why the last trial that failed did; nothing where none has."""
    failed = [trial for trial in trials if trial.failure is not None]
    return [f"trial {x.number} failed: {x.failure} ({x.message})" for x in failed[-1:]]
