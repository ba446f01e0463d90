"""What a job says of its trainings' batches, against the batches that a training computes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.configurations.regimes import as_trained
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.workers.training import optimisation
from peftsearch.workers.training.rehearsal import rehearse
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.tiny import LAYERS, complete, save_model

Shapes = list[tuple[int, int]]


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> Shapes:
    """Of the batches that are trained on from here."""
    seen: Shapes = []
    loss = optimisation.compute_loss

    def watch(backbone, batch, precision):  # type: ignore[no-untyped-def]
        seen.append(tuple(batch["input_ids"].shape))
        return loss(backbone, batch, precision)

    monkeypatch.setattr(optimisation, "compute_loss", watch)
    return seen


def test_a_workload_is_what_training_computes(
    tmp_path: Path, folders: dict[str, Path], shapes: Shapes
) -> None:
    """One pass in the order of the job's seed: to the token."""
    runner = open_runner(tmp_path, folders["bert"], epochs=1, accumulate=3)
    runner.evaluate(LORA, runner.spec.seed)
    found = runner.workload
    assert found is not None
    assert found.batches == len(shapes)
    assert found.sequences == sum(n for n, _ in shapes)
    assert found.together == max(n for n, _ in shapes)
    assert found.tokens == (sum(n * t for n, t in shapes),)
    assert found.pairs == ((sum(n * t * t for n, t in shapes),),)
    assert found.longest == (max(t for _, t in shapes),)


def test_a_rehearsal_counts_as_a_worker_does(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner = open_runner(tmp_path, folders["bert"], gradient_checkpointing=True)
    foreseen = rehearse(complete(runner.spec), runner.data).spec.anatomy.workload
    worker = runner.describe().workload
    assert foreseen is not None and worker is not None
    assert foreseen == worker
    assert worker.recomputed


SEARCHED: dict[str, Any] = {
    "batch_size": [4, 8, 16],
    "epochs": [0.5, 2],
    "dropout": [0.0, 0.1],
}


@pytest.mark.parametrize("rehearsed", [False, True])
@pytest.mark.parametrize(
    "said", [{"batch_size": 4, "epochs": 2.0}, {"batch_size": 16, "dropout": 0.1}, {}]
)
def test_a_configuration_costs_what_a_job_of_its_batch_size_says(
    said: dict[str, Any], rehearsed: bool, tmp_path: Path, folders: dict[str, Path]
) -> None:
    """What it leaves open has the usual value."""

    def claims(configuration: Configuration, **training: Any) -> list[float]:
        runner = open_runner(tmp_path, folders["bert"], **training)
        anatomy = runner.describe()
        if rehearsed:
            anatomy = rehearse(complete(runner.spec), runner.data).spec.anatomy
        names = ("training_memory", "training_flops")
        return [KNOWN_COSTS[x](configuration, anatomy) for x in names]

    own = {"batch_size": 8, "epochs": 0.5, "dropout": 0.0} | said
    tried = replace(LORA, training=Hyperparameters(**said))
    assert claims(tried, **SEARCHED) == claims(LORA, **own)


@pytest.mark.parametrize("dropout", [0.1, [0.0, 0.1, 0.2]])
def test_what_is_trained_with_dropout_takes_more(
    dropout: float | list[float], tmp_path: Path, folders: dict[str, Path]
) -> None:
    """LoRA keeps masks; DoRA computes a product more as well; biases have no dropout."""
    anatomy = open_runner(tmp_path, folders["bert"], dropout=dropout).describe()
    plain = open_runner(tmp_path, folders["bert"]).describe()
    memory, flops = KNOWN_COSTS["training_memory"], KNOWN_COSTS["training_flops"]
    dora = _all_layers(Module("dora", 4, ("query", "value")))
    biases = _all_layers(Module("bitfit", 0, ()))
    assert memory(LORA, anatomy) > memory(LORA, plain)
    assert flops(LORA, anatomy) == flops(LORA, plain)
    assert flops(dora, anatomy) > flops(dora, plain)
    assert memory(biases, anatomy) == memory(biases, plain)
    without = replace(LORA, training=Hyperparameters(dropout=0.0))
    assert memory(without, anatomy) == memory(LORA, plain)


def _all_layers(module: Module) -> Configuration:
    return Configuration((Stratum(0, LAYERS, (module,)),), 1e-3)


def test_a_trial_of_a_searched_batch_size_is_claimed_and_trained_with_it(
    tmp_path: Path, folders: dict[str, Path], shapes: Shapes
) -> None:
    runner = open_runner(tmp_path, folders["bert"], **SEARCHED)
    tried = replace(LORA, training=Hyperparameters(epochs=0.5, batch_size=4))
    found = runner.evaluate(tried, runner.spec.seed).measurements
    workload = as_trained(tried, runner.anatomy).counted_workload
    assert workload.together == 4 == max(n for n, _ in shapes)
    assert workload.tokens == (sum(n * t for n, t in shapes),)
    for name in ("training_memory", "training_flops"):
        assert found[name] == KNOWN_COSTS[name](tried, runner.anatomy)


def test_a_workload_of_searched_values_is_read_again(
    tmp_path: Path, folders: dict[str, Path]
) -> None:
    anatomy = open_runner(tmp_path, folders["bert"], **SEARCHED).describe()
    again = Anatomy.model_validate_json(anatomy.model_dump_json())
    assert again == anatomy
    assert len(again.counted_workload.others) == 5
    tried = replace(LORA, training=Hyperparameters(epochs=2.0, batch_size=4))
    assert as_trained(tried, again) is as_trained(tried, again)


def test_without_a_workload_nothing_needs_it(tmp_path: Path, folders: dict[str, Path]) -> None:
    runner = open_runner(tmp_path, folders["bert"])
    assert "training_memory" not in runner.spec.known_costs
    anatomy = runner.describe()
    assert set(runner.spec.with_anatomy(anatomy).known_costs) == set(KNOWN_COSTS)
    assert KNOWN_COSTS["training_memory"](LORA, anatomy) > KNOWN_COSTS["training_memory"](
        PROBE, anatomy
    )


def test_a_decoder_keeps_no_cache_in_training(tmp_path: Path) -> None:
    """With one, layers that are computed again would read their keys twice."""
    folder = save_model(tmp_path / "model", "gpt2")
    runner = open_runner(tmp_path, folder, epochs=0.2, gradient_checkpointing=True)
    lora = Module("lora", 4, ("query_key_value",))
    outcome = runner.evaluate(Configuration((Stratum(0, LAYERS, (lora,)),), 1e-3), 0)
    assert outcome.measurements["training_memory"] > 0
    assert runner.backbone.model.config.use_cache
