"""What lies beside an exported adapter: a card for people, and the job that makes it again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import Any

from peftsearch.records.estimates import Estimate
from peftsearch.records.expectation import Expectation
from peftsearch.records.trial import ENCODER, MEASURES, Trial
from peftsearch.results.beliefs.expected import tell_expected
from peftsearch.results.calibrations.calibrated_adapter import tell_calibration
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.results.confirmations.tested_reports import OnTest, tell_tested
from peftsearch.results.standing.floor_words import tell_verdict
from peftsearch.results.standing.floors import Standing
from peftsearch.results.wording import count, describe, difference, plural, score, tell_mean
from peftsearch.results.wording import size as tell_size
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.jobtext import write_text
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.batches.encoding import tell_cut
from peftsearch.workers.data.label_folding import name_class
from peftsearch.workers.files.peft_format import BASE_FOLDER
from peftsearch.workers.kinds.programs import Reading
from peftsearch.workers.models.backbone import Backbone, read_config
from peftsearch.workers.models.chosen_head import pooled_linear
from peftsearch.workers.models.reader import PREFIX, cut_to

from .card_metadata import front_matter
from .export_report import ExportReport, Loading
from .job_texts import trial_data
from .public_names import hub_id, name_paths, public_name

_WIDTH = 100
_CARD = """{metadata}
# {title}

A parameter-efficient fine-tuning of `{model}` for {kind}, found by
`peftsearch`, in the form `{form}`.

    {configuration}

{outputs}
{tested}
## Measured

| objective | value |
|---|---|
{measurements}
{floor}
{quality}{calibration}
The export was loaded again and compared on {rows} validation rows: the largest difference of an
output was {difference}.

## Load

```python
{load}
```
{base}
{inputs}
{companions}

## Make it again

{again}

{provenance}
"""


_AGAIN = """\
`peftsearch run job.toml` trains this configuration after the linear probe, with another seed. The
very same training, on equal hardware and versions:

```python
from peftsearch.jobs.jobfile import read_spec
from peftsearch.workers.training.trial_runner import TrialRunner

spec = read_spec("job.toml")
outcome = TrialRunner.open(spec).evaluate(spec.try_configurations[0], seed={seed})
```"""
_BY_FUNCTION = """\
The function `{function}` of a Python program trained it, which is not kept here.
`peftsearch.search("job.toml", evaluate=...)` with that function trains this configuration again,
with another seed; this training had the seed {seed}."""
_TOLD = (
    *("epochs", "steps", "batch_size", "dropout", "checkpoints", "kept_step"),
    *("device", "precision", "threads"),
)
_INPUTS = """

```python
{program}
```
"""
_BASE_TOLD = f"""
`{BASE_FOLDER}` is a folder with {{model}}: `model.path` of `job.toml` tells where it was.
"""
ENCODER_FOLDER = "path/to/the/encoder"
"""Stands for the folder of an encoder that no hub has."""
_TESTED = "\n## On the test rows"
_OTHERS = "Those trainings were made for `peftsearch confirm`; the adapter here is another one."
_CONFIRMED = "the test rows above had no part in that."
_UNCONFIRMED = "`peftsearch confirm` measures on the test split."
_COMPANIONS = "The folder holds what prepares them"
_CONFIG = (
    "; `config/config.json` is the base's{classes}\n"
    '(`AutoConfig.from_pretrained(folder, subfolder="config")`)'
)
"""Beside an adapter, not beside a merged model."""


def write_card(
    path: Path,
    spec: JobSpec,
    trial: Trial,
    labels: list[str],
    report: ExportReport,
    held: str,
    trained: Estimate[Trial],
    standing: Standing | None = None,
    expected: Expectation | None = None,
    tested: Sequence[str] = (),
    confirmed: OnTest | None = None,
) -> None:
    """A README in Markdown.

    Args:
        labels: Class names; empty for kinds without classes.
        held: Where the validation rows are from.
        trained: All trainings of its configuration.
        standing: The trial beside the best floor of its job; None of a job without.
        expected: Of its configuration; None where nothing tells it.
        tested: What a confirmation told of its probabilities on test rows.
        confirmed: What one told of its configuration's quality there; None without.
    """
    kind, base = find_kind(spec.task.kind), hub_id(spec.model.path)
    error = sampling_error(spec, trial.measurements, trial.validation_rows, trial.quality_error)
    encoder = _name_encoder(spec) if report.loading.encoder else ""
    loading = replace(report.loading, base=base or BASE_FOLDER, encoder=encoder)
    model = public_name(spec.model.path)
    sources = (spec.task.train, spec.task.validation)
    held = name_paths(held, {x: public_name(x) for x in sources if x})
    shown = {
        "metadata": front_matter(
            spec, trial, report.form, error, trained, report.calibration, confirmed
        ),
        "title": f"{spec.name}: trial {trial.number}",
        "model": model,
        "base": _tell_base(spec, report, base) + _tell_encoder(spec, trial, encoder),
        "kind": kind.name,
        "form": report.form,
        "configuration": describe(trial.configuration, spec.anatomy),
        "tested": _tested(confirmed, tested, spec),
        "outputs": kind.load_work().tell_outputs(spec.task, labels),
        "measurements": _measurements(trial, spec.training.function is not None),
        "floor": ("" if standing is None else _floor(standing, spec)) + _folds(trial, spec),
        "quality": _quality(trial, spec, labels, held, expected, trained, confirmed is not None),
        "calibration": _calibration(report, bool(tested)),
        "rows": report.rows,
        "difference": f"{report.difference:.1e}",
        "load": loading.to_python(report.form, "path/to/this/folder"),
        "inputs": _inputs(kind.load_work(), spec, trial.configuration, report, encoder),
        "companions": f"{_COMPANIONS}{_config(report.form, labels)}.",
        "again": _tell_again(spec, trial),
        "provenance": _provenance(trial.provenance),
    }
    path.write_text(_CARD.format(**shown), encoding="utf-8")


def _tell_base(spec: JobSpec, report: ExportReport, base: str | None) -> str:
    named = f"`{public_name(spec.model.path)}`"
    return "" if base or report.form == "merged" else _BASE_TOLD.format(model=named)


def _name_encoder(spec: JobSpec) -> str:
    return hub_id(str(spec.model.encoder)) or ENCODER_FOLDER


def _tell_encoder(spec: JobSpec, trial: Trial, encoder: str) -> str:
    """What else whoever asks must hold; nothing of an adapter without an encoder."""
    if not encoder or spec.anatomy.encoder is None:
        return ""
    model, sha256 = public_name(str(spec.model.encoder)), trial.provenance[ENCODER]["sha256"]
    held = spec.anatomy.encoder.base_bytes
    text = (
        f"`{encoder}` is the frozen encoder `{model}`, which makes the prompt from each text and "
        f"is no part of these files (SHA-256 {sha256[:12]}): whoever asks holds "
        f"{tell_size(held) if held else 'it'} more beside the base. `model.encoder` of `job.toml` "
        "tells where it was."
    )
    return "\n".join(["", *_wrap(text), ""])


def _tell_again(spec: JobSpec, trial: Trial) -> str:
    function = spec.training.function
    if function is None:
        return _AGAIN.format(seed=trial.seed)
    return _BY_FUNCTION.format(function=function, seed=trial.seed)


def _config(form: str, labels: list[str]) -> str:
    return (
        "" if form == "merged" else _CONFIG.format(classes=" with the classes" if labels else "")
    )


def _of_class(spec: JobSpec, labels: Sequence[str]) -> str:
    """The class that the quality is of; empty where it is of all."""
    named, second = spec.task.positive, labels[1] if len(labels) == 2 else ""
    named = name_class(named, labels) if named else second
    return f" of the class {named!r}" if objective(spec.task.quality).of_class and named else ""


def _quality(
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
        f"search optimised; {_CONFIRMED if confirmed else _UNCONFIRMED}"
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
    return "\n".join([*_wrap(text), *(line for cut in _cuts(trial, spec) for line in _wrap(cut))])


def _cuts(trial: Trial, spec: JobSpec) -> list[str]:
    """Sentences on the rows that were cut in training; of several trainings those of the first."""
    known, cut = trial.provenance, trial.provenance.get("cut_rows", {})
    validation = () if known.get("folds") else (("validation", "validation"),)
    named = [
        (cut.get(x, 0), known.get(f"{x}_rows"), y) for x, y in (("train", "training"), *validation)
    ]
    return [f"{tell_cut(spec.task, name, n, rows)}." for n, rows, name in named if n and rows]


def _wrap(text: str) -> list[str]:
    return wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _tested(confirmed: OnTest | None, calibrated: Sequence[str], spec: JobSpec) -> str:
    """A section on what `peftsearch confirm` found on the test rows; nothing where it has not."""
    told = [] if confirmed is None else [*tell_tested(confirmed, spec), _OTHERS]
    adapter = f"`peftsearch confirm`: {'; '.join(calibrated)}." if calibrated else ""
    paragraphs = [" ".join(told), adapter]
    lines = [x for text in paragraphs if text for x in ["", *_wrap(text)]]
    return "\n".join([_TESTED, *lines, ""]) if lines else ""


def _calibration(report: ExportReport, tested: bool) -> str:
    """A paragraph on what its probabilities are worth, on validation rows; nothing where that is
    not known."""
    lines = [x for text in tell_calibration(report.calibration, tested) for x in _wrap(text)]
    return "".join(f"\n{x}" for x in ["", *lines, ""]) if lines else ""


def _divide(report: ExportReport) -> str:
    """A line of the program that gives probabilities, where they were asked for."""
    told = report.calibration
    if told is None or told["thresholds_at"] == 1.0:
        return ""
    return f"\nprobabilities = (outputs / {told['temperature']:.4f}).softmax(-1)"


def _inputs(
    work: Any, spec: JobSpec, configuration: Configuration, report: ExportReport, encoder: str
) -> str:
    """How a row becomes inputs and an answer. Generation keeps nothing between tokens where
    virtual inputs stand in front of every call, nor where stacks differ in depth, which
    `transformers` confuses."""
    even = len({stack.layers for stack in spec.anatomy.stacks}) == 1
    if encoder and spec.anatomy.encoder is not None:
        tokens = cut_to(spec.anatomy.encoder, spec.task).tokens
        program = work.reading_program(spec.task, Reading(encoder, tokens, PREFIX))
    else:
        program = work.program(spec.task, cached=even and configuration.input is None)
    program += _divide(report) if program else ""
    return str(work.tell_inputs(spec.task)) + (_INPUTS.format(program=program) if program else "")


def _floor(standing: Standing, spec: JobSpec) -> str:
    """A paragraph that tells both numbers, whichever is better."""
    name, floor = spec.task.quality, standing.floor.label
    both = (
        f"The best baseline without adapters, {floor}: {name} {score(standing.value)}; "
        f"this configuration: {score(standing.quality)}{tell_mean(standing.trials)}."
    )
    told = f"{both} {tell_verdict(standing, spec)} All of that is by the validation rows."
    return "\n" + "\n".join(wrap(told, _WIDTH)) + "\n"


def _folds(trial: Trial, spec: JobSpec) -> str:
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
    return "\n" + "\n".join(wrap(text, _WIDTH)) + "\n"


def write_job(path: Path, spec: JobSpec, trial: Trial) -> None:
    """The job file of `trial_data`."""
    path.write_text(write_text(trial_data(spec, trial)), encoding="utf-8")


def find_loading(base: Backbone, reads: bool = False) -> Loading:
    """How an export is loaded on this machine.

    Args:
        reads: Whether the job's encoder makes the prompts of the adapter.
    """
    encoder = str(base.reader.folder) if reads and base.reader is not None else ""
    return replace(_find_base(base), encoder=encoder)


def _find_base(base: Backbone) -> Loading:
    """A base whose files have a head of another size does not load unless that is allowed. One
    with classes, or without a pad token of its own, takes the configuration beside the adapter,
    which names them: else the classes would be `LABEL_0` and so on, and no batch could be made."""
    kind = find_kind(base.kind)
    arguments = {"ignore_mismatched_sizes": True} if base.heads else {}
    padded = kind.form.inputs != "text" or "pad_token_id" in _given(base)
    config = not padded or (bool(base.heads) and kind.problem is not None)
    loading = Loading(kind.form.automatic, str(base.folder), arguments, config=config)
    if (pooled := pooled_linear(base)) is None:
        return loading
    return replace(loading, pooling=base.pooling, outputs=pooled.out_features)


def _given(base: Backbone) -> set[str]:
    """Keys of the base model's configuration that have a value."""
    return {key for key, x in read_config(str(base.folder)).items() if x is not None}


def _measurements(trial: Trial, by_function: bool) -> str:
    """Without what is counted by the job's own schedule, which a function may not keep to."""
    rows = []
    for name, value in trial.measurements.items():
        row = OBJECTIVES[name] if name in OBJECTIVES else None
        if by_function and row is not None and row.counted:
            continue
        shown = score(value) if row is not None and row.style == "score" else count(value)
        error = trial.provenance.get(MEASURES, {}).get(name, {}).get("error")
        shown += f" ± {difference(name, error, value)}" if error and row is not None else ""
        rows.append(f"| {name} | {shown} {row.unit if row else ''}".rstrip() + " |")
    return "\n".join(rows)


def _provenance(provenance: Mapping[str, Any]) -> str:
    versions = provenance.get("versions", {})
    lines = [f"- {name} {version}" for name, version in versions.items()]
    lines += [f"- base model weights, SHA-256 {provenance.get('model', {}).get('sha256')}"]
    if ENCODER in provenance:
        lines += [f"- encoder weights, SHA-256 {provenance[ENCODER]['sha256']}"]
    lines += [f"- data, SHA-256 {provenance.get('data')}"]
    known = [key for key in _TOLD if key in provenance]
    lines += [f"- {key}: {provenance[key]}" for key in known]
    return "\n".join(lines)
