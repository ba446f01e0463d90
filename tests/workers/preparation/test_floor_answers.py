"""How sure the difference of two scores of the same rows is."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from safetensors.torch import load

from peftsearch.records.estimates import pair_error
from peftsearch.spaces.configurations.recipes import recipe
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.preparation.floor_answers import FloorAnswers, read_answers, tell_errors
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.specs import make_spec
from tests.workers.kind_runners import open_kind
from tests.workers.runners import LORA, open_runner

N = 400
DRAW = np.random.default_rng(1)
TRUTH, SHARED = DRAW.normal(size=N), DRAW.normal(size=N)


def job_of(metric: str, kind: str = "classification") -> OpenedJob:
    spec = make_spec(task={"train": "d.csv", "kind": kind, "metric": metric})
    return cast(OpenedJob, SimpleNamespace(spec=spec, classes=2, positive=1))


def _rmse(errors: Any) -> Evaluation:
    return Evaluation({"rmse": float(np.sqrt(np.mean(errors**2)))}, TRUTH + errors, TRUTH)


def test_a_trial_tells_the_error_of_what_has_no_formula() -> None:
    """Of an rmse of errors of a unit normal the standard error is that of their spread."""
    job, found = job_of("rmse", "regression"), _rmse(SHARED)
    assert tell_errors(job, found, None) == {
        "quality_error": pytest.approx((2 * N) ** -0.5, rel=0.3)
    }
    assert tell_errors(job_of("mae", "regression"), found, None) == {}  # it was not scored by it
    right = Evaluation({"accuracy": 1.0}, TRUTH, TRUTH)
    assert tell_errors(job_of("accuracy"), right, None) == {}


def test_errors_that_both_make_say_nothing_of_the_difference() -> None:
    """The floor errs as the trial does, and a little beside: by an independent tenth."""
    beside = FloorAnswers("features", TRUTH + SHARED + 0.1 * DRAW.normal(size=N))
    told = tell_errors(job_of("rmse", "regression"), _rmse(SHARED), beside)
    separate = told["quality_error"] * 2**0.5
    assert told["gain_errors"] == {"features": pytest.approx(0.1 / N**0.5, rel=0.4)}
    assert told["gain_errors"]["features"] < separate / 5


@pytest.mark.parametrize("metric", ["accuracy", "f1", "matthews"])
def test_of_right_rows_those_count_that_one_alone_gets_right(metric: str) -> None:
    """As hundreds of samples of the rows say; of rows on which both are wrong, ever less."""
    truth = DRAW.integers(2, size=N)
    both = DRAW.random(N) < 0.2
    trial = np.where(both ^ (DRAW.random(N) < 0.05), 1 - truth, truth)
    floor = np.where(both ^ (DRAW.random(N) < 0.05), 1 - truth, truth)
    job, work = job_of(metric), find_kind("classification").load_work()

    def score(answers: Any, rows: Any) -> float:
        return float(work.measure(metric, answers[rows], truth[rows], 2, 1))

    samples = [DRAW.integers(N, size=N) for _ in range(300)]
    expected = float(np.std([score(trial, x) - score(floor, x) for x in samples]))
    found = Evaluation({metric: score(trial, slice(None))}, trial, truth)
    told = tell_errors(job, found, FloorAnswers("features", floor))
    assert told["gain_errors"]["features"] == pytest.approx(expected, rel=0.25)


def test_one_row_more_is_no_certainty() -> None:
    assert pair_error(1, 0, N) > 1 / N
    assert pair_error(0, 0, N) > 0
    assert pair_error(20, 5, N) == pytest.approx(np.sqrt(25 - 15**2 / N) / N, rel=0.05)
    assert pair_error(5, 20, N) == pair_error(20, 5, N)
    assert pair_error(3, 1, 10) == pytest.approx((5 - 4 / 12) ** 0.5 / 12)


def test_answers_to_other_rows_tell_nothing() -> None:
    found = _rmse(SHARED)
    other = FloorAnswers("features", TRUTH[1:])
    assert "gain_errors" not in tell_errors(job_of("rmse", "regression"), found, other)


def test_the_same_answers_differ_by_rounding_alone() -> None:
    found = _rmse(SHARED)
    same = FloorAnswers("features", found.predictions)
    told = tell_errors(job_of("rmse", "regression"), found, same)["gain_errors"]
    assert 0 < told["features"] < 2e-6


@pytest.mark.parametrize("metric", ["accuracy", "f1", "f1_macro", "balanced_accuracy", "matthews"])
@pytest.mark.parametrize("n", [100, 400])
def test_one_right_row_more_is_no_certainty_by_any_metric(metric: str, n: int) -> None:
    truth = np.arange(n) % 2
    floor = np.where(np.arange(n) % 5 == 0, 1 - truth, truth)
    trial = np.where(np.arange(n) == 0, truth, floor)
    work = find_kind("classification").load_work()
    better, worse = (float(work.measure(metric, x, truth, 2, 1)) for x in (trial, floor))
    found = Evaluation({metric: better}, trial, truth)
    told = tell_errors(job_of(metric), found, FloorAnswers("features", floor))
    assert 0 < better - worse < told["gain_errors"]["features"]


@pytest.mark.parametrize(
    ("family", "kind", "metric"),
    [
        ("bert", "classification", "accuracy"),
        ("bert", "classification", "roc_auc"),
        ("roberta", "regression", "rmse"),
        ("bert", "multiple_choice", "accuracy"),
        ("llama", "causal_lm", "loss"),
        ("llama", "causal_lm", "exact_match"),
        ("t5", "seq2seq", "perplexity"),
    ],
)
def test_what_is_kept_is_what_the_best_floor_was_scored_by(
    family: str, kind: str, metric: str, tmp_path: Path
) -> None:
    runner = open_kind(tmp_path, family, kind, metric=metric)
    made = runner.prepare()
    best = made.preparation.best(metric)
    assert best is not None
    assert list(load(made.answers)) == [best.name]
    runner.adopt(made)
    assert runner.beside is not None and runner.beside.name == best.name
    lora = recipe("lora", runner.spec.anatomy, 4, 1e-3)
    outcome = runner.evaluate(lora, 1)
    work = find_kind(kind).load_work()
    score = work.measure(
        metric, runner.beside.predictions, outcome.references, runner.classes, runner.positive
    )
    assert score == pytest.approx(best.measurements[metric], rel=1e-5)
    error = outcome.provenance.get("gain_errors", {best.name: 0.0})[best.name]
    assert 0 <= error < 1 if metric != "perplexity" else error > 0
    assert "gain_errors" not in runner.evaluate(lora, 1, split="test").provenance


def test_folds_have_answers_of_their_own(tmp_path: Path, folders: dict[str, Path]) -> None:
    """And a trial one error of all their rows, larger since few rows of each fold may deceive."""
    made = open_runner(tmp_path, folders["bert"], folds=3)
    runner = TrialRunner.open(made.spec, "cpu")
    prepared = runner.prepare()
    runner.adopt(prepared)
    outcome = runner.evaluate(LORA, 3)
    (name, error), *others = outcome.provenance["gain_errors"].items()
    kept = [read_answers(x) for x in _folds(prepared.answers, name)]
    assert not others and len(kept) == 3
    answers = np.concatenate([x.predictions for x in kept if x is not None])
    truth = outcome.references
    best = prepared.preparation.best("accuracy")
    assert best is not None and best.measurements["accuracy"] == pytest.approx(
        float(np.mean(answers == truth))
    )
    right = outcome.predictions == truth, answers == truth
    lone = int(np.sum(right[0] & ~right[1])), int(np.sum(right[1] & ~right[0]))
    assert pair_error(*lone, len(truth)) < error < 2 * pair_error(*lone, len(truth))


def _folds(answers: bytes, name: str) -> list[dict[str, Any]]:
    return [{name: x} for _, x in sorted(load(answers).items())]
