"""What is right before it is spoilt: a model, data, a job, its results, adapters, a database."""

import json
from pathlib import Path

from peftsearch.spaces.configurations.recipes import RECIPES
from peftsearch.storage.store import Store
from tests.end_to_end.conftest import write_data, write_model
from tests.seeding import seed_job

JOB = {
    "name": "small",
    "seed": 3,
    "model": {"path": "model", "dtype": "float32"},
    "task": {
        "train": "data.csv",
        "text": ["text"],
        "label": "label",
        "metric": "accuracy",
        "max_length": 16,
        "validation_fraction": 0.2,
        "folds": 1,
    },
    "training": {"epochs": 1, "batch_size": 16, "dropout": 0.0, "max_grad_norm": 1.0},
    "space": {"strata": 2, "boundaries": [[0, 1]], "learning_rates": [1e-4, 1e-2]},
    "objectives": {"maximise": ["accuracy"], "minimise": ["trainable_parameters"]},
    "search": {"sampler": "random", "design": 2},
    "head": {"learning_rate": 1e-3},
    "budget": {"trials": 4, "hours": 1.0},
}
"""As JSON, which job files may be."""
TOML = """name = "small"
[model]
path = "model"
[task]
train = "data.csv"
max_length = 16
[training]
epochs = 1
[budget]
trials = 4
"""
YAML = """name: small
model: {path: model}
task:
  train: data.csv
  max_length: 16
budget:
  trials: 4
"""
QUALITIES = (0.7, 0.72, 0.71)


def write_ground(folder: Path) -> Path:
    """A folder of all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_model(folder / "model")
    write_data(folder / "data.csv", 120)
    (folder / "job.toml").write_text(TOML)
    (folder / "job.yaml").write_text(YAML)
    (folder / "job.json").write_text(json.dumps(JOB))
    _write_results(folder)
    _write_adapters(folder / "adapters", folder / "model")
    with Store.open(f"sqlite:///{folder / 'jobs.db'}"):
        pass
    seed_job(f"sqlite:///{folder / 'jobs.db'}", "small", 12)
    return folder


def _write_results(folder: Path) -> None:
    """Of the linear probe, whose strata are bare, and of the first recipe."""
    bare = {"learning_rate": 1e-3, "strata": [{"start": 0, "stop": 2, "modules": []}]}
    rows = [{"configuration": bare, "accuracy": x} for x in QUALITIES]
    (folder / "results.jsonl").write_text("\n".join(map(json.dumps, rows)))
    lines = [f"{min(RECIPES)},2,{1e-3},{x}" for x in QUALITIES]
    text = "\n".join(["recipe,rank,learning_rate,accuracy", *lines])
    (folder / "results.csv").write_text(text)


def _write_adapters(folder: Path, model: Path) -> None:
    import peft
    from transformers import AutoModelForSequenceClassification

    folder.mkdir()
    (folder / "results.csv").write_text("adapter,accuracy\nrank-2,0.7\nrank-4,0.72\n")
    for rank in (2, 4):
        config = peft.LoraConfig(
            r=rank, lora_alpha=16, target_modules=["query", "value"], task_type="SEQ_CLS"
        )
        base = AutoModelForSequenceClassification.from_pretrained(model)
        peft.get_peft_model(base, config).save_pretrained(str(folder / f"rank-{rank}"))
