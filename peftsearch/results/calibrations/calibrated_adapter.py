"""The calibration of one trained adapter, on rows of its job that it was not trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from peftsearch.results.comparisons.chance import judge
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.data.partition import subsample
from peftsearch.workers.data.task_rows import Split, name_strata
from peftsearch.workers.files.adapter_files import AdapterFiles
from peftsearch.workers.training.trial_runner import TrialRunner

from .calibration import Calibration, Change, Labels, Outputs, calibrate
from .thresholds import (
    Threshold,
    choose_threshold,
    classes_of,
    tell_threshold,
)
from .wishes import Wish

_WORK = 5e10
_FEW, _MANY = 200, 1000
"""Rows that are predicted: so many that parameters times rows are about `_WORK`, within these."""
_LEAST = 0.0005
"""A change below it would be told as 0.000."""


@dataclass(frozen=True)
class Calibrated:
    """A calibration with its thresholds.

    Attributes:
        divided: Whether thresholds are of probabilities after the temperature.
    """

    calibration: Calibration
    thresholds: tuple[Threshold, ...] = ()
    divided: bool = False

    @property
    def divisor(self) -> float:
        """By which outputs are divided before thresholds are compared."""
        return self.calibration.temperature if self.divided else 1.0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        known = self.calibration.to_json()
        thresholds = [x.to_json() for x in self.thresholds]
        return {**known, "thresholds": thresholds, "thresholds_at": self.divisor}


def calibrate_adapter(runner: TrialRunner, files: AdapterFiles, wish: Wish) -> Calibrated | None:
    """On validation rows: all of them where a precision is wished, else as many as take little
    time. None of kinds without classes, and of too few rows.

    Args:
        runner: That has adopted the head of the adapter.
    """
    if not find_kind(runner.spec.task.kind).classes:
        return None
    rows = _choose(runner, runner.data.validation, everything=wish.precision is not None)
    outputs, labels = predict_split(runner, files, rows)
    found = calibrate(outputs, labels)
    if found is None:
        return None
    plain = Calibrated(found, divided=wish.temperature)
    if wish.precision is None:
        return plain
    chances = softmax(outputs / plain.divisor, axis=1)
    names = runner.data.label_names
    thresholds = tuple(
        choose_threshold(names[x], chances[:, x], labels == x, wish.precision)
        for x in classes_of(names, runner.positive)
    )
    return Calibrated(found, thresholds, wish.temperature)


def predict_split(runner: TrialRunner, files: AdapterFiles, rows: Split) -> tuple[Outputs, Labels]:
    """Outputs, `n x classes`, and labels, `n`."""
    data = runner.encode(rows)
    outputs = runner.predict(files.configuration, files.tensors, data)
    return outputs.double().numpy(), np.asarray(data.labels.numpy(), dtype=np.int64)


def _choose(runner: TrialRunner, rows: Split, everything: bool) -> Split:
    size = sum(x.numel() for x in runner.backbone.model.parameters())
    count = len(rows.texts) if everything else int(np.clip(_WORK / size, _FEW, _MANY))
    return rows.pick(subsample(rows.texts, name_strata(runner.spec.task.kind, rows), count))


def tell_calibration(told: Mapping[str, Any] | None, tested: bool = False) -> list[str]:
    """Sentences on what `Calibrated.to_json` gave; none of None.

    Args:
        tested: Whether it is told beside them what the temperature does on test rows, which holds
            then, be it the contrary.
    """
    if told is None:
        return []
    before, after = told["before"], told["after"]
    called = f"{told['rows']:,} validation rows"
    text = (
        f"{tell_error(before)} on {called}. With outputs divided by a temperature they are off by "
        f"{after['value']:.3f} (by chance {after['chance']:.3f}), where each row has a "
        f"temperature that was fitted to other rows. Fitted to all of them it is "
        f"{told['temperature']:.3f}"
    )
    unsure = "above 1: the model was too sure", "below 1: the model was not sure enough"
    sure = unsure[told["temperature"] <= 1]
    if before["value"] <= before["chance"]:
        sure = "without it the error is no more than chance gives"
    divided = "after the temperature" if told["thresholds_at"] != 1.0 else "without a temperature"
    found = [tell_threshold(Threshold.from_json(x), called) for x in told["thresholds"]]
    advice = "" if tested else _advise(told)
    return [f"{text} ({sure}){advice}.", *(f"{_upper(x)}; {divided}." for x in found)]


def tell_error(found: Mapping[str, Any]) -> str:
    """`Probabilities are off by 0.063 on average (calibration error, ECE; ...)`, of a
    `CalibrationError` as plain data."""
    return (
        f"Probabilities are off by {found['value']:.3f} on average (calibration error, ECE; by "
        f"chance alone {found['chance']:.3f})"
    )


def tell_change(change: Change) -> str:
    """What a temperature does to a calibration error, and that one which raises it is not to be
    used."""
    if abs(change.value) < _LEAST:
        return "the temperature leaves the error as it is"
    does = "raises" if change.value > 0 else "lowers"
    chance = judge(-change.value, change.error) == "level"
    told = f"the temperature {does} the error by {abs(change.value):.3f} ± {change.error:.3f}"
    told += ", which may be chance" if chance else ""
    return f"{told}: do not use it" if change.value > 0 else told


def _advise(told: Mapping[str, Any]) -> str:
    """Empty of what earlier versions wrote."""
    change = told.get("change")
    return "" if change is None else f"; {tell_change(Change(**change))}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
