"""What the terminal shows of trials and fronts; and the same as plain data for `--json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.job import JobState
from peftsearch.records.trial import Trial
from peftsearch.records.trial_note import TrialNote
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .beliefs.expected import HEADING, expected_json, show_expected
from .comparisons.sampling_errors import standard_error
from .picks.rules import PROPOSED_BY, find_one_se, knee
from .standing.endings import tell_state
from .trial_names import names_of, with_names, with_note
from .wording import cell, count, describe, difference, duration, plural, tell_origin

_WIDE = 130
_Notes = Mapping[int, TrialNote]
_WORDS = ("state", "origin")
_SIZES = ("trainable_parameters", "adapter_bytes", "export_bytes")


def front_members(front: Sequence[FrontPoint], trials: Sequence[Trial]) -> list[Estimate[Trial]]:
    """The front's configurations with all their measurements, in the front's order."""
    known = {member.key: member for member in estimate_each(trials)}
    return [known[point.key] for point in front]


def front_table(
    members: Sequence[Estimate[Trial]], spec: JobSpec, width: int, notes: _Notes | None = None
) -> RenderableType:
    """The front as a table, cheapest first; the proposed one is marked.

    Args:
        width: Of the terminal; below `_WIDE` the configurations stand under the table, and what
            fits least of the other columns is left out.
        notes: By the numbers of trials.
    """
    marked = find_one_se(members, spec) if members else -1
    head, rows = front_cells(members, spec)
    kept, left_out = _fit(head, rows, spec, width)
    table = Table(title=f"Pareto front of {spec.name}", title_justify="left", box=SIMPLE_HEAD)
    for name in kept:  # a heading may take several lines, a value never
        longest = max((len(row[name]) for row in rows), default=0)
        table.add_column(head[name], justify="right", min_width=longest)
    words = [tell_member(x, spec, notes or {}) for x in members]
    if width >= _WIDE:
        table.add_column("configuration, layers from input to output", overflow="fold")
    for i, row in enumerate(rows):
        cells = [row[name] for name in kept] + ([words[i]] if width >= _WIDE else [])
        table.add_row(*cells, style="bold" if i == marked else "")
    below = [] if width >= _WIDE else _numbered(words, marked)
    note = f" No room here for: {', '.join(left_out)}." if left_out else ""
    return Group(table, *below, Text(caption(members, spec) + note, style="dim"))


def tell_member(member: Estimate[Trial], spec: JobSpec, notes: _Notes) -> str:
    """A configuration in words, after the names of its trials."""
    return with_names(describe(member.configuration, spec.anatomy), member.numbers, notes)


def front_cells(
    members: Sequence[Estimate[Trial]], spec: JobSpec
) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Headings by column, and what each row shows there; the number of the proposed one has a
    star."""
    marked = find_one_se(members, spec) if members else -1
    rows = [_front_row(i, member, spec, i == marked) for i, member in enumerate(members)]
    return _front_head(spec, members), rows


def _front_head(spec: JobSpec, members: Sequence[Estimate[Trial]]) -> dict[str, str]:
    """Headings by column: objectives by their names, and what else a row tells."""
    return {
        "#": "#",
        spec.task.quality: objective(spec.task.quality).heading,
        **({"expected": HEADING} if any(x.expected for x in members) else {}),
        "trainable_parameters": "parameters",
        **({"export_bytes": "size"} if _sized(members) else {"adapter_bytes": "adapter size"}),
        **{name: objective(name).scaled_heading for name in _more(spec)},
        "training_seconds": "train",
        "seeds": "seeds",
        "trials": "trials",
    }


def _fit(
    head: Mapping[str, str], rows: Sequence[Mapping[str, str]], spec: JobSpec, width: int
) -> tuple[list[str], list[str]]:
    """Columns that a terminal has room for, and headings of those that were left out.

    The number and what the front trades off always stay.
    """
    wide = {x: max(map(len, (head[x], *(row[x] for row in rows)))) + 3 for x in head}
    told = ("seeds", "training_seconds", "trials", "expected")
    spared = [*told, *reversed(_SIZES), *reversed(_more(spec))]
    return _leave_out(wide, [x for x in spared if x not in spec.goals], head, width)


def _fit_trials(
    head: Mapping[str, str], rows: Sequence[Mapping[str, str]], spec: JobSpec, width: int
) -> tuple[list[str], list[str]]:
    """As `_fit`, of a table of trials, whose states take as many lines as they have words."""
    told = {x: [head[x], *(row[x] for row in rows)] for x in head}
    parts = {x: " ".join(y).split() if x in _WORDS else y for x, y in told.items()}
    wide = {x: max(map(len, y)) + 3 for x, y in parts.items()}
    spared = ("origin", "training_seconds", "trainable_parameters")
    return _leave_out(wide, [x for x in spared if x not in spec.goals], head, width)


def _leave_out(
    wide: Mapping[str, int], spared: Sequence[str], head: Mapping[str, str], width: int
) -> tuple[list[str], list[str]]:
    """Columns that have room, and headings of others: of the spared ones, the first at first."""
    kept, left_out = list(wide), []
    for name in spared:
        if sum(wide[x] for x in kept) < width:
            break
        if name in kept:
            kept.remove(name)
            left_out.append(head[name])
    return kept, left_out


def _numbered(words: Sequence[str], marked: int) -> list[RenderableType]:
    title = Text("Configurations, layers from input to output", style="italic")
    rows = [
        Text(
            f"{'*' * (i == marked)}{i + 1}".rjust(4) + f"  {text}",
            style="bold" if i == marked else "",
        )
        for i, text in enumerate(words)
    ]
    return [title, *rows, Text()]


def _front_row(index: int, member: Estimate[Trial], spec: JobSpec, marked: bool) -> dict[str, str]:
    values = member.values
    told = (spec.task.quality, *_SIZES, *_more(spec))
    seconds = values.get("training_seconds")
    return {
        "#": f"{'*' if marked else ''}{index + 1}",
        "expected": show_expected(told[0], member.expected) if member.expected else "",
        **{name: cell(name, values[name]) if name in values else "" for name in told},
        "training_seconds": "" if seconds is None else duration(seconds),
        "seeds": f"{len(member.trials)}",
        "trials": ",".join(str(trial.number) for trial in member.trials),
    }


def _more(spec: JobSpec) -> tuple[str, ...]:
    """Objectives with a column of their own: what the front trades off or is bounded by and is not
    always there, and what the job measures beside."""
    limited = (bound.name for bound in spec.limits)
    named = (*spec.goals, *limited, *spec.objectives.also)
    always = ("trainable_parameters", "export_bytes", "training_seconds", spec.task.quality)
    return tuple(name for name in dict.fromkeys(named) if name not in always)


def _sized(members: Sequence[Estimate[Trial]]) -> bool:
    """Whether the size of files is known, which earlier versions did not tell."""
    return all("export_bytes" in member.values for member in members)


def caption(members: Sequence[Estimate[Trial]], spec: JobSpec) -> str:
    """What a reader of the front's table should know of it."""
    if not members:
        limits = f" has {' and '.join(map(str, spec.limits))}" if spec.limits else " is there"
        return f"No completed trial{limits}."
    note = f"* marks {PROPOSED_BY}."
    if len(spec.goals) > 2:
        note += f" Each is unbeaten in {tell_goals(spec.goals)} together."
    if find_kind(spec.task.kind).form.fresh_head:
        without = "parameters" if _sized(members) else "parameters and size"
        note += f" {_head(members)} is excluded from {without}."
    goal = objective(spec.task.quality)
    best = max(members, key=lambda x: goal.signed(x.values[goal.name]))
    error = standard_error(best, spec)
    if error is not None:
        note += (
            " One standard error of the validation split is about "
            f"{difference(goal.name, error, best.values[goal.name])} for the best;"
            " `peftsearch confirm` measures on the test split."
        )
    if any(x.expected for x in members):
        note += (
            f" {HEADING.capitalize()} is what further trainings are expected to show, with a 95 %"
            " interval: the best of many is partly luck."
        )
    return note


def tell_goals(goals: Sequence[str]) -> str:
    """What a front trades off, in words: `accuracy, file size and training time`."""
    labels = [objective(name).label for name in goals]
    return f"{', '.join(labels[:-1])} and {labels[-1]}"


def _head(members: Sequence[Estimate[Trial]]) -> str:
    known = [x.trials[0].provenance.get("head_parameters") for x in members]
    return f"The head ({known[0]:,} parameters)" if known and known[0] else "The head"


def front_json(
    members: Sequence[Estimate[Trial]], spec: JobSpec, notes: _Notes | None = None
) -> list[dict[str, Any]]:
    """The front as plain data."""
    bend, proposed = (rule(members, spec) if members else -1 for rule in (knee, find_one_se))
    return [
        {
            "row": i + 1,
            "key": member.key,
            "knee": i == bend,
            "proposed": i == proposed,
            "values": dict(member.values),
            "standard_error": standard_error(member, spec),
            "expected": expected_json(member.expected),
            "seeds": len(member.trials),
            "trials": [trial.number for trial in member.trials],
            "names": names_of(member.numbers, notes or {}),
            "description": describe(member.configuration, spec.anatomy),
            "configuration": member.configuration.to_json(),
        }
        for i, member in enumerate(members)
    ]


def budget_text(spec: JobSpec) -> str:
    """The budget in words."""
    parts = []
    if spec.budget.trials is not None:
        parts.append(plural(spec.budget.trials, "trial"))
    if spec.budget.hours is not None:
        parts.append(duration(spec.budget.hours * 3600))
    if spec.budget.stop_when is not None:
        parts.append(spec.budget.stop_when)
    return " or ".join(parts)


def trials_table(
    trials: Sequence[Trial],
    spec: JobSpec,
    width: int,
    notes: _Notes | None = None,
    job: JobState = JobState.RUNNING,
) -> RenderableType:
    """All trials of a job, in order; with messages of failed ones, names and notes.

    Args:
        job: The job's state.
    """
    head = _trial_head(spec)
    rows = [_trial_row(trial, spec, job) for trial in trials]
    kept, left_out = (list(head), []) if width >= _WIDE else _fit_trials(head, rows, spec, width)
    table = Table(box=SIMPLE_HEAD)
    for name in kept:  # words may take several lines, a value never
        longest = 0 if name in _WORDS else max((len(row[name]) for row in rows), default=0)
        justify: JustifyMethod = "left" if name in _WORDS else "right"
        table.add_column(head[name], justify=justify, min_width=longest)
    words = [
        with_note(x.message or describe(x.configuration, spec.anatomy), x.number, notes or {})
        for x in trials
    ]
    if width >= _WIDE:
        table.add_column("configuration, layers from input to output", overflow="fold")
    for row, text in zip(rows, words, strict=True):
        table.add_row(*(row[name] for name in kept), *([text] if width >= _WIDE else []))
    if width >= _WIDE:
        return table
    below = [Text(f"{x.number:>5}  {y}") for x, y in zip(trials, words, strict=True)]
    note = f"No room here for: {', '.join(left_out)}."
    return Group(table, *below, *([Text(note, style="dim")] if left_out else []))


def _trial_head(spec: JobSpec) -> dict[str, str]:
    return {
        "trial": "trial",
        "state": "state",
        "origin": "origin",
        spec.task.quality: spec.task.quality,
        "trainable_parameters": "parameters",
        **{name: objective(name).scaled_heading for name in _beside(spec)},
        "training_seconds": "train",
    }


def _trial_row(trial: Trial, spec: JobSpec, job: JobState) -> dict[str, str]:
    values = trial.measurements
    quality = values.get(spec.task.quality)
    return {
        "trial": str(trial.number),
        "state": tell_state(trial, job),
        "origin": tell_origin(trial.origin, spec.search.sampler),
        spec.task.quality: "" if quality is None else cell(spec.task.quality, quality),
        "trainable_parameters": count(values.get("trainable_parameters", 0)),
        **{name: cell(name, values[name]) if name in values else "" for name in _beside(spec)},
        "training_seconds": duration(values["training_seconds"])
        if "training_seconds" in values
        else "",
    }


def _beside(spec: JobSpec) -> list[str]:
    """What the front trades off and a table of trials has no column for anyway."""
    always = (spec.task.quality, "trainable_parameters", "training_seconds")
    return [name for name in spec.goals if name not in always]


def trial_json(trial: Trial, notes: _Notes | None = None) -> dict[str, Any]:
    """A trial as plain data."""
    note = (notes or {}).get(trial.number)
    return {
        "number": trial.number,
        "name": note and note.name,
        "note": note and note.text,
        "key": trial.key,
        "seed": trial.seed,
        "origin": trial.origin,
        "state": trial.state.value,
        "attempt": trial.attempt,
        "worker": trial.worker,
        "measurements": dict(trial.measurements),
        "failure": trial.failure.value if trial.failure else None,
        "message": trial.message,
        "adapter": trial.adapter,
        "provenance": dict(trial.provenance),
        "configuration": trial.configuration.to_json(),
    }
