"""Measures of other packages: what they give is a number with a name, or one line."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from peftsearch import extensions
from peftsearch.errors import UserError
from peftsearch.records.trial import MEASURES, FailureKind
from peftsearch.workers.training.outcome import as_number
from peftsearch.workers.training.trial_failures import TrialTimeout, classify
from tests.recipes import install
from tests.workers.measures.measured import open_measured
from tests.workers.runners import PROBE

ROW = """
from peftsearch.spaces.jobspec.objectives import Objective

ROW = Objective("mine", "my measure", False, trained="my_measure:{}")
"""
MEASURES_OF_MINE = """
from peftsearch.workers.training.trained import Measured

def measure(trained):
    return {}
"""
Add = Callable[..., None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Installs one package with a measure that gives the value of an expression."""
    monkeypatch.syspath_prepend(tmp_path)

    def install_package(expression: str, function: str = "measure") -> None:
        (tmp_path / "my_row.py").write_text(ROW.format(function))
        (tmp_path / "my_measure.py").write_text(MEASURES_OF_MINE.format(expression))
        points = {"peftsearch.objectives": {"mine": "my_row:ROW"}}
        install({"name": "added", "version": "1.0", "entry-points": points}, tmp_path)
        extensions._points.cache_clear()

    yield install_package
    for name in ("my_row", "my_measure"):
        sys.modules.pop(name, None)
    extensions._points.cache_clear()


def test_a_number_stands_with_its_error_and_details(add: Add, tmp_path: Path) -> None:
    add("Measured(2, .5, {'of': len(trained.job.data.train.texts)})")
    found = open_measured(tmp_path, ["mine"]).evaluate(PROBE, 1)
    assert found.measurements["mine"] == 2.0
    assert found.provenance[MEASURES]["mine"]["error"] == 0.5
    assert found.provenance[MEASURES]["mine"]["of"] > 100


@pytest.mark.parametrize(
    ("expression", "got"),
    [
        ("float('nan')", "ValueError: it is nan"),
        ("'0.5'", "TypeError: it is '0.5', of the type str"),
        ("True", "TypeError: it is True"),
        ("None", "TypeError: it is None"),
        ("Measured(.5, float('inf'))", "ValueError: it is inf"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("exit(3)", "SystemExit: 3"),
    ],
)
def test_what_is_no_number_is_one_line_that_names_the_package(
    add: Add, tmp_path: Path, expression: str, got: str
) -> None:
    add(expression)
    with pytest.raises(UserError) as caught:
        open_measured(tmp_path, ["mine"]).evaluate(PROBE, 1)
    text = str(caught.value)
    assert "a number as the measure of mine (added 1.0, peftsearch.objectives)" in text
    assert got in text and "\n" not in text
    assert classify(caught.value).kind is FailureKind.DATA


def test_a_function_that_is_not_there_is_told_of(add: Add, tmp_path: Path) -> None:
    add("1.0", "gone")
    with pytest.raises(UserError, match="AttributeError.*gone.*update or uninstall added"):
        open_measured(tmp_path, ["mine"]).evaluate(PROBE, 1)


def test_the_time_limit_of_a_trial_holds_within_a_measure(add: Add, tmp_path: Path) -> None:
    add("[trained.tick() for _ in iter(int, 1)]")
    runner = open_measured(tmp_path, ["mine"])
    training = runner.spec.training.model_copy(update={"timeout_minutes": 0.05})
    runner.spec = runner.spec.model_copy(update={"training": training})
    with pytest.raises(TrialTimeout):
        runner.evaluate(PROBE, 1)


def test_numbers_of_other_libraries_are_numbers() -> None:
    values = (np.float32(0.5), torch.tensor(0.5), np.array(0.5), 0.5)
    assert [as_number(x) for x in values] == [0.5] * 4
    for wrong in (np.bool_(True), torch.tensor([0.5, 0.5]), 1j):
        with pytest.raises(TypeError):
            as_number(wrong)
