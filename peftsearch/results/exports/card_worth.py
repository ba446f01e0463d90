"""What an adapter is worth, as its card says it: measured, tested, beside the floor."""

from collections.abc import Sequence
from textwrap import wrap

from peftsearch.records.estimates import Estimate
from peftsearch.records.expectation import Expectation
from peftsearch.records.trial import MEASURES, Trial
from peftsearch.results.beliefs.expected import tell_expected
from peftsearch.results.calibrations.calibrated_adapter import tell_calibration
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.results.confirmations.tested_reports import OnTest, tell_tested
from peftsearch.results.standing.floor_words import tell_verdict
from peftsearch.results.standing.floors import Standing
from peftsearch.results.wording import count, difference, plural, score, tell_mean, told_once
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.batches.encoding import tell_cut
from peftsearch.workers.data.label_folding import name_class

from .card_lines import WIDTH, wrap_text
from .export_report import ExportReport

_TESTED = "\n## On the test rows"
_OTHERS = "Those trainings were made for `peftsearch confirm`; the adapter here is another one."
_CONFIRMED = "the test rows above had no part in that."
_UNCONFIRMED = "`peftsearch confirm` measures on the test split."


def _of_class(spec: JobSpec, labels: Sequence[str]) -> str:
    """The class that the quality is of; empty where it is of all."""
    named, second = spec.task.positive, labels[1] if len(labels) == 2 else ""
    named = name_class(named, labels) if named else second
    return f" of the class {named!r}" if objective(spec.task.quality).of_class and named else ""


def tell_quality(
    trial: Trial,
    spec: JobSpec,
    labels: Sequence[str],
    held: str,
    expected: Expectation | None,
    trained: Estimate[Trial],
    confirmed: bool = False,
) -> str:
    """A paragraph on the number that the search optimised, and on the rows that it is of."""
    name, rows = spec.task.quality, trial.validation_rows
    value = trial.measurements[name]
    error = sampling_error(spec, trial.measurements, rows, trial.quality_error)
    spread = "" if error is None else f" ± {difference(name, error, value)}, one standard error,"
    of = "the validation rows" if rows is None else f"{plural(rows, 'validation row')} ({held})"
    text = (
        f"Quality is {name}{_of_class(spec, labels)} {score(value)}{spread} of {of}, which the "
        f"search optimised, so that they flatter it; {_CONFIRMED if confirmed else _UNCONFIRMED}"
    )
    if len(trained.trials) > 1:
        mean = score(trained.values[name])
        lucky = trained.best(name).number == trial.number and score(value) != mean
        which, luck = ("the best", ", and partly luck") if lucky else ("one", "")
        text += (
            f" That is {which} of {len(trained.trials)} trainings of this configuration (trials "
            f"{', '.join(map(str, trained.numbers))}){luck}: their mean is {mean}."
        )
    if expected is not None:
        text += f" {tell_expected(name, expected)}"
    return "\n".join(
        [*wrap_text(text), *(line for cut in _cuts(trial, spec) for line in wrap_text(cut))]
    )


def _cuts(trial: Trial, spec: JobSpec) -> list[str]:
    """Sentences on the rows that were cut in training; of several trainings those of the first."""
    known, cut = trial.provenance, trial.provenance.get("cut_rows", {})
    validation = () if known.get("folds") else (("validation", "validation"),)
    named = [
        (cut.get(x, 0), known.get(f"{x}_rows"), y) for x, y in (("train", "training"), *validation)
    ]
    return [f"{tell_cut(spec.task, name, n, rows)}." for n, rows, name in named if n and rows]


def tell_tested_rows(confirmed: OnTest | None, calibrated: Sequence[str], spec: JobSpec) -> str:
    """A section on what `peftsearch confirm` found on the test rows; nothing where it has not."""
    told = [] if confirmed is None else [*tell_tested(confirmed, spec), _OTHERS]
    adapter = f"`peftsearch confirm`: {'; '.join(calibrated)}." if calibrated else ""
    paragraphs = [" ".join(told), adapter]
    lines = [x for text in paragraphs if text for x in ["", *wrap_text(text)]]
    return "\n".join([_TESTED, *lines, ""]) if lines else ""


def tell_probabilities(report: ExportReport, tested: bool) -> str:
    """A paragraph on what its probabilities are worth, on validation rows; nothing where that is
    not known."""
    lines = [x for text in tell_calibration(report.calibration, tested) for x in wrap_text(text)]
    return "".join(f"\n{x}" for x in ["", *lines, ""]) if lines else ""


def tell_floor(standing: Standing, spec: JobSpec) -> str:
    """A paragraph that tells both numbers, whichever is better."""
    name, floor = spec.task.quality, standing.floor.label
    both = (
        f"The best baseline without adapters, {floor}: {name} {score(standing.value)}; "
        f"this configuration: {score(standing.quality)}{tell_mean(standing.trials)}."
    )
    told = f"{both} {tell_verdict(standing, spec)} All of that is by the validation rows."
    return "\n" + "\n".join(wrap(told, WIDTH)) + "\n"


def tell_folds(trial: Trial, spec: JobSpec) -> str:
    """A paragraph on which of several trainings the adapter is of."""
    folds = trial.provenance.get("folds")
    if not folds:
        return ""
    name = spec.task.quality
    text = (
        f"The values are means over {len(folds)} folds of a cross-validation. The adapter is that "
        f"of the first, which was trained without its {folds[0]['validation_rows']} rows and has "
        f"{name} {score(folds[0][name])} on them."
    )
    return "\n" + "\n".join(wrap(text, WIDTH)) + "\n"


def list_measurements(trial: Trial, by_function: bool) -> str:
    """Without what is counted by the job's own schedule, which a function may not keep to."""
    rows = []
    for name, value in told_once(trial.measurements).items():
        row = OBJECTIVES[name] if name in OBJECTIVES else None
        if by_function and row is not None and row.counted:
            continue
        shown = score(value) if row is not None and row.style == "score" else count(value)
        error = trial.provenance.get(MEASURES, {}).get(name, {}).get("error")
        shown += f" ± {difference(name, error, value)}" if error and row is not None else ""
        rows.append(f"| {name} | {shown} {row.unit if row else ''}".rstrip() + " |")
    return "\n".join(rows)
