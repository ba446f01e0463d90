"""The calibration of the adapter that an export takes home, on the test split."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.special import softmax

from peftsearch.errors import PeftsearchError
from peftsearch.records.trial import Trial
from peftsearch.results.calibrations.calibrated_adapter import (
    Calibrated,
    calibrate_adapter,
    predict_split,
    tell_change,
    tell_error,
)
from peftsearch.results.calibrations.calibration import (
    Change,
    Labels,
    Outputs,
    calibration_error,
    measure_change,
)
from peftsearch.results.calibrations.thresholds import Found, floor, tell_value
from peftsearch.results.calibrations.wishes import Wish
from peftsearch.results.wording import cell
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.artefacts.adapters import adapter_folder
from peftsearch.workers.files.adapter_files import load_trained
from peftsearch.workers.files.ownership import check_trained_on
from peftsearch.workers.training.foreign_techniques import check_same
from peftsearch.workers.training.trial_runner import TrialRunner

from .arm_values import Judge
from .spending import percent


@dataclass(frozen=True)
class Kept:
    """The adapter of a trial.

    Attributes:
        root: Folder of the jobs' files.
        precision: That is wished; None wishes none.
    """

    trial: Trial
    root: Path
    precision: float | None = None


def calibrate_on_test(
    runner: TrialRunner, kept: Kept, level: float
) -> tuple[list[str], dict[str, Any]]:
    """Lines and plain data of what was fitted to validation rows and holds on test rows; nothing
    of kinds without classes. An adapter that is not here is told of, and ends nothing.

    Args:
        level: Chance with which lower bounds hold, that of the reading.
    """
    if not find_kind(runner.spec.task.kind).classes:
        return [], {}
    name = f"the adapter of trial {kept.trial.number}"
    try:
        found = _measure(runner, kept, level)
    except PeftsearchError as error:
        return [f"calibration not measured: {name}: {error}"], {}
    if found is None:
        return [f"calibration not measured: too few validation rows for {name}"], {}
    told = _tell(found, name)
    return told, {"calibration": {"trial": kept.trial.number, **found, "told": told}}


def _measure(runner: TrialRunner, kept: Kept, level: float) -> dict[str, Any] | None:
    check_same(kept.trial.configuration, kept.trial.provenance)
    check_trained_on(kept.trial, runner.data.fingerprint)
    with adapter_folder(kept.root, kept.trial) as folder:
        files = load_trained(folder, runner.backbone)
    calibrated = calibrate_adapter(runner, files, Wish(kept.precision))
    if calibrated is None:
        return None
    outputs, labels = predict_split(runner, files, runner.split("test"))
    name = runner.spec.task.quality
    quality = {name: Judge.of(runner, name).score(outputs, labels)}
    told = compare(calibrated, outputs, labels, runner.data.label_names, level)
    return {"quality": quality, **told}


def compare(
    calibrated: Calibrated, outputs: Outputs, labels: Labels, names: list[str], level: float
) -> dict[str, Any]:
    """What was fitted elsewhere, on these rows, as plain data.

    Args:
        outputs: `n x classes`.
        labels: `n`.
        names: Of the classes.
    """
    temperature = calibrated.calibration.temperature
    chances = softmax(outputs, axis=1)
    thresholds = []
    for chosen in calibrated.thresholds:
        one = names.index(chosen.label)
        held = chosen.value is not None
        found = Found.of(chances[:, one], labels == one, chosen.value or 0.0, level)
        thresholds.append({"chosen": chosen.to_json(), "test": vars(found) if held else None})
    return {
        "rows": len(labels),
        "temperature": temperature,
        "before": vars(calibration_error(outputs, labels)),
        "after": vars(calibration_error(outputs / temperature, labels)),
        "change": vars(measure_change(outputs, outputs / temperature, labels)),
        "thresholds": thresholds,
    }


def _tell(found: Mapping[str, Any], name: str) -> list[str]:
    error, after = tell_error(found["before"]), found["after"]
    quality = ", ".join(f"{x} {cell(x, value)}" for x, value in found["quality"].items())
    text = (
        f"{name} on the test rows: {quality}; {error[:1].lower()}{error[1:]}; with outputs "
        f"divided by {found['temperature']:.3f}, the temperature by the validation rows, by "
        f"{after['value']:.3f} (by chance {after['chance']:.3f}); "
        f"{tell_change(Change(**found['change']))}"
    )
    return [text, *(_tell_threshold(x["chosen"], x["test"]) for x in found["thresholds"])]


def _tell_threshold(chosen: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    begin = f"  precision {chosen['wished']:g} of {chosen['label']!r}"
    if found is None:
        return f"{begin}: no threshold has it on the validation rows"
    return (
        f"{begin}, from probability {tell_value(chosen['value'])} on: {found['precision']:.3f} on "
        f"the test rows, at least {floor(found['lower'])} at {percent(found['level'])}, recall "
        f"{found['recall']:.3f} ({found['accepted']:,} accepted)"
    )
