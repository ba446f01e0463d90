"""Whole trainings end as those that pass the frozen layers in every step."""

from functools import partial
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.training_flops import lower_flops, training_flops
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.applicability import find_stack_obstacle
from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.adapters.attachment import attach_to
from peftsearch.workers.hooks.hooks import is_undivided, open_hooks
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.runtime.memory import MemoryMeter
from peftsearch.workers.training.calibration import add_gradients
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.kept_states import Kept, Shelf, find_states, share_computed
from peftsearch.workers.training.optimisation import train
from peftsearch.workers.training.workload import count_workload
from tests.workers.training.exact_jobs import open_job
from tests.workers.training.kernels import KERNELS
from tests.workers.training.sized import DROPOUTS, modules_of

FIRST, SEED, RATE = 1, 3, 1e-2
DECOMPOSING = {"pissa", "olora", "psoft"}
"""Of which `peft` makes the start in float32 alone."""
IN_FLOAT32 = {"trlora"}
"""Which turn a matrix that they read in float32."""
JOBS = {"bert": "classification", "llama": "causal_lm", "vit": "image_classification"}


def configure(name: str, anatomy: Anatomy) -> Configuration | None:
    """The technique from the second layer on, in all linears; None where it does not fit."""
    for module in modules_of(name, anatomy):
        stack, _ = anatomy.locate(FIRST)
        if find_stack_obstacle(technique(name), stack, module.roles, module.capacity) is None:
            return over(anatomy, module, FIRST)
    return None


def over(anatomy: Anatomy, module: Module, first: int) -> Configuration:
    return Configuration((Stratum(0, first), Stratum(first, anatomy.layers, (module,))), RATE)


def with_training(job: OpenedJob, **changes: Any) -> JobSpec:
    training = job.spec.training.model_copy(update=changes)
    return job.spec.model_copy(update={"training": training})


def train_whole(
    job: OpenedJob, configuration: Configuration, dropout: float, kept: Kept
) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses of all steps, and what was trained, in float64."""
    backbone, rows, training = job.backbone, job.encoded("train"), job.spec.training
    told = (backbone.model, backbone.anatomy, backbone.heads, configuration, SEED)
    calibrate = partial(add_gradients, backbone, rows, 4, job.precision, SEED)
    if configuration.techniques & DECOMPOSING:
        torch.nn.Module.float(backbone.model)
    attachment = attach_to(*told, calibrate, dropout)
    try:
        backbone.model.double()
        for (owner, _), own in attachment.parameters.items():
            for parameter in own.values() if owner in IN_FLOAT32 else ():
                parameter.data = parameter.data.float()
        regime = training.regime(configuration)
        hooks = open_hooks(attachment, regime.steps(len(rows)))
        apart = (job.precision, Clock(0, lambda *_: None), MemoryMeter("cpu"))
        of_job = (kept.beside(rows), training, regime, RATE, SEED)
        with kept.acting():
            _, losses = train(backbone, attachment, *of_job, *apart, hooks=hooks)
        return losses, {k: x.detach().clone() for k, x in attachment.trained.items()}
    finally:
        attachment.detach()


def test_a_forecast_counts_once_what_kept_states_stand_for() -> None:
    """Against the operations of nine steps in three epochs, and one pass of what lies below."""
    job = open_job("vit", JOBS["vit"])
    job.spec = with_training(job, epochs=3, batch_size=4)
    backbone, rows, training = job.backbone, job.encoded("train"), job.spec.training
    configuration = over(backbone.anatomy, Module("lora", 2, ("query", "value")), 2)
    config, regime = backbone.model.config.to_dict(), training.regime(configuration)
    workload = count_workload(training, regime, rows, config, 1, SEED)
    anatomy = backbone.anatomy.model_copy(update={"workload": workload})
    kept = find_states(job, configuration, Shelf())
    counter = FlopCounterMode(display=False, custom_mapping=KERNELS)
    with counter:
        train_whole(job, configuration, 0.0, kept)
    computed = counter.get_total_flops() + lower_flops(2, configuration, anatomy) / 3
    share = share_computed(job, configuration, anatomy)
    assert share < 0.75
    claimed = share * training_flops(configuration, anatomy)
    assert claimed == pytest.approx(computed, rel=0.01)


@pytest.mark.parametrize("family", JOBS)
@pytest.mark.parametrize(("name", "dropout"), DROPOUTS)
def test_a_training_ends_as_one_of_the_whole_model(family: str, name: str, dropout: float) -> None:
    """Four steps in two epochs. In float64: AdamW divides what has no gradient but that of
    rounding, as a bias of keys has, by its own size."""
    job = open_job(family, JOBS[family])
    job.spec = with_training(job, epochs=2, batch_size=5)
    configuration = configure(name, job.backbone.anatomy)
    if configuration is None:
        pytest.skip("the technique does not fit the family")
    kept = find_states(job, configuration, Shelf())
    assert (kept.states is None) == is_undivided([name])
    losses, tensors = train_whole(job, configuration, dropout, kept)
    expected, whole = train_whole(job, configuration, dropout, Kept())
    assert len(losses) == 4 and losses == pytest.approx(expected, rel=1e-9)
    for path, tensor in whole.items():
        torch.testing.assert_close(tensors[path], tensor, rtol=1e-6, atol=1e-8)
