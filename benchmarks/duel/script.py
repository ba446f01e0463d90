"""The tuned script as a function: a configuration trained by `transformers.Trainer`.

It pads batches to their longest row, puts rows of similar length together, scores once and saves
nothing. The model is loaded once, which a script in a loop seldom does, and configurations that no
single `peft` configuration means are attached by our own modules.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.adapters.parameter_groups import group_parameters
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.runtime.quiet import quiet_transformers
from peftsearch.workers.training.trial_runner import TrialRunner


class Rows(Dataset[dict[str, Any]]):
    """Encoded texts, one by one, without padding."""

    def __init__(self, encoded: Encoded) -> None:
        self._encoded = encoded

    def __len__(self) -> int:
        return len(self._encoded)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {name: x[0].tolist() for name, x in self._encoded.batch([index]).items()}


def train(
    runner: TrialRunner, configuration: Configuration, seed: int, folder: Path
) -> tuple[float, Mapping[str, torch.Tensor]]:
    """Validation accuracy, and the tensors of adapter and head; the model is as before."""
    attachment = attach(runner.backbone, configuration, seed)
    try:
        with quiet_transformers():
            trainer = _make(runner, attachment, configuration.learning_rate, seed, folder)
            trainer.train()
            accuracy = float(trainer.evaluate()["eval_accuracy"])
        return accuracy, attachment.tensors()
    finally:
        runner.backbone.model.eval()
        attachment.detach()


def _make(
    runner: TrialRunner, attachment: Attachment, rate: float, seed: int, folder: Path
) -> Trainer:
    training, backbone = runner.spec.training, runner.backbone
    groups = group_parameters(
        attachment.parameters, rate, training.weight_decay, backbone.head_rate
    )
    arguments = TrainingArguments(
        output_dir=str(folder / "script"),
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch_size,
        per_device_eval_batch_size=64,
        train_sampling_strategy="group_by_length",
        warmup_steps=training.warmup,
        eval_strategy="no",
        save_strategy="no",
        seed=seed,
        use_cpu=True,
        report_to="none",
        disable_tqdm=True,
    )
    return Trainer(
        model=backbone.model,
        args=arguments,
        train_dataset=Rows(runner.encoded("train")),
        eval_dataset=Rows(runner.encoded("validation")),
        processing_class=backbone.tokenizer,
        compute_metrics=lambda x: {"accuracy": float(np.mean(x[0].argmax(-1) == x[1]))},
        optimizers=(torch.optim.AdamW(groups), None),
    )
