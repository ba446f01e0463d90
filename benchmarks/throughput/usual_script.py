"""One training as the script that most people write: `transformers.Trainer` over `peft`.

`benchmarks.throughput.scripts` starts it, a process for each training, with a JSON file that says
what is trained, and reads the JSON file that it leaves. Plain, it pads every row to the greatest
length and scores the validation rows after each epoch, as tutorials do; `tuned`, it pads batches
to their longest row, trains on rows of similar length together, scores once in large batches and
saves nothing. Both have the job's head (`head.py` of an export): all arms train the same model.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.throughput.memory_peak import read_status
from benchmarks.throughput.timers import Timers


def train(asked: dict[str, Any], timers: Timers) -> float:
    """Load, train and score; the accuracy on the validation rows."""
    timers.begin("loading")
    import numpy as np
    import torch
    import transformers
    from datasets import Dataset
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer

    torch.set_num_threads(1)
    transformers.set_seed(asked["seed"])
    tokenizer = AutoTokenizer.from_pretrained(asked["model"])
    padding = False if asked["tuned"] else "max_length"

    def tokenize(rows: Any) -> Any:
        return tokenizer(
            rows["text"], truncation=True, max_length=asked["max_length"], padding=padding
        )

    rows = json.loads(Path(asked["rows"]).read_text(encoding="utf-8"))
    made = {name: Dataset.from_dict(x).map(tokenize, batched=True) for name, x in rows.items()}
    model = AutoModelForSequenceClassification.from_pretrained(asked["model"], num_labels=2)
    model = adapt(model, asked)
    timers.end()
    timers.time(Trainer, "evaluate", "evaluation")
    timers.time(Trainer, "train", "training")
    trainer = Trainer(
        model=model,
        args=make_arguments(asked),
        train_dataset=made["train"],
        eval_dataset=made["validation"],
        processing_class=tokenizer,  # pads what is not padded yet
        compute_metrics=lambda x: {"accuracy": float(np.mean(x[0].argmax(-1) == x[1]))},
        optimizers=(torch.optim.AdamW(group(model, asked), weight_decay=0.01), None),
    )
    trainer.train()
    if asked["tuned"]:
        return float(trainer.evaluate()["eval_accuracy"])
    told = [x["eval_accuracy"] for x in trainer.state.log_history if "eval_accuracy" in x]
    return float(told[-1])


def adapt(model: Any, asked: dict[str, Any]) -> Any:
    """With the job's head and the adapter."""
    import peft

    from peftsearch.workers.models.pooled_head import replace_head

    replace_head(model, asked["pooling"], 2, asked["head"])
    return peft.get_peft_model(model, peft.PeftConfig.from_pretrained(asked["adapter"]))


def make_arguments(asked: dict[str, Any]) -> Any:
    """Those of tutorials, or the tuned ones."""
    from transformers import TrainingArguments

    tuned: dict[str, Any] = {
        "eval_strategy": "no",
        "save_strategy": "no",
        "train_sampling_strategy": "group_by_length",
        "per_device_eval_batch_size": 64,
    }
    usual = {"eval_strategy": "epoch", "per_device_eval_batch_size": asked["batch_size"]}
    return TrainingArguments(
        output_dir=asked["folder"],
        num_train_epochs=asked["epochs"],
        per_device_train_batch_size=asked["batch_size"],
        warmup_steps=0.1,
        seed=asked["seed"],
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
        **(tuned if asked["tuned"] else usual),
    )


def group(model: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The head at its own rate, the adapter at its."""
    trained = {name: x for name, x in model.named_parameters() if x.requires_grad}
    heads = [x for name, x in trained.items() if "pooled_classifier" in name]
    others = [x for name, x in trained.items() if "pooled_classifier" not in name]
    return [
        {"params": heads, "lr": asked["head_rate"]},
        {"params": others, "lr": asked["rate"]},
    ]


def main() -> None:
    """Train what the first argument's file asks for, and tell the second's."""
    asked, out = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    timers = Timers()
    accuracy = train(asked, timers)
    timers.begin("around")  # settles what went before
    found = {
        "accuracy": accuracy,
        "cpu_seconds": timers.seconds,
        "peak_bytes": read_status("VmHWM"),
    }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
