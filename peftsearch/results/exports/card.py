"""What lies beside an exported adapter: a card for people, and the job that makes it again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from peftsearch.records.estimates import Estimate
from peftsearch.records.expectation import Expectation
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.sampling_errors import sampling_error
from peftsearch.results.confirmations.tested_reports import OnTest
from peftsearch.results.standing.floors import Standing
from peftsearch.results.wording import describe
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.files.peft_format import BASE_FOLDER
from peftsearch.workers.runtime.file_hashes import hash_file

from .card_metadata import front_matter
from .card_use import name_encoder, tell_base, tell_config, tell_encoder, tell_inputs
from .card_worth import (
    list_measurements,
    tell_floor,
    tell_folds,
    tell_probabilities,
    tell_quality,
    tell_tested_rows,
)
from .export_report import ExportReport
from .file_facts import list_files, name_hashes
from .public_names import hub_id, name_paths, names_files, public_name
from .told_sources import tell_source

_CARD = """{metadata}
# {title}

A parameter-efficient fine-tuning of `{model}` for {kind}, found by
`peftsearch`, in the form `{form}`.

    {configuration}

{outputs}
{tested}
## Measured

Of this training; qualities are by the validation rows.

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
{names}`peftsearch run job.toml` trains this configuration after the {probe}, with another seed.
The very same training, on equal hardware and versions:

```python
from peftsearch.jobs.jobfile import read_spec
from peftsearch.workers.training.trial_runner import TrialRunner

spec = read_spec("job.toml")
outcome = TrialRunner.open(spec).evaluate(spec.try_configurations[0], seed={seed})
```"""
_NAMES = """\
Paths in `job.toml` are names alone: put the model and the data beside it, or write where they are.

"""
_BY_FUNCTION = """\
{names}The function `{function}` of a Python program trained it, which is not kept here.
`peftsearch.search("job.toml", evaluate=...)` with that function trains this configuration again,
with another seed; this training had the seed {seed}."""
_TOLD = (
    *("epochs", "steps", "batch_size", "dropout", "checkpoints", "kept_step"),
    *("device", "precision", "threads"),
)
_COMPANIONS = "The folder holds what prepares them"


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
    encoder = name_encoder(spec) if report.loading.encoder else ""
    loading = replace(report.loading, base=base or BASE_FOLDER, encoder=encoder)
    model = public_name(spec.model.path)
    sources = (spec.task.train, spec.task.validation)
    held = name_paths(held, {x: tell_source(x) for x in sources if x})
    floor = "" if standing is None else tell_floor(standing, spec)
    measured = trial, spec, labels, held, expected, trained
    shown = {
        "metadata": front_matter(
            spec, trial, report.form, error, trained, report.calibration, confirmed
        ),
        "title": f"{spec.name}: trial {trial.number}",
        "model": model,
        "base": tell_base(spec, report, base) + tell_encoder(spec, trial, encoder),
        "kind": kind.name,
        "form": report.form,
        "configuration": describe(trial.configuration, spec.anatomy),
        "tested": tell_tested_rows(confirmed, tested, spec),
        "outputs": kind.load_work().tell_outputs(spec.task, labels),
        "measurements": list_measurements(trial, spec.training.function is not None),
        "floor": floor + tell_folds(trial, spec),
        "quality": tell_quality(*measured, confirmed is not None),
        "calibration": tell_probabilities(report, bool(tested)),
        "rows": report.rows,
        "difference": f"{report.difference:.1e}",
        "load": loading.to_python(report.form, "path/to/this/folder"),
        "inputs": tell_inputs(kind.load_work(), spec, trial.configuration, report, encoder),
        "companions": f"{_COMPANIONS}{tell_config(report.form, labels)}.",
        "again": _tell_again(spec, trial),
        "provenance": _provenance(spec, trial.provenance, path.parent, confirmed),
    }
    path.write_text(_CARD.format(**shown), encoding="utf-8")


def _tell_again(spec: JobSpec, trial: Trial) -> str:
    function = spec.training.function
    names = _NAMES if names_files(spec) else ""
    if function is None:
        probe = find_kind(spec.task.kind).baseline
        return _AGAIN.format(seed=trial.seed, probe=probe, names=names)
    return _BY_FUNCTION.format(function=function, seed=trial.seed, names=names)


def _provenance(
    spec: JobSpec, provenance: Mapping[str, Any], folder: Path, tested: OnTest | None
) -> str:
    versions = provenance.get("versions", {})
    lines = [f"- {name} {version}" for name, version in versions.items()]
    here = {x.name: hash_file(x) for x in sorted(folder.glob("*.safetensors"))}
    facts = [*name_hashes("this folder's ", here), *list_files(spec, provenance, tested)]
    lines += [f"- {name}: {value}" for name, value in facts]
    known = [key for key in _TOLD if key in provenance]
    lines += [f"- {key}: {provenance[key]}" for key in known]
    return "\n".join(lines)
