"""Training of an attachment: AdamW, linear warm-up and decay, clipped gradients."""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice, pairwise

import torch

from peftsearch.spaces.jobspec.training import Regime, TrainingSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.adapters.parameter_groups import group_parameters
from peftsearch.workers.batches.batching import Batch, split_batch, training_batches
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.hooks.hooks import Hooks
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.runtime.devices import autocast
from peftsearch.workers.runtime.memory import MemoryMeter
from peftsearch.workers.runtime.seeds import derive, stream

from .clock import Clock
from .progress import Progress
from .recomputation import recomputing, without_cache
from .team import Team
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
    hooks: Hooks | None = None,
    team: Team | None = None,
) -> tuple[float, list[float]]:
    """Train in place; where there is nothing to train, do nothing.

    Deterministic given configuration, seed, data, precision and number of threads.

    Args:
        regime: How long, and in which batches; its dropout is the attachment's.
        begin: May let it go on where a former attempt stood, before the first step.
        after_step: Told how far it is, after each step; what it takes is no training.
        hooks: Of the attachment's techniques; each of their phases has an optimiser and a schedule
            of its own.
        team: With which it is trained, each process its part of every step; None alone.

    Returns:
        Seconds of training alone, and the loss of each step.

    Raises:
        NonFiniteLoss: The loss became infinite or not a number.
        TrialTimeout: The trial's time is over.
    """
    if not attachment.trained:
        return 0.0, []
    steps, hooks = regime.steps(len(data)), hooks or Hooks()

    def reopen(done: int) -> None:
        hooks.enter(max(0, done - 1))
        progress.optimizer, progress.trained = _open(
            attachment, training, learning_rate, backbone.head_rate
        )

    try:
        hooks.enter(0)
        progress = Progress(
            *_open(attachment, training, learning_rate, backbone.head_rate), reopen=reopen
        )
        begin(progress)
        batches = training_batches(data.lengths, regime.batch_size, stream(seed, "order"))
        order = islice(batches, progress.steps, None)

        def take_step(step: int) -> None:
            hooks.before_step(step)
            rows = next(order)

            def add(part: Sequence[int], whose: str = "") -> float:
                with attachment.dropping(derive(seed, f"dropout {step}{whose}")):
                    return accumulate(
                        backbone, data, part, training, precision, meter, hooks, rows
                    )

            if team is None:
                loss = add(rows)
            else:
                loss = team.add(rows, bool(hooks.undivided), add, attachment.moved)
            if not math.isfinite(loss):
                raise NonFiniteLoss(step, loss)
            progress.losses.append(loss)
            hooks.after_backward(step)
            parameters = list(progress.trained.values())
            torch.nn.utils.clip_grad_norm_(parameters, training.max_grad_norm)
            progress.optimizer.step()
            hooks.after_step(step, progress.optimizer)
            progress.optimizer.zero_grad(set_to_none=True)

        for first, stop in pairwise((0, *hooks.starts, steps)):
            if progress.steps >= stop:
                continue
            if progress.steps == first > 0:
                progress.reopen(first + 1)
            shares = partial(schedule, steps=stop - first, warmup=training.warmup)
            done = progress.steps - first - 1
            scheduler = torch.optim.lr_scheduler.LambdaLR(progress.optimizer, shares, done)
            for step in range(progress.steps, stop):
                start = time.perf_counter()
                take_step(step)
                scheduler.step()
                clock.tick()
                progress.seconds += time.perf_counter() - start
                after_step(progress)
    finally:
        hooks.close()
    return progress.seconds, progress.losses


def _open(
    attachment: Attachment, training: TrainingSpec, learning_rate: float, head_rate: float | None
) -> tuple[torch.optim.AdamW, dict[str, torch.nn.Parameter]]:
    """An optimiser of all that is trained now, and that by full name."""
    groups = group_parameters(
        attachment.parameters, learning_rate, training.weight_decay, head_rate
    )
    optimiser = torch.optim.AdamW([x | {"initial_lr": x["lr"]} for x in groups])
    return optimiser, attachment.trained


def accumulate(
    backbone: Backbone,
    data: Encoded,
    rows: Sequence[int],
    training: TrainingSpec,
    precision: str,
    meter: MemoryMeter,
    hooks: Hooks | None = None,
    step: Sequence[int] | None = None,
) -> float:
    """Add the gradients of the mean loss of a step's rows, in as many parts as the job wants.

    Args:
        hooks: May add penalties, of which the returned loss has nothing.
        step: All rows of the step, where these are some of them: what is added is their share.

    Returns:
        That loss; where it is not finite, there may be no gradients.
    """
    parts, together = split_batch(rows, training.accumulate), rows if step is None else step
    total, whole = 0.0, data.weight(together)
    with recomputing(backbone.model, training.gradient_checkpointing):
        for part in parts:
            divided = len(part) < len(together) and whole
            share = data.weight(part) / whole if divided else 1.0
            if not share:
                continue  # no token of it counts: its mean is none
            loss = share * compute_loss(backbone, data.batch(part), precision)
            meter.sample()
            total += loss.item()
            if not math.isfinite(total):
                break
            if hooks and (penalty := hooks.penalty()) is not None:
                loss = loss + share * penalty
            loss.backward()  # type: ignore[no-untyped-call]
    return total


def compute_loss(backbone: Backbone, batch: Batch, precision: str) -> torch.Tensor:
    """The model's loss on one batch, a scalar in the graph of the trained parameters."""
    moved = {name: tensor.to(backbone.device) for name, tensor in batch.items()}
    with autocast(precision, backbone.device), without_cache(backbone.model):
        work = find_kind(backbone.kind).load_work()
        loss: torch.Tensor = work.training_loss(backbone.model, moved)
    return loss
