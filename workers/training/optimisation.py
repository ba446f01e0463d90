"""Training of an attachment: AdamW, linear warm-up and decay, clipped gradients."""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice

import torch

from peftsearch.spaces.jobspec.training import Regime, TrainingSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.adapters.parameter_groups import group_parameters
from peftsearch.workers.batches.batching import Batch, split_batch, training_batches
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.runtime.devices import autocast
from peftsearch.workers.runtime.memory import MemoryMeter
from peftsearch.workers.runtime.seeds import derive, stream

from .clock import Clock
from .progress import Progress
from .recomputation import recomputing, without_cache
from .trial_failures import NonFiniteLoss


def schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the rate at `step` of `steps`: linear up over the warm-up, then linear to 0."""
    rise = math.ceil(warmup * steps)
    if step < rise:
        return (step + 1) / rise
    return (steps - step) / max(1, steps - rise)


def train(
    backbone: Backbone,
    attachment: Attachment,
    data: Encoded,
    training: TrainingSpec,
    regime: Regime,
    learning_rate: float,
    seed: int,
    precision: str,
    clock: Clock,
    meter: MemoryMeter,
    begin: Callable[[Progress], None] = lambda progress: None,
    after_step: Callable[[Progress], None] = lambda progress: None,
) -> tuple[float, list[float]]:
    """Train in place; where there is nothing to train, do nothing.

    Deterministic given configuration, seed, data, precision and number of threads.

    Args:
        regime: How long, and in which batches; its dropout is the attachment's.
        begin: May let it go on where a former attempt stood, before the first step.
        after_step: Told how far it is, after each step; what it takes is no training.

    Returns:
        Seconds of training alone, and the loss of each step.

    Raises:
        NonFiniteLoss: The loss became infinite or not a number.
        TrialTimeout: The trial's time is over.
    """
    if not attachment.trained:
        return 0.0, []
    steps = regime.steps(len(data))
    groups = group_parameters(
        attachment.parameters, learning_rate, training.weight_decay, backbone.head_rate
    )
    optimizer = torch.optim.AdamW([x | {"initial_lr": x["lr"]} for x in groups])
    progress = Progress(optimizer, attachment.trained)
    begin(progress)
    shares = partial(schedule, steps=steps, warmup=training.warmup)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, shares, progress.steps - 1)
    parameters = list(attachment.trained.values())
    batches = training_batches(data.lengths, regime.batch_size, stream(seed, "order"))
    order = islice(batches, progress.steps, None)
    for step in range(progress.steps, steps):
        start = time.perf_counter()
        with attachment.dropping(derive(seed, f"dropout {step}")):
            loss = accumulate(backbone, data, next(order), training, precision, meter)
        if not math.isfinite(loss):
            raise NonFiniteLoss(step, loss)
        progress.losses.append(loss)
        torch.nn.utils.clip_grad_norm_(parameters, training.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        scheduler.step()
        clock.tick()
        progress.seconds += time.perf_counter() - start
        after_step(progress)
    return progress.seconds, progress.losses


def accumulate(
    backbone: Backbone,
    data: Encoded,
    rows: Sequence[int],
    training: TrainingSpec,
    precision: str,
    meter: MemoryMeter,
) -> float:
    """Add the gradients of the mean loss of a step's rows, in as many parts as the job wants.

    Returns:
        That loss; where it is not finite, there may be no gradients.
    """
    parts, whole = split_batch(rows, training.accumulate), data.weight(rows)
    total = 0.0
    with recomputing(backbone.model, training.gradient_checkpointing):
        for part in parts:
            share = data.weight(part) / whole if len(parts) > 1 else 1.0
            if not share:
                continue  # no token of it counts: its mean is none
            loss = share * compute_loss(backbone, data.batch(part), precision)
            meter.sample()
            total += loss.item()
            if not math.isfinite(total):
                break
            loss.backward()  # type: ignore[no-untyped-call]
    return total


def compute_loss(backbone: Backbone, batch: Batch, precision: str) -> torch.Tensor:
    """The model's loss on one batch, a scalar in the graph of the trained parameters."""
    moved = {name: tensor.to(backbone.device) for name, tensor in batch.items()}
    with autocast(precision, backbone.device), without_cache(backbone.model):
        work = find_kind(backbone.kind).load_work()
        loss: torch.Tensor = work.training_loss(backbone.model, moved)
    return loss
