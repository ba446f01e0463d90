"""One job's backbone and data in one process: from a configuration to measured metrics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch

from peftsearch.records.preparation import Preparation
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.models.chosen_head import choose_head_rate, use_head
from peftsearch.workers.models.sizes import count_base
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.preparation.floor_answers import FloorAnswers, read_answers
from peftsearch.workers.preparation.fold_tensors import keep_named, take_fold
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.preparation.prepare import (
    Prepared,
    count_preparing,
    prepare,
    prepare_head,
)
from peftsearch.workers.preparation.same_inputs import check_same_inputs

from .beyond_budget import foresee_beyond
from .clock import Clock, OnStep
from .cross_validation import as_in_first, cross_validate, join_prepared
from .inference import predict_logits
from .outcome import Outcome
from .rungs import Keeper
from .team import Team
from .trainer import Request, Trainer
from .workload import count_workloads, with_reading


@dataclass
class TrialRunner(Trainer):
    """Evaluates configurations one after another on one backbone.

    Attributes:
        prepared: What was adopted; None until then.
    """

    prepared: Prepared | None = None
    _starts: list[dict[str, torch.Tensor] | None] = field(default_factory=list)
    _besides: list[FloorAnswers | None] = field(default_factory=list)

    def evaluate(
        self,
        configuration: Configuration,
        seed: int,
        on_step: OnStep = lambda done, total: None,
        split: str = "validation",
        watched: bool = False,
        keeper: Keeper | None = None,
    ) -> Outcome:
        """Train the configuration and score it on a split (`validation` or `test`).

        The backbone is left as it was found, also when `on_step` or anything else raises.

        Args:
            watched: Whether it ends early where the training has collapsed.
            keeper: Of its rungs: it goes on from what is kept there, and ends as if it had never
                been broken off. Of trainings on folds nothing is kept.

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
            return self.train(Request(configuration, seed, on_step, held_out, watched, keeper))

        def train_fold(fold: int, step: OnStep) -> Outcome:
            runner, self.backbone.start = self.folds[fold], self._starts[fold]
            runner.workload, runner.beside = self.workload, self._besides[fold]
            held_out = runner.encoded(split)
            return runner.train(Request(configuration, seed, step, held_out, watched))

        try:
            return cross_validate(len(self.folds), train_fold, on_step, self.spec.task.quality)
        finally:
            self.backbone.start = self._starts[0]

    @cached_property
    def folds(self) -> tuple["TrialRunner", ...]:
        """This runner and, where the job has folds, one for each further of them."""
        others = (
            replace(self, data=data, _encoded={}, fold=number)
            for number, data in enumerate(self.data.others, 1)
        )
        return (self, *others)

    def prepare(self, on_batch: Callable[[], None] = lambda: None) -> Prepared:
        """The job's floors, its head and where that starts: a function of its spec, its model and
        its data. Only before something is adopted, since it needs the model's own head.

        Raises:
            UserError: The spec asks for a head that this model cannot have.
        """
        prepared = self._prepare_folds(prepare, on_batch)
        told, best = prepared.preparation, prepared.preparation.best(self.spec.task.quality)
        answers = keep_named(prepared.answers, None if best is None else best.name)
        notes = (*told.notes, *self.notes(), *foresee_beyond(self))
        told = replace(told, notes=notes, made_of=self.inputs)
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
        """Give the model the head that was prepared; once, and for good.

        Raises:
            UserError: It was prepared with other rows, or another model.
        """
        if self.prepared is not None:
            return
        if known := prepared.preparation.made_of:
            place = str(self.spec.task.train)
            check_same_inputs(known, self.inputs, self.spec.name, place)
        if self.team is not None:
            self.team.tell(prepared)
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

    def follow_all(self, team: Team) -> None:
        """Compute this process's part of all that the team's first one trains, until it ends."""
        while (order := team.hear()) is not None:
            if isinstance(order, Prepared):
                self.adopt(order)
                continue
            with team.following():
                self.folds[order.fold].follow(order, team)

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
        seed = self.spec.seed
        if backbone.reader is not None:
            size = backbone.reader.size.base_bytes
            backbone.anatomy = with_reading(backbone.anatomy, training, data, seed, size)
        return count_workloads(training, data, config, stacks, seed, known)

    @property
    def decides(self) -> bool:
        """Whether a trial's head depends on what is found out."""
        head = self.spec.head
        return not (head.pooling == "model" and head.start == "random")

    def score(
        self, configuration: Configuration, tensors: Mapping[str, torch.Tensor], split: str
    ) -> Evaluation:
        """The scores of a trained adapter on a split, without any training.

        Raises:
            UserError: The tensors are not of this configuration and model.
            NonFiniteLoss: An output is infinite or not a number.
        """
        attachment, rows = attach(self.backbone, configuration, 0), self.encoded(split)
        try:
            attachment.load(tensors)
            # Kept adapters answer in the units of the labels.
            evaluator = replace(self._evaluator(configuration), scale=None)
            return evaluator.evaluate(rows, Clock(evaluator.count_steps(rows), lambda *_: None))
        finally:
            attachment.detach()

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
