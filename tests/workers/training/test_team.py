"""A trial that several processes train is the trial of one."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from peftsearch.records.trial import FailureKind
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.training.team import divide
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.keepers import Memory
from tests.workers.outcomes import assert_equal
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.teams import Asked, Told, train_together
from tests.workers.tiny import LAYERS

pytestmark = pytest.mark.usefixtures("warm_start")

TOLERANCE = 2e-4
"""Of each number of an adapter after 40 steps: sums in another order differ in their last bits,
which AdamW enlarges."""


def _in_all(technique: str, capacity: int, *roles: str) -> Configuration:
    return Configuration((Stratum(0, LAYERS, (Module(technique, capacity, roles),)),), 5e-3)


EQUAL = {
    "lora": LORA,
    "the head alone": PROBE,
    "virtual tokens": replace(PROBE, input=Module("prompt", 4)),
    "entries that gradients choose": _in_all("sparse_gradient", 20, "query", "value"),
    "a start within the weights": _in_all("pissa", 4, "query", "value"),
    "entries that move": _in_all("spiel", 20, "query", "value"),
    "matrices, then their entries": _in_all("lt_sft", 20, "query", "value"),
    "ranks that are cut": _in_all("adalora", 4, "query", "value"),
}
UNDIVIDED = _in_all("lora_moe", 2, "query", "value")
AGAIN, FAILING, SUMMING, BREAKING, AFTER, BROKEN, RESUMED = range(len(EQUAL) + 1, len(EQUAL) + 8)
FULL = RuntimeError("out of memory: tried 8 GiB")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """Of steps of three rows, the last of an epoch of fewer."""
    folder, model = tmp_path_factory.mktemp("team"), folders["bert"]
    return open_runner(
        folder,
        model,
        epochs=1,
        batch_size=3,
        checkpoints=3,
        class_weights={"bad": 3.0},
        precision="float32",
    )


@pytest.fixture(scope="module")
def found(runner: TrialRunner) -> list[Told]:
    """All trainings of this module, since their processes take long to start."""
    keeper = Memory()
    asked = [Asked(x) for x in (*EQUAL.values(), UNDIVIDED)]
    asked += [Asked(LORA), Asked(LORA, fails=FULL), Asked(LORA, fails=FULL, sums=True)]
    asked += [Asked(LORA, fails=OSError(errno.EIO, "broken"))]
    asked += [Asked(LORA), Asked(LORA, keeper=keeper, breaks=20), Asked(LORA, keeper=keeper)]
    return train_together(runner.spec, asked)


@pytest.mark.parametrize("name", EQUAL)
def test_two_processes_train_the_adapter_of_one(
    name: str, runner: TrialRunner, found: list[Told]
) -> None:
    alone, together = runner.evaluate(EQUAL[name], 3), found[list(EQUAL).index(name)]
    assert together.failure is None and together.outcome is not None and together.left
    outcome = together.outcome
    assert list(outcome.tensors) == list(alone.tensors)
    for path, tensor in alone.tensors.items():
        torch.testing.assert_close(outcome.tensors[path], tensor, atol=TOLERANCE, rtol=1e-3)
    assert outcome.provenance["devices"] == 2 and "undivided" not in outcome.provenance
    assert outcome.provenance["kept_step"] == alone.provenance["kept_step"]


def test_what_cannot_be_divided_is_bit_equal_and_told(
    runner: TrialRunner, found: list[Told]
) -> None:
    outcome = found[len(EQUAL)].outcome
    assert outcome is not None
    alone = runner.evaluate(UNDIVIDED, 3)
    assert all(torch.equal(x, alone.tensors[name]) for name, x in outcome.tensors.items())
    (why,) = outcome.provenance["undivided"].values()
    assert "over all rows of a step" in why


def test_equal_trials_are_bit_equal(found: list[Told]) -> None:
    first, again = found[0].outcome, found[AGAIN].outcome
    assert first is not None and again is not None
    assert_equal(again, first)


@pytest.mark.parametrize("where", [FAILING, SUMMING])
def test_what_fails_in_another_process_is_the_failure_of_the_trial_alone(
    found: list[Told], where: int
) -> None:
    failed, after = found[where], found[AFTER].outcome
    assert failed.machine is None
    assert failed.failure is not None and failed.left
    assert failed.failure.kind is FailureKind.OUT_OF_MEMORY
    assert "tried 8 GiB" in failed.failure.message
    assert after is not None and found[0].outcome is not None
    assert_equal(after, found[0].outcome)


def test_a_machine_that_fails_another_process_is_not_blamed_on_the_trial(
    found: list[Told],
) -> None:
    assert found[BREAKING].machine == os.strerror(errno.EIO)


def test_a_team_goes_on_from_a_rung(found: list[Told]) -> None:
    resumed, whole = found[RESUMED].outcome, found[0].outcome
    assert found[BROKEN].outcome is None and found[BROKEN].left
    assert resumed is not None and whole is not None
    assert resumed.provenance["resumed_step"] > 0
    assert_equal(resumed, whole)


def test_rows_are_divided_and_none_is_lost() -> None:
    for size, rows in ((2, 1), (2, 2), (4, 5), (8, 3), (3, 32)):
        parts = [divide(range(rows), size, rank) for rank in range(size)]
        assert [x for part in parts for x in part] == list(range(rows))
        assert max(map(len, parts)) == -(-rows // size)
