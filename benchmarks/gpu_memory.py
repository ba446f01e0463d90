"""The memory that trainings really take on a GPU, against what `training_memory` claims before.

Three models: MiniLM-L6 on film reviews, SmolLM2-135M on instructions, and a Llama of 1.1 billion
random weights in bfloat16 on prompts of up to 512 tokens, 4 at a time. Each training has 12 steps.
Read is what CUDA's allocator held at most (`max_memory_allocated`) above what it held before, by
the last step and by the end of the trial; what it kept from the card (`max_memory_reserved`); and
what else of the card is used, which is the context's.

Usage, where there is a GPU: python -m benchmarks.gpu_memory [--json benchmarks/gpu_memory.json]
"""

import argparse
import csv
import gc
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.memory import ALL as ENCODER
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.samples.fetch import fetch_sample
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.training_memory import step_bytes, training_memory
from peftsearch.workers.training.trial_runner import TrialRunner

DEVICE, STEPS = "cuda", 12
DECODER = ("query", "key", "value", "attention_output", "mlp_gate", "mlp_in", "mlp_out")
LARGE = {"hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22}
HEADS = {"num_attention_heads": 32, "num_key_value_heads": 4}
PROMPTS = 12
"""Of the instructions, joined to one of the large model's."""


@dataclass(frozen=True)
class Model:
    """What is trained on what, and how often it is measured."""

    path: str
    train: str
    roles: tuple[str, ...]
    batch_size: int
    precisions: tuple[str, ...]
    whole: bool = True
    task: dict[str, Any] = field(default_factory=dict)


def make_models(scratch: Path) -> dict[str, Model]:
    """The three; the large one is written."""
    instructed: dict[str, Any] = {"kind": "causal_lm", "max_length": 96}
    both = ("float32", "auto")
    return {
        "encoder": Model("demo:model", "demo:data", ENCODER, 16, both),
        "decoder": Model("demo:decoder", "demo:instructions", DECODER, 16, both, task=instructed),
        "large decoder": Model(
            *write_large(scratch), DECODER, 4, ("auto",), False, instructed | {"max_length": 512}
        ),
    }


def write_large(scratch: Path) -> tuple[str, str]:
    """A model of TinyLlama's shape with SmolLM2's tokenizer, and long prompts."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    source = fetch_sample("demo:decoder", print)
    config = AutoConfig.from_pretrained(source, **LARGE, **HEADS, head_dim=64)
    with torch.device(DEVICE):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)  # type: ignore[no-untyped-call]
    model.save_pretrained(scratch / "large")
    AutoTokenizer.from_pretrained(source).save_pretrained(scratch / "large")
    del model
    with fetch_sample("demo:instructions", print).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[: PROMPTS * 200]
    path = scratch / "long.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("prompt", "response"))
        for i in range(0, len(rows), PROMPTS):
            prompt = "\n".join(x["prompt"] for x in rows[i : i + PROMPTS])
            table.writerow((prompt, rows[i]["response"]))
    return str(scratch / "large"), str(path)


def list_cases(model: Model) -> Iterator[tuple[str, Module, dict[str, Any]]]:
    """Modules and sections of `[training]`."""
    yield "lora 8 on query and value", Module("lora", 8, ("query", "value")), {}
    yield "lora 8 on all, dropout", Module("lora", 8, model.roles), {"dropout": 0.1}
    recomputed = {"gradient_checkpointing": True}
    yield "lora 8 on all, recomputed", Module("lora", 8, model.roles), recomputed
    yield "dora 8 on all", Module("dora", 8, model.roles), {}
    yield "ia3 on all", Module("ia3", 0, model.roles), {}
    if model.whole:
        yield "full fine-tuning", Module("full", 0), {}


def open_runner(model: Model, precision: str, training: dict[str, Any]) -> TrialRunner:
    """A job of twelve steps."""
    rows = {"train_rows": STEPS * model.batch_size, "validation_rows": 64}
    said = {"epochs": 1, "batch_size": model.batch_size, "checkpoints": 1, "precision": precision}
    data: dict[str, Any] = {
        "name": "memory",
        "model": {"path": model.path},
        "task": {"train": model.train, **rows, **model.task},
        "budget": {"trials": 1},
        "training": said | training,
    }
    return TrialRunner.open(complete_spec(data, Path.cwd()), DEVICE)


def measure(model: Model, precision: str, module: Module, training: dict[str, Any]) -> Any:
    """Train one case; bytes."""
    runner = open_runner(model, precision, training)
    anatomy, layers = runner.describe(), runner.backbone.anatomy.layers
    runner.evaluate(
        Configuration((Stratum(0, layers, (Module("ia3", 0, model.roles),)),), 1e-4), 0
    )
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    before, peaks = torch.cuda.memory_allocated(), list[int]()
    configuration = Configuration((Stratum(0, layers, (module,)),), 1e-4)
    read = torch.cuda.max_memory_allocated
    outcome = runner.evaluate(configuration, 0, lambda *_: peaks.append(read()))
    free, total = torch.cuda.mem_get_info()
    counted = anatomy.counted_workload
    return {
        "longest": counted.longest,
        "precision": counted.precision,
        "base": counted.base_bytes,
        "before": before,
        "rose": peaks[outcome.provenance["steps"] - 1] - before,
        "trial": read() - before,
        "held": read(),
        "kept_by_allocator": torch.cuda.max_memory_reserved(),
        "context": total - free - torch.cuda.memory_reserved(),
        "claimed_step": step_bytes(configuration, anatomy),
        "claimed": training_memory(configuration, anatomy),
    }


def main() -> None:
    """Measure all cases."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", type=Path, default=Path("benchmarks/gpu_memory.json"))
    options = parser.parse_args()
    results = []
    with TemporaryDirectory() as scratch:
        for name, model in make_models(Path(scratch)).items():
            for precision, case in product(model.precisions, list_cases(model)):
                label, module, training = case
                found = measure(model, precision, module, training)
                results.append({"model": name, "case": label, **found})
                told = f"{name}, {found['precision']}, {label}"
                told += f": rose by {found['rose'] / found['claimed_step']:.2f} of the claim"
                print(told, f"held {found['held'] / found['claimed']:.2f}", flush=True)
    card = {"card": torch.cuda.get_device_name(), "torch": torch.__version__}
    options.json.write_text(json.dumps(card | {"trainings": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
