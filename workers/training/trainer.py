"""One training of one job in one process: from an attached configuration to an outcome."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import torch

from peftsearch.records.trial import DATA_FILES
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy, HeadTensor
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.jobspec.training import Regime
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.hooks.hooks import Hooks, open_hooks
from peftsearch.workers.models.heads import head_parameters, head_tensors, output_linear
from peftsearch.workers.preparation.floor_answers import FloorAnswers, tell_errors
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.runtime.memory import MemoryMeter

from .calibration import add_gradients
from .checkpoints import Checkpoints
from .clock import Clock, OnStep
from .collapse import check_progress
from .curves import reduce_curve
from .evaluation import Evaluator
from .foreign_techniques import check_size, name_packages
from .kept_states import Kept, Shelf, find_states
from .label_scale import LabelScale
from .optimisation import train
from .outcome import Outcome, measure_also
from .progress import Progress
from .provenance import describe, name_encoder
from .rungs import Keeper, Read, Rungs, identify
from .team import Order, Team
from .trained import Trained, measure_trained


@dataclass(frozen=True)
class Request:
    """What is to be trained, and what its trainer is told.

    Attributes:
        held_out: The rows that it is scored on.
        watched: Whether it ends early where the training has collapsed.
        keeper: Of its rungs; None keeps none.
    """

    configuration: Configuration
    seed: int
    on_step: OnStep
    held_out: Encoded
    watched: bool = False
    keeper: Keeper | None = None


@dataclass
class Trainer(OpenedJob):
    """Trains configurations on one backbone and one division of the rows.

    Attributes:
        workload: Of a training; None until it was asked for.
        beside: What the best floor answered on the validation rows; None where nothing is kept.
        team: Which this process leads; None where it trains alone.
        fold: Whose rows these are, 0 where the job has none.
        shelf: With the states of training rows that the process keeps.
    """

    workload: Workload | None = None
    beside: FloorAnswers | None = None
    team: Team | None = None
    fold: int = 0
    shelf: Shelf = field(default_factory=Shelf)

    @property
    def anatomy(self) -> Anatomy:
        """The model's, with the head that every trial trains, and the workload if it is known."""
        tensors = head_tensors(self.backbone.model, self.backbone.heads)
        head = tuple(HeadTensor(name=x.name, shape=x.shape) for x in tensors)
        known = {"head": head, "workload": self.workload}
        return self.backbone.anatomy.model_copy(update=known)

    def train(self, request: Request) -> Outcome:
        """Attach, train, score and detach.

        Raises:
            TrialFailure: Non-finite loss, collapse or timeout; `classify` types all other errors.
            UserError: The configuration does not fit the model.
        """
        configuration, seed = request.configuration, request.seed
        regime = self.spec.training.regime(configuration)
        calibrate = partial(self._calibrate, seed, regime.batch_size)
        clock = Clock(0, request.on_step, self.spec.training.timeout_minutes)
        kept = self._find_states(configuration, clock)
        attachment = attach(self.backbone, configuration, seed, calibrate, regime.dropout)
        try:
            outcome = self._measure(attachment, request, clock, kept)
        finally:
            attachment.detach()
        if request.held_out is not self.encoded("validation"):
            return outcome
        return measure_trained(Trained(self, configuration, seed, outcome, clock))

    def follow(self, order: Order, team: Team) -> None:
        """Compute this process's part of a training that another one leads and scores.

        Raises:
            Exception: Whatever fails here or there.
        """
        torch.set_num_threads(order.threads)
        configuration, training = order.configuration, self.spec.training
        regime = training.regime(configuration)
        steps = regime.steps(len(self.encoded("train")))
        attachment = attach(self.backbone, configuration, order.seed, dropout=regime.dropout)
        try:
            attachment.load(order.tensors)
            clock, meter = Clock(0, lambda *_: None), MemoryMeter(self.backbone.device)
            hooks = open_hooks(attachment, steps)
            unscored = Checkpoints(attachment, (), lambda: None)  # type: ignore[arg-type, return-value]
            beside = attachment, unscored, clock, meter, hooks
            begin = Rungs(Read(order.rung), order.identity, steps, *beside).take_up
            told = (self.training_rows, training, regime, configuration.learning_rate, order.seed)
            apart = (self.precision, clock, meter, begin)
            train(self.backbone, attachment, *told, *apart, hooks=hooks, team=team)
        finally:
            attachment.detach()

    @cached_property
    def scale(self) -> LabelScale | None:
        """In whose units a head is trained; None where that is in the labels' own."""
        work = find_kind(self.spec.task.kind).load_work()
        scale: LabelScale | None = work.label_scale(self.data.train)
        if scale is None or not self.spec.training.standardise_labels:
            return None
        linear = output_linear(self.backbone.model, self.backbone.heads)
        return scale if linear.bias is not None else scale.uncentred

    @cached_property
    def training_rows(self) -> Encoded:
        """The training split with labels, and what else the loss needs, as trials train on it."""
        work = find_kind(self.spec.task.kind).load_work()
        rows: Encoded = work.training_rows(
            self.encoded("train"),
            self.data.train,
            self.data.label_names,
            self.spec.training,
            self.scale,
        )
        return rows

    def _find_states(self, configuration: Configuration, clock: Clock) -> Kept:
        """What stands in for the layers below what is trained; nothing in a team, which divides
        what it would save."""
        if self.team is not None:
            return Kept()
        return find_states(self, configuration, self.shelf, self.fold, clock.beat)

    def _measure(
        self, attachment: Attachment, request: Request, clock: Clock, kept: Kept
    ) -> Outcome:
        configuration, held_out = request.configuration, request.held_out
        check_size(configuration, self.anatomy, attachment.size)
        meter = MemoryMeter(self.backbone.device)
        evaluator, validation = self._evaluator(configuration), self.encoded("validation")
        regime = self.spec.training.regime(configuration)
        hooks = open_hooks(attachment, regime.steps(len(self.encoded("train"))))
        stops = self._stops(attachment, regime, hooks.settled)
        checkpoints = Checkpoints(attachment, stops, lambda: evaluator.measure(validation, clock))
        clock.total = self._count_ticks(evaluator, stops, held_out)
        depends_on = self.provenance(request.seed) | name_packages(configuration)
        depends_on |= name_encoder(configuration, self.backbone) | self._tell_team(hooks)
        depends_on |= kept.told
        identity = identify(configuration.to_json(), self._asked_for(), depends_on)
        steps = regime.steps(len(self.encoded("train")))
        beside = attachment, checkpoints, clock, meter, hooks
        keeper = request.keeper if self.team is None else Read.of(request.keeper)
        rungs = Rungs(keeper, identity, steps, *beside)

        def after_step(progress: Progress) -> None:
            checkpoints.after_step(progress.steps)
            if request.watched and self.spec.training.stop_collapsed:
                self._check_progress(progress.losses, steps)
            rungs.after_step(progress)

        with self._lead(attachment, request, rungs), kept.acting():
            seconds, losses = train(
                self.backbone,
                attachment,
                kept.beside(self.training_rows),
                self.spec.training,
                regime,
                configuration.learning_rate,
                request.seed,
                self.precision,
                clock,
                meter,
                rungs.take_up,
                after_step,
                hooks,
                self.team,
            )
        checkpoints.restore()
        if checkpoints.found is not None and held_out is validation:
            found = evaluator.generate(checkpoints.found, held_out, clock)
        else:
            found = evaluator.evaluate(held_out, clock)
        if self.scale is not None:
            self.scale.fold(output_linear(self.backbone.model, self.backbone.heads))
            losses = [loss * self.scale.deviation**2 for loss in losses]
        measured = {"training_seconds": seconds, "peak_memory_bytes": float(meter.bytes)}
        outcome = Outcome(
            {**found.measurements, **self._known_costs(configuration), **measured},
            depends_on
            | self._tell_training(regime, checkpoints, losses)
            | rungs.told
            | hooks.told()
            | tell_errors(self, found, self.beside if held_out is validation else None),
            attachment.tensors(),
            found.predictions,
            found.references,
            reduce_curve(losses),
        )
        return measure_also(outcome, self.spec)

    def _lead(
        self, attachment: Attachment, request: Request, rungs: Rungs
    ) -> AbstractContextManager[None]:
        """For the length of a training, have the others compute their parts of it."""
        if self.team is None:
            return nullcontext()
        begun = rungs.keeper.load() if rungs.keeper is not None else None
        place = (self.fold, request.configuration, request.seed, rungs.identity)
        tensors, threads = attachment.tensors(), torch.get_num_threads()
        return self.team.leading(Order(*place, tensors, begun, threads))

    def _tell_team(self, hooks: Hooks) -> dict[str, Any]:
        """For the provenance: on how many devices, and why one of them computes all rows."""
        if self.team is None:
            return {}
        return {"devices": self.team.size} | (
            {"undivided": hooks.undivided} if hooks.undivided else {}
        )

    def _asked_for(self) -> dict[str, Any]:
        """What of the job's spec a training is a function of."""
        return self.spec.model_dump(mode="json", include={"task", "training", "head"})

    def _known_costs(self, configuration: Configuration) -> dict[str, float]:
        return self.spec.with_anatomy(self.anatomy).count_costs(configuration)

    def _calibrate(self, seed: int, batch_size: int) -> None:
        add_gradients(self.backbone, self.training_rows, batch_size, self.precision, seed)

    def _evaluator(self, configuration: Configuration) -> Evaluator:
        # Virtual inputs are put in front of every call, which a cache of earlier tokens forbids.
        cached = configuration.input is None
        return Evaluator(
            self.backbone,
            self.spec.task,
            self.classes,
            self.precision,
            cached,
            self.positive,
            self.scale,
            self.balance,
        )

    def _check_progress(self, losses: Sequence[float], steps: int) -> None:
        work = find_kind(self.spec.task.kind).load_work()
        check_progress(losses, steps, work.constant_loss(self.training_rows.labels))

    def _stops(self, attachment: Attachment, regime: Regime, settled: int) -> tuple[int, ...]:
        """After which steps a state may be kept, the last one always; none where nothing is
        trained."""
        steps = regime.steps(len(self.encoded("train")))
        if not attachment.trained:
            return ()
        stops = self.spec.training.stops(steps, self.spec.task.quality)
        return tuple(x for x in stops if x >= min(settled, steps))

    def _count_ticks(self, evaluator: Evaluator, stops: Sequence[int], held_out: Encoded) -> int:
        """Steps of training, and batches of every evaluation."""
        validation = self.encoded("validation")
        if len(stops) < 2:
            return sum(stops) + evaluator.count_steps(held_out)
        measured = len(stops) * evaluator.count_measuring(validation)
        last = evaluator.count_steps(held_out)
        if held_out is validation:
            last = evaluator.count_generating(held_out)
        return stops[-1] + measured + last

    def provenance(self, seed: int) -> dict[str, Any]:
        """What a trial's numbers depend on."""
        head = head_parameters(self.backbone.model, self.backbone.heads)
        return describe(self.backbone, self.spec, self.data.fingerprint, self.precision, seed) | {
            DATA_FILES: dict(self.data.files),
            "kind": self.spec.task.kind,
            "dtype": self.backbone.dtype,
            "train_rows": len(self.data.train.texts),
            "validation_rows": len(self.data.validation.texts),
            "max_length": self.spec.task.max_length,
            "cut_rows": {name: self.encoded(name).cut for name in ("train", "validation")},
            "head_parameters": sum(parameter.numel() for parameter in head.values()),
            "head": {
                "pooling": self.backbone.pooling,
                "start": "random" if self.backbone.start is None else "probe",
                "learning_rate": self.backbone.head_rate,
            },
        }

    def _tell_training(
        self, regime: Regime, checkpoints: Checkpoints, losses: Sequence[float]
    ) -> dict[str, float]:
        """How the trial was trained, and after how many of its steps the kept state was."""
        return {
            "epochs": regime.passes(len(self.encoded("train"))),
            "batch_size": regime.batch_size,
            "dropout": regime.dropout,
            "steps": len(losses),
            "checkpoints": self.spec.training.states(self.spec.task.quality),
            "kept_step": checkpoints.kept,
        }
