"""What a duel scores, and the script that one of its arms trains by."""

from pathlib import Path

import pytest
import torch

from benchmarks.duel.arms import run_ours
from benchmarks.duel.clock import CpuClock
from benchmarks.duel.jobs import add_earlier
from benchmarks.duel.scoring import find_front, hypervolume
from benchmarks.duel.script import train
from benchmarks.duel.tables import tell
from peftsearch.records.trial import Proposal
from peftsearch.storage.store import Store
from peftsearch.workers.processes.earlier_jobs import find_lessons
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.search.jobs import lora, make_trial
from tests.specs import make_spec
from tests.workers.runners import LORA, open_runner
from tests.workers.tiny import save_model


def test_hypervolume_is_decades_of_bytes_times_accuracy_above_the_floor() -> None:
    assert hypervolume([10], [0.9], 1000, 0.8) == pytest.approx(2 * 0.1)
    assert hypervolume([10, 100], [0.9, 0.95], 1000, 0.8) == pytest.approx(0.2 + 0.05)
    assert hypervolume([10], [0.7], 1000, 0.8) == hypervolume([], [], 1000, 0.8) == 0


def test_a_member_is_chosen_by_its_mean_and_has_the_adapter_of_its_best_seed() -> None:
    """The second is better by its best seed alone, and dearer."""
    seeds = [(1, 0, 0.80), (2, 0, 0.75), (2, 1, 0.84), (4, 0, 0.81), (4, 1, 0.83)]
    trials = [
        make_trial(i, Proposal(lora(rank), seed, "search"), accuracy)
        for i, (rank, seed, accuracy) in enumerate(seeds)
    ]
    assert [x.number for x in find_front(make_spec(), trials)] == [0, 4]


def test_the_time_that_an_arm_needed_is_counted_to_where_tpe_of_its_seed_ended() -> None:
    known = {"data": "made", "minutes": 1.0, "trials": [1, 2, 3], "members": [1, 1, 2]}
    known |= {"best_test": 0.9}
    rows = [
        {"data": "made", "floor": 0.7},
        {"arm": "TPE", "seed": 0, "volumes": [0.0, 0.1, 0.2], "curve": [[50, 0.2]], **known},
        {"arm": "ours", "seed": 0, "volumes": [0.2, 0.1, 0.3], "curve": [[15, 0.2]], **known},
        {"arm": "late", "seed": 0, "volumes": [0.0, 0.0, 0.1], "curve": [[15, 0.1]], **known},
    ]
    lines = tell(rows).splitlines()[-3:]
    assert [x.split(" | ")[-1] for x in lines] == ["83% |", "25% |", "never |"]
    assert "| ours | 1 | 0.200 | 0.100 | 0.300 | 3.0 | 2.0 | 0.900 |" in lines[1]


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> TrialRunner:
    folder = tmp_path_factory.mktemp("duel")
    return open_runner(folder, save_model(folder / "bert", "bert"), epochs=2)


def test_the_script_trains_a_configuration_and_leaves_the_model(
    runner: TrialRunner, tmp_path: Path
) -> None:
    before = {name: x.clone() for name, x in runner.backbone.model.state_dict().items()}
    accuracy, tensors = train(runner, LORA, 1, tmp_path)
    after = runner.backbone.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not runner.backbone.model.training
    validation = runner.encoded("validation")
    answers = runner.predict(LORA, tensors, validation).argmax(-1)
    assert accuracy == pytest.approx(float((answers == validation.labels).float().mean()))
    assert any(x.abs().max() > 0 for name, x in tensors.items() if "lora_B" in name)


def test_our_arm_is_a_job_with_the_second_at_which_each_trial_ended(
    runner: TrialRunner, tmp_path: Path
) -> None:
    asked = {"budget": {"trials": 2}, "search": {"learn_from": "none"}}
    spec = type(runner.spec).model_validate(runner.spec.to_json() | asked)
    run = run_ours(spec, CpuClock(float("inf")), tmp_path, after=False)
    assert [x.number for x in run.trials] == [0, 1]
    assert 0 < run.ended[0] < run.ended[1]
    assert run.until(run.ended[0]) == run.trials[:1]
    assert all((tmp_path / str(x.adapter)).is_dir() for x in run.trials)


def test_no_trial_is_begun_when_the_time_is_over(runner: TrialRunner, tmp_path: Path) -> None:
    run = run_ours(runner.spec, CpuClock(0.0), tmp_path, after=False)
    assert run.trials == []


def test_the_earlier_job_teaches(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'duel.db'}") as store:
        add_earlier(store, 0)
        (lesson,) = find_lessons(store, make_spec())
    assert lesson.job == "earlier-tweets"
    assert lesson.configurations
