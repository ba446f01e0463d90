import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from peftsearch.spaces.configuration import Configuration, Module, Stratum
from peftsearch.spaces.cost import KNOWN_COSTS
from peftsearch.spaces.errors import UserError
from peftsearch.spaces.jobspec import JobSpec
from peftsearch.spaces.objectives import OBJECTIVES, QUALITIES
from peftsearch.workers import bench as bench_module
from peftsearch.workers.bench import Bench
from peftsearch.workers.data import Split, load_test
from peftsearch.workers.encoding import mean_tokens

from .tiny import LAYERS, complete, make_spec, state_of

LORA = Configuration((Stratum(0, LAYERS, (Module("lora", 4, ("query", "value")),)),), 5e-3)
PROBE = Configuration((Stratum(0, LAYERS),), 1e-3)


def _write(path: Path, regression: bool = False) -> Path:
    """160 different texts whose label is one word of them."""
    fillers = ("film", "plot", "the", "a", "is", "was", "very", "not")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for i in range(160):
            words = [fillers[(i >> shift) % 8] for shift in range(6)]
            word, value = ("good", 1.5) if i % 2 else ("bad", -0.5)
            writer.writerow([" ".join([*words, word]), value if regression else word])
    return path


def _open(tmp_path: Path, model: Path, kind: str = "classification", **training: Any) -> Bench:
    data = _write(tmp_path / "data.csv", kind == "regression")
    task = {"train": str(data), "kind": kind}
    spec = make_spec(model, task=task, training={"batch_size": 8, "epochs": 6} | training)
    return Bench.open(complete(spec), "cpu")


@pytest.fixture
def bench(tmp_path: Path, folders: dict[str, Path]) -> Iterator[Bench]:
    made = _open(tmp_path, folders["bert"])
    before = state_of(made.backbone)
    yield made
    after = state_of(made.backbone)
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_outcome_holds_every_objective_and_its_evidence(bench: Bench) -> None:
    steps: list[tuple[int, int]] = []
    outcome = bench.evaluate(LORA, 3, lambda done, total: steps.append((done, total)))
    qualities = {name for names in QUALITIES.values() for name in names} - {"loss"}
    expected = set(OBJECTIVES) - qualities | set(QUALITIES["classification"])
    assert set(outcome.measurements) == expected
    for name, cost in KNOWN_COSTS.items():
        assert outcome.measurements[name] == cost(LORA, bench.spec.anatomy)
    assert outcome.measurements["accuracy"] == np.mean(outcome.predictions == outcome.references)
    assert outcome.measurements["accuracy"] > 0.9
    assert outcome.measurements["training_seconds"] > 0
    assert len(outcome.predictions) == len(bench.data.validation.labels)
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))
    assert {total for _, total in steps} == {len(steps)}
    assert mean_tokens(bench.encoded("train"), bench.backbone.model.config.to_dict()) == 7
    assert bench.device == "cpu"


def test_provenance_is_plain_data_that_says_on_what_and_with_what(bench: Bench) -> None:
    provenance = json.loads(json.dumps(bench.provenance(9)))
    assert provenance["model"]["sha256"] == bench.backbone.sha256
    assert provenance["model"]["heads"] == ["classifier"]
    assert provenance["data"] == bench.data.fingerprint
    assert provenance["versions"]["torch"] == torch.__version__
    assert (provenance["seed"], provenance["threads"]) == (9, torch.get_num_threads())


def test_same_trial_again_is_equal_whatever_ran_between(bench: Bench) -> None:
    first = bench.evaluate(LORA, 3)
    bench.evaluate(PROBE, 4)
    again = bench.evaluate(LORA, 3)
    assert all(torch.equal(first.tensors[k], again.tensors[k]) for k in first.tensors)
    timed = {"training_seconds", "peak_memory_bytes"}
    for name in set(first.measurements) - timed:
        assert first.measurements[name] == again.measurements[name]


def test_the_probe_has_a_learning_curve_too_since_its_head_is_trained(bench: Bench) -> None:
    for configuration in (LORA, PROBE):
        curve = bench.evaluate(configuration, 3).curve
        steps = bench.spec.training.epochs * len(bench.data.train.labels) / 8
        assert len(curve) == 20 <= steps
        assert all(0 < share < 1 for share in curve)
        losses = list(curve.values())
        assert losses[-1] < losses[0] < 2


def test_saved_tensors_predict_what_was_scored(bench: Bench) -> None:
    outcome = bench.evaluate(LORA, 3)
    logits = bench.predict(LORA, outcome.tensors, bench.encoded("validation"))
    assert (logits.argmax(1).numpy() == outcome.predictions).all()


def test_test_split_is_read_only_when_asked_for(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def read(spec: JobSpec) -> Split:
        reads.append(spec.name)
        return load_test(spec)

    monkeypatch.setattr(bench_module, "load_test", read)
    bench.evaluate(PROBE, 0)
    assert reads == []
    outcome = bench.evaluate(PROBE, 0, split="test")
    assert reads == ["tiny"]
    assert len(outcome.predictions) == len(load_test(bench.spec).labels)


def test_cancelling_restores_the_backbone(bench: Bench) -> None:
    def cancel(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    before = state_of(bench.backbone)
    with pytest.raises(KeyboardInterrupt):
        bench.evaluate(LORA, 0, cancel)
    assert all(torch.equal(x, before[k]) for k, x in state_of(bench.backbone).items())


def test_cancelling_works_in_evaluation_too(bench: Bench) -> None:
    def cancel(done: int, total: int) -> None:
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.evaluate(PROBE, 0, cancel)


def test_regression_measures_correlations(tmp_path: Path, folders: dict[str, Path]) -> None:
    bench = _open(tmp_path, folders["llama"], "regression")
    outcome = bench.evaluate(LORA, 0)
    assert set(QUALITIES["regression"]) < set(outcome.measurements)
    assert outcome.measurements["pearson"] > 0.9
    assert outcome.references.dtype.kind == outcome.predictions.dtype.kind == "f"


def test_missing_data_is_refused_before_the_model_is_loaded(folders: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="unused.csv"):
        Bench.open(complete(make_spec(folders["bert"])), "cpu")


def test_techniques_that_need_gradients_get_those_of_the_training_rows(bench: Bench) -> None:
    """The chosen entries are a function of the seed, whatever the head was before."""
    sparse = Module("sparse_gradient", 20, ("query", "value"))
    configuration = Configuration((Stratum(0, LAYERS, (sparse,)),), 1e-3)
    first = bench.evaluate(configuration, 1)
    second = bench.evaluate(configuration, 1)
    entries = [name for name in first.tensors if name.endswith("entries")]
    assert len(entries) == 2 * LAYERS
    assert all(torch.equal(x, second.tensors[name]) for name, x in first.tensors.items())
    random = Module("sparse_random", 20, ("query", "value"))
    other = bench.evaluate(Configuration((Stratum(0, LAYERS, (random,)),), 1e-3), 1)
    assert not all(torch.equal(first.tensors[name], other.tensors[name]) for name in entries)
