"""One job's backbone and data in one process: from a configuration to measured metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import torch

from peftsearch.records.preparation import Preparation
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy, HeadTensor
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.jobspec.training import Regime
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import Attachment, attach
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.models.chosen_head import choose_head_rate, use_head
from peftsearch.workers.models.heads import head_parameters, head_tensors, output_linear
from peftsearch.workers.models.sizes import count_base
from peftsearch.workers.preparation.floor_answers import FloorAnswers, read_answers, tell_errors
from peftsearch.workers.preparation.fold_tensors import keep_named, take_fold
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.preparation.prepare import (
    Prepared,
    count_preparing,
    prepare,
    prepare_head,
)
from peftsearch.workers.runtime.memory import MemoryMeter

from .calibration import add_gradients
from .checkpoints import Checkpoints
from .collapse import check_progress
from .cross_validation import as_in_first, cross_validate, join_prepared
from .curves import reduce_curve
from .evaluation import Evaluator
from .foreign_techniques import check_size, name_packages
from .inference import predict_logits
from .label_scale import LabelScale
from .optimisation import Clock, OnStep, train
from .outcome import Outcome, measure_also
from .provenance import describe
from .workload import count_workloads


@dataclass
class TrialRunner(OpenedJob):
    """Evaluates configurations one after another on one backbone.

    Attributes:
        prepared: What was adopted; None until then.
        workload: Of a training; None until it was asked for.
        beside: What the best floor answered on the validation rows; None where nothing is kept.
    """

    prepared: Prepared | None = None
    workload: Workload | None = None
    beside: FloorAnswers | None = None
    _starts: list[dict[str, torch.Tensor] | None] = field(default_factory=list)
    _besides: list[FloorAnswers | None] = field(default_factory=list)

    @property
    def anatomy(self) -> Anatomy:
        """The model's, with the head that every trial trains, and the workload if it is known."""
        tensors = head_tensors(self.backbone.model, self.backbone.heads)
        head = tuple(HeadTensor(name=x.name, shape=x.shape) for x in tensors)
        known = {"head": head, "workload": self.workload}
        return self.backbone.anatomy.model_copy(update=known)

    def evaluate(
        self,
        configuration: Configuration,
        seed: int,
        on_step: OnStep = lambda done, total: None,
        split: str = "validation",
        watched: bool = False,
    ) -> Outcome:
        """Train the configuration and score it on a split (`validation` or `test`).

        The backbone is left as it was found, also when `on_step` or anything else raises.

        Args:
            watched: Whether it ends early where the training has collapsed.

        Raises:
            TrialFailure: Non-finite loss, collapse or timeout; `classify` types all other errors.
            UserError: The configuration does not fit the model, or the test split is unusable.
        """
        held_out = self.encoded(split)
        if self.prepared is None:
            self.adopt(
                self._prepare_folds(prepare_head) if self.decides else Prepared(Preparation())
            )
        self.describe()
        if split != "validation" or not self.data.others:
            return self._train(configuration, seed, on_step, held_out, watched)

        def train_fold(fold: int, step: OnStep) -> Outcome:
            runner, self.backbone.start = self.folds[fold], self._starts[fold]
            runner.workload, runner.beside = self.workload, self._besides[fold]
            held_out = runner.encoded(split)
            return runner._train(configuration, seed, step, held_out, watched)

        try:
            return cross_validate(len(self.folds), train_fold, on_step, self.spec.task.quality)
        finally:
            self.backbone.start = self._starts[0]

    @cached_property
    def folds(self) -> tuple["TrialRunner", ...]:
        """This runner and, where the job has folds, one for each further of them."""
        others = (replace(self, data=data, _encoded={}) for data in self.data.others)
        return (self, *others)

    def _train(
        self,
        configuration: Configuration,
        seed: int,
        on_step: OnStep,
        held_out: Encoded,
        watched: bool,
    ) -> Outcome:
        regime = self.spec.training.regime(configuration)
        calibrate = partial(self._calibrate, seed, regime.batch_size)
        attachment = attach(self.backbone, configuration, seed, calibrate, regime.dropout)
        try:
            return self._measure(attachment, configuration, seed, on_step, held_out, watched)
        finally:
            attachment.detach()

    def prepare(self, on_batch: Callable[[], None] = lambda: None) -> Prepared:
        """The job's floors, its head and where that starts: a function of its spec, its model and
        its data. Only before something is adopted, since it needs the model's own head.

        Raises:
            UserError: The spec asks for a head that this model cannot have.
        """
        prepared = self._prepare_folds(prepare, on_batch)
        told, best = prepared.preparation, prepared.preparation.best(self.spec.task.quality)
        answers = keep_named(prepared.answers, None if best is None else best.name)
        told = replace(told, notes=(*told.notes, *self.notes()))
        return replace(prepared, preparation=told, answers=answers)

    def count_preparing(self) -> int:
        """How often `prepare` calls `on_batch`, at most."""
        return sum(count_preparing(fold) for fold in self.folds)

    def _prepare_folds(
        self,
        make: Callable[[OpenedJob, Callable[[], None]], Prepared],
        on_batch: Callable[[], None] = lambda: None,
    ) -> Prepared:
        prepared = make(self, on_batch)
        if not self.data.others:
            return prepared
        head = as_in_first(self.spec.head, prepared)
        alike = self.spec.model_copy(update={"head": head})
        others = [make(replace(x, spec=alike), on_batch) for x in self.folds[1:]]
        held_out = [len(x.data.validation.texts) for x in self.folds]
        return join_prepared([prepared, *others], held_out)

    def adopt(self, prepared: Prepared) -> None:
        """Give the model the head that was prepared; once, and for good."""
        if self.prepared is not None:
            return
        self.prepared, head = prepared, prepared.preparation.head
        places = range(len(self.folds))
        self._starts = [None for _ in places]
        self._besides = [read_answers(take_fold(prepared.answers, i)) for i in places]
        self.beside = self._besides[0]
        if head is not None:
            tensors = prepared.tensors if head.start == "probe" else b""
            starts = [take_fold(tensors, i) for i in places]
            use_head(self.backbone, head, starts[0])
            self._starts = [x._unfold(y) for x, y in zip(self.folds, starts, strict=True)]
            self.backbone.start = self._starts[0]
        self.backbone.head_rate = choose_head_rate(self.backbone, self.spec.head)

    def _unfold(self, start: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor] | None:
        """The tensors that training starts from, in the units that it is in."""
        if start and self.scale is not None:
            return self.scale.unfold(start)
        return dict(start) or None

    def describe(self) -> Anatomy:
        """The model's anatomy with what a job learns of it: its head and, counted once while
        nothing is attached, its workload."""
        if self.workload is None:
            self.workload = self._count_workload()
        return self.anatomy

    def _count_workload(self) -> Workload:
        backbone, training = self.backbone, self.spec.training
        model, stacks = backbone.model, len(backbone.anatomy.stacks)
        data, config = self.encoded("train"), model.config.to_dict()
        words = 0 if find_kind(backbone.kind).form.fresh_head else model.config.vocab_size
        held = count_base(model, backbone.heads, backbone.dtype)
        base = {"base_bytes": held, "base_dtype": backbone.dtype, "precision": self.precision}
        known = base | {"words": words}
        return count_workloads(training, data, config, stacks, self.spec.seed, known)

    @property
    def decides(self) -> bool:
        """Whether a trial's head depends on what is found out."""
        head = self.spec.head
        return not (head.pooling == "model" and head.start == "random")

    def predict(
        self,
        configuration: Configuration,
        tensors: Mapping[str, torch.Tensor],
        data: Encoded,
    ) -> torch.Tensor:
        """Outputs of a trained adapter on `n` rows, as `inference.predict_logits` says.

        Raises:
            UserError: The tensors are not of this configuration and model.
        """
        attachment = attach(self.backbone, configuration, 0)
        try:
            attachment.load(tensors)
            return predict_logits(self.backbone.model, data, self.device, self.precision)
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

    def _measure(
        self,
        attachment: Attachment,
        configuration: Configuration,
        seed: int,
        on_step: OnStep,
        held_out: Encoded,
        watched: bool,
    ) -> Outcome:
        check_size(configuration, self.anatomy, attachment.size)
        meter = MemoryMeter(self.backbone.device)
        evaluator, validation = self._evaluator(configuration), self.encoded("validation")
        regime = self.spec.training.regime(configuration)
        stops = self._stops(attachment, regime)
        clock = Clock(0, on_step, self.spec.training.timeout_minutes)
        checkpoints = Checkpoints(attachment, stops, lambda: evaluator.measure(validation, clock))
        clock.total = self._count_ticks(evaluator, stops, held_out)

        def after_step(losses: Sequence[float]) -> None:
            checkpoints.after_step(len(losses))
            if watched and self.spec.training.stop_collapsed:
                self._check_progress(losses, stops[-1])

        seconds, losses = train(
            self.backbone,
            attachment,
            self.training_rows,
            self.spec.training,
            regime,
            configuration.learning_rate,
            seed,
            self.precision,
            clock,
            meter,
            after_step,
        )
        checkpoints.restore()
        if checkpoints.found is not None and held_out is validation:
            found = evaluator.generate(checkpoints.found, held_out, clock)
        else:
            found = evaluator.evaluate(held_out, clock)
        if self.scale is not None:
            self.scale.fold(output_linear(self.backbone.model, self.backbone.heads))
            losses = [loss * self.scale.deviation**2 for loss in losses]
        spec = self.spec.with_anatomy(self.anatomy)
        costs = spec.known_costs.items()
        known = {name: float(cost(configuration, spec.anatomy)) for name, cost in costs}
        measured = {"training_seconds": seconds, "peak_memory_bytes": float(meter.bytes)}
        outcome = Outcome(
            {**found.measurements, **known, **measured},
            self.provenance(seed)
            | self._tell_training(regime, checkpoints, losses)
            | name_packages(configuration)
            | tell_errors(self, found, self.beside if held_out is validation else None),
            attachment.tensors(),
            found.predictions,
            found.references,
            reduce_curve(losses),
        )
        return measure_also(outcome, self.spec)

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

    def _stops(self, attachment: Attachment, regime: Regime) -> tuple[int, ...]:
        """After which steps a state may be kept; none where nothing is trained."""
        steps = regime.steps(len(self.encoded("train")))
        if not attachment.trained:
            return ()
        return self.spec.training.stops(steps, self.spec.task.quality)

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
