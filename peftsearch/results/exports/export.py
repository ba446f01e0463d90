"""Export: a trained adapter as files that others load, checked before it is called done."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from peftsearch.errors import PeftsearchError, UserError
from peftsearch.records.estimates import Estimate, estimate
from peftsearch.records.expectation import Expectation
from peftsearch.records.preparation import HeadChoice, Preparation
from peftsearch.records.trial import DATA_FILES, ENCODER, FILES, Trial
from peftsearch.results.calibrations.calibrated_adapter import Calibrated, calibrate_adapter
from peftsearch.results.calibrations.wishes import NO_WISH, Wish, check_wish
from peftsearch.results.confirmations.tested_reports import OnTest
from peftsearch.results.standing.floors import Standing
from peftsearch.spaces.configurations.forms import Form
from peftsearch.spaces.jobspec.bounds import write_quantity
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.files.adapter_files import AdapterFiles, load_trained, publish
from peftsearch.workers.files.companions import write_calibration
from peftsearch.workers.files.formats import choose_form, load_base, reload_form, write_form
from peftsearch.workers.files.ownership import check_adapter, check_trained_on
from peftsearch.workers.files.peft_format import BASE_FOLDER
from peftsearch.workers.preparation.prepare import Prepared
from peftsearch.workers.processes.kept_places import check_places
from peftsearch.workers.runtime.machine_faults import machine_reason
from peftsearch.workers.training.foreign_techniques import check_same
from peftsearch.workers.training.inference import predict_logits
from peftsearch.workers.training.trial_runner import TrialRunner

from .card import write_card
from .card_use import find_loading
from .export_report import ExportReport
from .job_texts import write_trial
from .places import check_free
from .public_names import hub_id

CHECKED_ROWS = 64
_TOLERANCE: Mapping[Form, float] = {"peft": 1e-4, "adapter": 1e-4, "merged": 1e-3}
"""Largest accepted difference of an output, relative to 1 + its largest magnitude. Merging
rounds W + BA once, where the adapter adds their products."""
_ROUGH = 5e-2
"""The same of a model in bfloat16, which has 8 bits for each number."""


class ExportMismatch(PeftsearchError):
    """What was written does not predict what the trial predicted; nothing is kept of it."""


def export(
    spec: JobSpec,
    trial: Trial,
    adapter_folder: Path,
    out: Path,
    form: str = "auto",
    standing: Standing | None = None,
    limit: float | None = None,
    expected: Expectation | None = None,
    wish: Wish = NO_WISH,
    tested: Sequence[str] = (),
    trained: Estimate[Trial] | None = None,
    confirmed: OnTest | None = None,
) -> ExportReport:
    """Write a trial's adapter to `out`, whole and checked or not at all.

    Args:
        adapter_folder: Where the worker saved the trial's adapter.
        out: A folder that does not exist or is empty.
        form: `peft` loads with `peft` alone, `adapter` with `peftsearch.load_adapter`, `merged`
            is a plain `transformers` model; `auto` takes `peft` where that is no larger, else
            `adapter`.
        standing: The trial beside the best floor of its job, which the card tells.
        limit: Bytes that the files of weights may have.
        expected: Of the configuration, which the card tells.
        wish: Of probabilities, where the task has classes.
        tested: What a confirmation told of this adapter's, on test rows.
        trained: All trainings of its configuration, of which the card tells the mean; None where
            it is the only one.
        confirmed: What one told of its configuration's quality there; None without.

    Raises:
        UserError: The model or the data is gone, `out` is not empty or not writable, the
            adapter's files are missing, corrupt or not those that the trial's worker saved, `form`
            cannot hold this adapter, or not within the limit, or something of probabilities is
            wished of a task without classes.
        ExportMismatch: The reloaded export predicts otherwise.
    """
    check_free(out)
    check_wish(wish, spec)
    check_places(spec)
    check_adapter(adapter_folder, trial)
    check_same(trial.configuration, trial.provenance)
    exact = spec.training.model_copy(update={"precision": "float32"})
    runner = TrialRunner.open(spec.model_copy(update={"training": exact}), "cpu")
    files = load_trained(adapter_folder, runner.backbone)
    runner.adopt(Prepared(Preparation(head=HeadChoice(files.pooling, "random"))))
    chosen = choose_form(form, files, runner.backbone)
    with _making(out) as part:
        base = partial(load_base, spec, tuple(runner.data.label_names), files.pooling)
        write_form(chosen, part, files, base, hub_id(spec.model.path) or BASE_FOLDER)
        size = _measure(part, chosen, limit)
        rows, difference = _compare(runner, files, reload_form(chosen, part, base), chosen)
        labels = runner.data.label_names
        loading = find_loading(runner.backbone, files.encoder is not None)
        calibrated = _calibrate(runner, files, trial, wish)
        told_of = None if calibrated is None else calibrated.to_json()
        write_calibration(part, told_of)
        report = ExportReport(chosen, out, rows, difference, loading, size, told_of)
        read = {"encoder": runner.backbone.anatomy.encoder}
        told = spec.model_copy(update={"task": runner.spec.task})
        told = told.with_anatomy(told.anatomy.model_copy(update=read))
        held = runner.data.held
        measured = {**trial.measurements, "export_bytes": float(size)}
        provenance = _name_files(trial, runner)
        shipped = replace(trial, measurements=measured, provenance=provenance)
        known = trained or estimate([trial]), standing, expected, tested, confirmed
        write_card(part / "README.md", told, shipped, labels, report, held, *known)
        known_length = trial.provenance.get("max_length") is not None
        again = write_trial(spec if known_length else told, trial)
        (part / "job.toml").write_text(again, encoding="utf-8")
        _publish(part, out)
    return report


def _name_files(trial: Trial, runner: TrialRunner) -> dict[str, Any]:
    """The trial's provenance with the hashes of the files that are the same to this day: of before
    they were kept it has none."""
    known, base = dict(trial.provenance), runner.backbone
    if known.get("data") == runner.data.fingerprint:
        known.setdefault(DATA_FILES, dict(runner.data.files))
    for name, files in (("model", base.files), (ENCODER, base.reader and base.reader.files)):
        if files and name in known:
            known[name] = {**known[name], FILES: files.weights}
    return known


def _calibrate(
    runner: TrialRunner, files: AdapterFiles, trial: Trial, wish: Wish
) -> Calibrated | None:
    """None unasked where the data was changed since: it may have rows of the training by now.

    Raises:
        UserError: It was, and something is wished of probabilities.
    """
    try:
        check_trained_on(trial, runner.data.fingerprint)
    except UserError:
        if wish != NO_WISH:
            raise
        return None
    return calibrate_adapter(runner, files, wish)


def _measure(part: Path, form: Form, limit: float | None) -> int:
    """Bytes of the files of weights.

    Raises:
        UserError: More than the limit.
    """
    size = sum(path.stat().st_size for path in part.glob("*.safetensors"))
    if limit is not None and size > limit:
        raise UserError(
            f"files of weights of at most {write_quantity('export_bytes', limit)}",
            f"{write_quantity('export_bytes', size)} as {form}",
            "leave the form to be chosen, or loosen the bound on size",
        )
    return size


@contextlib.contextmanager
def _making(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out`, so that the last step is a rename; gone at the end.

    Raises:
        UserError: It cannot be made, or its disk takes no more.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    except OSError as error:
        expected, got = "a writable place for the output folder", f"{out.parent}: {error.strerror}"
        raise UserError(expected, got, "name another folder") from error
    try:
        yield part
    except PeftsearchError:
        raise
    except Exception as error:  # each library has its own of a full disk
        if (reason := machine_reason(error)) is None:
            raise
        expected, hint = "a disk that takes the export", "make room, or name another folder"
        raise UserError(expected, f"{out.parent}: {reason}", hint) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _publish(part: Path, out: Path) -> None:
    """Unless another export, or somebody, has put something there since."""
    try:
        publish(part, out, replace=False)
    except OSError:
        check_free(out)
        raise


def _compare(
    runner: TrialRunner, files: AdapterFiles, model: Any, form: Form
) -> tuple[int, float]:
    """Number of rows compared, and the largest difference.

    Raises:
        ExportMismatch: It is too large, or a class differs.
    """
    data = runner.encoded("validation").head(CHECKED_ROWS)
    original = runner.predict(files.configuration, files.tensors, data)
    again = predict_logits(model, data, "cpu")
    difference = float((original - again).abs().max())
    exact = model.dtype == torch.float32 and runner.precision == "float32"
    tolerance = _TOLERANCE[form] if exact else _ROUGH
    limit = tolerance * (1.0 + float(original.abs().max()))
    if not difference <= limit:
        raise ExportMismatch(
            f"the reloaded {form} export differs by {difference:.1e} on {len(data)} validation "
            f"rows, more than {limit:.1e}; nothing was written: use another form"
        )
    return len(data), difference
