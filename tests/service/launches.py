"""Jobs for the tests of the service: specs to launch, and jobs with results without training."""

import json
from pathlib import Path
from typing import Any

from peftsearch.records.job import Job
from peftsearch.records.trial import Proposal
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage import examples

CONFIG = {
    "model_type": "bert",
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 512,
}


def write_workshop(folder: Path) -> Path:
    """The configuration of a model, `model/`, and rows that it could learn, `data.csv`."""
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "config.json").write_text(json.dumps(CONFIG))
    rows = [f"text number {i},{i % 2}" for i in range(100)]
    (folder / "data.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    return folder


def spec_of(name: str, **sections: Any) -> dict[str, Any]:
    """A spec whose paths are relative to the workshop."""
    spec = {"model": {"path": "model"}, "task": {"train": "data.csv"}, "budget": {"trials": 8}}
    return {"name": name} | spec | sections


def add_job(store: Store, name: str, qualities: list[float], **sections: Any) -> Job:
    """A job whose first trials ended with these qualities; the first is the linear probe."""
    job = store.create_job(make_spec(name, **sections))
    for index, quality in enumerate(qualities):
        proposal = Proposal(configuration(index), 0, "search")
        examples.insert(store, job.id, [proposal], [{"trainable_parameters": 1000.0 * index}])
        trial = examples.claim(store, job.id)
        examples.complete(store, trial, quality, 1000.0 * index)
    return store.find_job(name)


def configuration(index: int) -> Configuration:
    """The linear probe for 0, else LoRA of another rank for another index."""
    modules = (Module("lora", index, ("query", "value")),) if index else ()
    return Configuration((Stratum(0, 6, modules),), 1e-3)
