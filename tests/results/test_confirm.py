"""What a confirmation makes of its runs; all are in the store already, so none is trained."""

import csv
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.records.estimates import mean
from peftsearch.records.trial import Proposal
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.confirmations import kept_runs
from peftsearch.results.confirmations.confirmation import (
    SEEDS,
    SWEPT,
    TUNED,
    Arm,
    Confirmation,
    Run,
    lines,
)
from peftsearch.results.confirmations.confirmer import Confirmer
from peftsearch.results.confirmations.counts import uniform_lora
from peftsearch.results.confirmations.front_confirmer import FrontConfirmer
from peftsearch.results.confirmations.pending import Counts, Pending, tell_forecast
from peftsearch.results.confirmations.plan import RATES, Plan, first_seeds
from peftsearch.results.confirmations.subject import Subject
from peftsearch.results.confirmations.verdict import tell_verdict
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import hash_rows
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.search.jobs import make_trial
from tests.specs import make_spec
from tests.workers.tiny import LAYERS, save_model, spec_on

ROWS = 60
USUAL = Plan()
PICKED = Configuration((Stratum(0, LAYERS, (Module("bitfit"),)),), 1e-3)
PROBE = Configuration((Stratum(0, LAYERS),), 1e-3)


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> TrialRunner:
    """Of a small job on real files."""
    folder = tmp_path_factory.mktemp("confirm")
    with (folder / "data.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows((f"film {'very ' * (i % 40)}{i}", "ud"[i % 2]) for i in range(80))
    data = spec_on(save_model(folder / "model", "bert"), task={"train": "data.csv"}).to_json()
    return TrialRunner.open(complete_spec(data, folder), "cpu")


@pytest.fixture
def confirmer(new_sqlite: Callable[[], str], runner: TrialRunner) -> Iterator[Confirmer]:
    """It may not train."""

    def refuse(line: str) -> None:
        raise AssertionError(line)

    with Store.open(new_sqlite()) as store:
        yield Confirmer(store, store.create_job(runner.spec), runner, refuse)


def subject_of(confirmer: Confirmer) -> Subject:
    return Subject(confirmer.job, (PICKED,))


def record_rates(confirmer: Confirmer, found: Sequence[tuple[int, float]]) -> None:
    """Of each rate of LoRA how many rows of the validation split are right, and the loss."""
    for rate, (right, loss) in zip(RATES, found, strict=True):
        content = {
            "key": uniform_lora(confirmer.job.spec, rate, PICKED).key,
            "seed": SEEDS[0],
            "split": "validation",
            "measurements": {"accuracy": right / ROWS, "loss": loss},
            "predictions": [],
            "references": [],
        }
        confirmer.store.save_report(confirmer.job.id, "confirm-run", content)


def _delong(better: list[list[float]], worse: list[list[float]], truth: list[float]) -> float:
    """Standard error of the difference of two areas, by their placements."""
    positive = np.array(truth) == 1
    gaps = []
    for outputs in (better, worse):
        scores = np.array(outputs)[:, 1]
        above = np.sign(np.subtract.outer(scores[positive], scores[~positive])) / 2 + 0.5
        gaps.append((above.mean(axis=1), above.mean(axis=0)))
    parts = (left - right for left, right in zip(*gaps, strict=True))
    return float(np.sqrt(sum(x.var(ddof=1) / len(x) for x in parts)))


@pytest.mark.parametrize(
    ("found", "best"),
    [
        ([(40, 0.1), (41, 0.9), (40, 0.1), (39, 0.1), (38, 0.1)], 1),
        ([(40, 0.5), (40, 0.4), (40, 0.3), (40, 0.2), (39, 0.1)], 3),
        ([(39, 0.1), (40, 0.3), (40, 0.3), (38, 0.3), (38, 0.3)], 1),
    ],
)
def test_lora_gets_its_best_rate_and_of_equals_the_one_of_the_smallest_loss(
    confirmer: Confirmer, found: list[tuple[int, float]], best: int
) -> None:
    record_rates(confirmer, found)
    tuned = confirmer._tune_lora(PICKED)
    assert tuned == uniform_lora(confirmer.job.spec, RATES[best], PICKED)


def test_what_was_scored_on_other_test_rows_is_not_recalled(confirmer: Confirmer) -> None:
    now = hash_rows(confirmer.runner.split("test"), confirmer.runner.data.label_names)
    content = {"key": PICKED.key, "seed": SEEDS[0], "split": "test"}
    scored: dict[str, Any] = {"measurements": {}, "predictions": [], "references": []}
    for data, known in (("another", False), (now, True)):
        saved = {**content, **scored, "data": data}
        confirmer.store.save_report(confirmer.job.id, "confirm-run", saved)
        assert (confirmer._recall(content) is not None) is known
        assert confirmer.count(subject_of(confirmer)).left == 14 - known


def test_what_is_to_come_is_told_before_it_begins(confirmer: Confirmer) -> None:
    """Trainings that are kept from before are not counted."""
    assert confirmer.count(subject_of(confirmer)).left == 14
    record_rates(confirmer, [(40, 0.1)] * 5)
    assert confirmer.count(subject_of(confirmer)).left == 9
    trial = make_trial(0, Proposal(PICKED, 0, "try"), 0.5)
    ran = [replace(trial, running_seconds=x) for x in (50.0, 70.0)]
    spec = confirmer.job.spec
    assert tell_forecast(Pending.of(spec, ran, Counts(9, 14))) == (
        "9 trainings of 14, the others are kept, 4 min 50 s to 18 min 00 s from now by the job's "
        "trials; what is interrupted goes on where it was"
    )
    plan = Plan()
    assert len(RATES) + 3 * plan.seeds == plan.trainings == 14
    words = confirmer.count(subject_of(confirmer)).words
    parts = "5 for the rate of LoRA, then 3 seeds each of the picked one, the linear probe and"
    assert words == f"{parts} tuned LoRA"
    assert tell_forecast(Pending.of(spec, [], Counts(9, 14, words=words))).startswith(
        f"9 trainings of 14 ({words}), the others are kept; what is interrupted"
    )
    told = tell_forecast(Pending.of(spec, [], Counts(14, 14)))
    assert told == "14 trainings; what is interrupted goes on where it was"
    assert (
        tell_forecast(Pending.of(spec, ran, Counts(0, 14)))
        == "all 14 trainings are kept from before"
    )


def test_what_is_left_is_told_by_what_trainings_here_took(confirmer: Confirmer) -> None:
    trial = make_trial(0, Proposal(PICKED, 0, "try"), 0.5)
    ran = [replace(trial, running_seconds=600.0)] * 4
    pending = Pending.of(confirmer.job.spec, ran, Counts(5, 14))
    assert "min" in pending.tell()
    for _ in range(2):
        pending.note(PICKED, 2.0)
    assert pending.left == 3 and pending.tell() == "4 s to 10 s"
    for _ in range(3):
        pending.note(PICKED, 2.0)
    assert pending.left == 0 and pending.tell() == ""


def test_lora_is_trained_for_as_long_as_what_it_is_compared_with() -> None:
    spec = make_spec(training={"epochs": [1, 2, 4], "dropout": [0.0, 0.1]})
    picked = replace(PICKED, training=Hyperparameters(epochs=4.0))
    lora = uniform_lora(spec, 1e-3, picked)
    assert lora.training == Hyperparameters(epochs=4.0, dropout=0.0)
    assert uniform_lora(make_spec(), 1e-3, PICKED).training == Hyperparameters()


def test_an_arm_stands_at_the_mean_of_its_seeds(runner: TrialRunner) -> None:
    runs = [Run({"accuracy": right / 60}, [1.0] * 60, [1.0] * 60) for right in (54, 55, 59)]
    arms = Arm("picked", PICKED, tuple(runs)), Arm("linear probe", PROBE, (runs[0],) * 3)
    data = Confirmation(arms, (Difference(0.1, 0.0, 0.2),), "accuracy").to_json(runner.spec)
    assert [x["mean"] for x in data["arms"]] == pytest.approx([56 / 60, 54 / 60])
    spread = ((4 + 1 + 9) / 2 / 3) ** 0.5 / 60
    assert [x["standard_error"] for x in data["arms"]] == pytest.approx([spread, 0])
    (told,) = data["differences"]
    assert told.items() >= {"versus": "linear probe", "mean": 0.1, "low": 0.0, "high": 0.2}.items()


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        (Difference(0.02, 0.01, 0.03), "the picked point is better"),
        (Difference(-0.02, -0.03, -0.01), "the linear probe is better"),
        (Difference(0.02, -0.01, 0.03), "not told apart by these rows and seeds"),
    ],
)
def test_the_better_one_is_named_whoever_it_is(
    runner: TrialRunner, difference: Difference, verdict: str
) -> None:
    run = Run({"accuracy": 0.5}, [1.0], [1.0])
    arms = Arm("picked", PICKED, (run,)), Arm("linear probe", PROBE, (run,))
    text = lines(Confirmation(arms, (difference,), "accuracy"), runner.spec)
    assert text[-1].endswith(f": {verdict}")


def test_an_area_is_computed_from_the_outputs_that_a_run_keeps(
    confirmer: Confirmer,
) -> None:
    """Through the store and back, where predictions of classes alone would tell no area."""
    truth = [float(i % 2) for i in range(20)]
    better = [[0.0, 2 * label + i / 40] for i, label in enumerate(truth)]
    worse = [[0.0, -1.0 if i < 5 else row[1]] for i, row in enumerate(better)]
    arms = []
    for configuration, outputs in ((PICKED, better), (PROBE, worse)):
        content = {"key": configuration.key, "seed": SEEDS[0], "split": "test"}
        found = {"measurements": {}, "predictions": outputs, "references": truth}
        confirmer.store.save_report(confirmer.job.id, "confirm-run", content | found)
        run = confirmer._run(configuration, SEEDS[0], "test")
        arms.append(Arm("arm", configuration, (run,)))
    difference = confirmer._difference(arms[0], arms[1], "roc_auc")
    # Two of ten positive rows fall below seven negative ones, and tie with three.
    assert difference.mean == pytest.approx(2 / 10 * (7 + 3 / 2) / 10)
    # Of the difference of two areas on the same rows (DeLong, DeLong and Clarke-Pearson, 1988).
    assert difference.error == pytest.approx(_delong(better, worse, truth), rel=0.05)


def keep_run(confirmer: Confirmer, configuration: Configuration, seed: int, right: int) -> None:
    """As if this training had been made: it is right on the first rows of the test split."""
    answers = [1.0] * right + [0.0] * (ROWS - right)
    content = {"key": configuration.key, "seed": seed, "split": "test"}
    found = {"measurements": {"accuracy": right / ROWS}, "predictions": answers}
    confirmer.store.save_report(
        confirmer.job.id, "confirm-run", {**content, **found, "references": [1.0] * ROWS}
    )


def keep_all(confirmer: Confirmer, seeds: int) -> None:
    """All that a confirmation needs: LoRA is best at its first rate."""
    record_rates(confirmer, [(41, 0.1), (40, 0.1), (40, 0.1), (40, 0.1), (40, 0.1)])
    lora = uniform_lora(confirmer.job.spec, RATES[0], PICKED)
    for seed in first_seeds(seeds):
        keep_run(confirmer, PICKED, seed, 54 + seed % 3)
        early = first_seeds(3)
        keep_run(confirmer, lora, seed, 30 + 8 * early.index(seed) if seed in early else 38)
    for seed in SEEDS:
        keep_run(confirmer, PROBE, seed, 45)


def listen(confirmer: Confirmer, plan: Plan = USUAL) -> tuple[Confirmer, list[str]]:
    """One that may speak, still without anything to train."""
    told: list[str] = []
    return replace(confirmer, report=told.append, plan=plan), told


def test_a_reading_is_entered_by_the_rows_and_the_same_again_is_no_other(
    confirmer: Confirmer,
) -> None:
    keep_all(confirmer, 5)
    listener, told = listen(confirmer)
    first, again = (listener.confirm(PICKED, PROBE) for _ in range(2))
    assert first == again and told == ["computing intervals of the differences"] * 2
    split, names = confirmer.runner.split("test"), confirmer.runner.data.label_names
    (entry,) = confirmer.store.readings(hash_rows(split, names))
    assert first.reading == entry and (entry.number, entry.job) == (1, confirmer.job.name)
    assert PICKED.key in entry.subject and not first.earlier
    for seed in first_seeds(5)[3:]:
        keep_run(confirmer, PROBE, seed, 45)
    second = listen(confirmer, Plan.of(5, None))[0].confirm(PICKED, PROBE)
    assert second.reading is not None and second.reading.number == 2
    assert second.earlier == (entry,)
    assert {x.level for x in first.differences} == {0.95}
    assert {x.level for x in second.differences} == {0.975}
    data = second.to_json(confirmer.runner.spec)
    assert (data["seeds"], data["level"]) == (list(first_seeds(5)), 0.975)
    assert data["reading"]["number"] == 2 and len(data["earlier_readings"]) == 1


def test_another_reader_of_the_same_rows_comes_second(confirmer: Confirmer) -> None:
    keep_all(confirmer, 3)
    rows = hash_rows(confirmer.runner.split("test"), confirmer.runner.data.label_names)
    other = confirmer.store.create_job(make_spec("other"))
    confirmer.store.record_reading(other.id, rows, "key")
    found = listen(confirmer)[0].confirm(PICKED, PROBE)
    assert found.reading is not None and found.reading.number == 2
    assert [x.job for x in found.earlier] == ["other"]


def test_seeds_are_added_until_the_interval_is_narrow_or_the_limit_is_reached(
    confirmer: Confirmer,
) -> None:
    keep_all(confirmer, 10)
    wide = listen(confirmer, Plan.of(None, 1.0))[0].confirm(PICKED, PROBE)
    assert [len(arm.runs) for arm in wide.arms] == [3, 3, 3]
    width = 0.35
    listener, told = listen(confirmer, Plan.of(None, width))
    found = listener.confirm(PICKED, PROBE)
    counts = [len(arm.runs) for arm in found.arms]
    assert 10 > counts[0] == counts[2] > 3 == counts[1]
    assert found.differences[1].width <= width
    assert len(told) == counts[0] - 3 + 1 and "wide: a further seed, 4" in told[0]
    limited = listen(confirmer, Plan.of(4, 0.001))[0].confirm(PICKED, PROBE)
    assert [len(arm.runs) for arm in limited.arms] == [4, 3, 4]
    assert lines(limited, confirmer.runner.spec)[0].endswith(
        "3 to 4 seeds of what is trained; in brackets the 99.17 % interval by rows and seeds"
    )


def test_the_best_of_the_sweep_is_an_arm_where_it_is_asked_for(confirmer: Confirmer) -> None:
    keep_all(confirmer, 3)
    swept = uniform_lora(confirmer.job.spec, 3e-3, PICKED)
    for seed in SEEDS:
        keep_run(confirmer, swept, seed, 40)
    listener = listen(confirmer, Plan(swept=swept))[0]
    assert listener.count(subject_of(listener)).left == 0
    found = listener.confirm(PICKED, PROBE)
    assert [x.name for x in found.arms] == ["picked", "linear probe", TUNED, SWEPT]
    (difference,) = (x for arm, x in found.pairs if arm.name == SWEPT)
    gap = mean(found.arms[0].values("accuracy")) - 40 / ROWS
    assert difference.mean == pytest.approx(gap) and difference.low < difference.mean
    assert "the best of the LoRA sweep" in tell_verdict(found)


def test_the_forecast_tells_the_seeds_that_a_width_may_add(confirmer: Confirmer) -> None:
    listener, _ = listen(confirmer, Plan.of(6, 0.1))
    subject = subject_of(confirmer)
    assert replace(listener.count(subject), words="", tuned=0) == Counts(14, 14, 6)
    keep_run(confirmer, PICKED, first_seeds(4)[3], 50)
    assert replace(listener.count(subject), words="", tuned=0) == Counts(14, 14, 5)
    left, kept = Pending(left=14, total=14), Pending(total=14)
    assert "14 trainings; for the width up to 5 more;" in tell_forecast(left, 5)
    assert tell_forecast(kept, 5).endswith("kept from before; for the width up to 5 more")


def test_a_front_is_one_reading_and_its_lora_is_tuned_once(confirmer: Confirmer) -> None:
    keep_all(confirmer, 3)
    told: list[str] = []
    given = confirmer.store, confirmer.job, confirmer.runner, told.append
    front = FrontConfirmer(*given)
    members = PROBE, PICKED
    assert replace(front.count(Subject(confirmer.job, members, front=True)), words="") == Counts(
        0, 14
    )
    found = front.confirm_front(members, PROBE)
    assert found.reading.number == 1 and told == ["computing intervals of the differences"]
    assert [x.configuration for x in found.arms] == [PROBE, PICKED]
    (floor, tuned), (_, other) = found.comparisons[1], found.comparisons[0]
    assert floor.versus.name == "linear probe" and floor.difference.mean > 0
    assert tuned.versus == other.versus
    alone = listen(confirmer)[0].confirm(PICKED, PROBE)
    assert alone.reading is not None and alone.reading.number == 2
    assert alone.differences[1].mean == tuned.difference.mean
    with pytest.raises(UserError, match="none yet"):
        Subject(confirmer.job, (), front=True)


def test_a_finished_training_waits_for_a_database_that_is_away(
    new_sqlite: Callable[[], str], runner: TrialRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_runs, "PAUSE_SECONDS", 0.01)
    url, told = new_sqlite(), []
    path = url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def report(line: str) -> None:
        told.append(line)
        other.execute("BEGIN IMMEDIATE" if "training" in line else "ROLLBACK")

    with Store.open(f"{url}?timeout=0.01") as store, closing(other):
        job = store.create_job(runner.spec)
        run = Confirmer(store, job, runner, report)._run(PICKED, SEEDS[0], "validation")
        (kept,) = store.reports(job.id, "confirm-run")
    assert kept["measurements"] == run.measurements
    assert len(told) == 2 and "database is locked" in told[1]


def test_of_two_confirmations_at_once_one_keeps_a_training(
    new_sqlite: Callable[[], str], runner: TrialRunner
) -> None:
    """A report counted it twice."""
    url = new_sqlite()

    def overtake(line: str) -> None:
        with Store.open(url) as other:
            Confirmer(other, job, runner, lambda line: None)._run(PICKED, SEEDS[0], "validation")

    with Store.open(url) as store:
        job = store.create_job(runner.spec)
        run = Confirmer(store, job, runner, overtake)._run(PICKED, SEEDS[0], "validation")
        (kept,) = store.reports(job.id, "confirm-run")
    assert kept["measurements"]["loss"] == run.measurements["loss"]
