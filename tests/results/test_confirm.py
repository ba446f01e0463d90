"""What a confirmation makes of its runs; all are in the store already, so none is trained."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from peftsearch.jobs.jobfile import complete_spec
from peftsearch.records.trial import Proposal
from peftsearch.results.confirm import Confirmer, uniform_lora
from peftsearch.results.confirm_plan import RATES, tell_forecast
from peftsearch.results.confirmation import SEEDS, Arm, Confirmation, Run, lines
from peftsearch.results.intervals import Difference
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.storage.store import Store
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.search.jobs import make_trial
from tests.specs import make_spec
from tests.workers.tiny import LAYERS, save_model, spec_on

ROWS = 60
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


def test_what_is_to_come_is_told_before_it_begins(confirmer: Confirmer) -> None:
    """Trainings that are kept from before are not counted."""
    assert confirmer.count_left(PICKED, PROBE) == 14
    record_rates(confirmer, [(40, 0.1)] * 5)
    assert confirmer.count_left(PICKED, PROBE) == 9
    trial = make_trial(0, Proposal(PICKED, 0, "try"), 0.5)
    ran = [replace(trial, running_seconds=x) for x in (50.0, 70.0)]
    assert tell_forecast(9, ran) == (
        "9 trainings of 14, the others are kept, about 9 min 00 s at the mean of its trials; "
        "what is interrupted goes on where it was"
    )
    assert tell_forecast(14, []) == "14 trainings; what is interrupted goes on where it was"
    assert tell_forecast(0, ran) == "all 14 trainings are kept from before"


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
        (Difference(0.02, -0.01, 0.03), "not resolved by these rows and seeds"),
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
