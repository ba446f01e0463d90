"""Adapters that `peft` saved elsewhere, scored on a job's validation rows by its metric."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peftsearch.errors import UserError
from peftsearch.records.preparation import HeadChoice, Pooling
from peftsearch.spaces.configurations.head_tensors import POOLED, linear_head
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.kinds.model_forms import CHOICES
from peftsearch.spaces.techniques.saved import Tensor
from peftsearch.workers.data.task_data import TaskData
from peftsearch.workers.files.peft_folders import PeftFolder
from peftsearch.workers.files.peft_format import public_name, read_peft
from peftsearch.workers.models.backbone import Backbone, load_backbone, widen_vectors
from peftsearch.workers.models.chosen_head import use_head
from peftsearch.workers.models.heads import head_tensors
from peftsearch.workers.preparation.floor_answers import tell_errors
from peftsearch.workers.preparation.opened_job import OpenedJob
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.evaluation import Evaluator
from peftsearch.workers.training.trial_failures import classify

from .adapter_folders import Score

OnBatch = Callable[[int, int], None]
"""Told the batches done and in total."""


@dataclass
class Scorer:
    """Loads each adapter by `peft` onto the job's model as it is on disk, and scores it.

    Attributes:
        own_head: Tensors of the head that the model's class has.
    """

    job: OpenedJob
    own_head: tuple[Tensor, ...]
    _used: bool = False

    @classmethod
    def open(cls, spec: JobSpec, data: TaskData, device: str) -> "Scorer":
        """Load the model once.

        Raises:
            UserError: The model or the device cannot be used, or the job has folds, whose
                validation rows are all rows.
        """
        if data.others:
            got = f"{len(data.others) + 1} of them"
            raise UserError("a job without folds to score adapters", got, "set task.folds = 1")
        job = OpenedJob.open(spec, device, data)
        return cls(job, head_tensors(job.backbone.model, job.backbone.heads))

    def check(self, folder: PeftFolder) -> None:
        """Refuse what cannot be scored, before anything is loaded.

        Raises:
            UserError: The adapter lacks a part of the head, whose outputs are then random, or has
                one of other classes.
        """
        held = {public_name(name): shape for name, shape in folder.shapes.items()}
        for tensor in self._head(folder):
            if held.get(tensor.name) != tensor.shape:
                got = f"{list(held[tensor.name])}" if tensor.name in held else "none"
                hint = "it cannot be scored here: tell what you measured in a file of results"
                raise UserError(f"a head with {tensor.name} of {list(tensor.shape)}", got, hint)
        names = tuple(self.job.data.label_names)
        if names and folder.labels and folder.labels != names:
            got, hint = ", ".join(folder.labels), "its outputs mean others: correct task.label"
            raise UserError(f"outputs for the classes {', '.join(names)}", got, hint)

    def score(self, folder: PeftFolder, on_batch: OnBatch) -> Score:
        """Every metric of the job's kind on all validation rows.

        Raises:
            UserError: The adapter cannot be loaded, or its outputs are no numbers.
        """
        job, rows = self.job, self.job.encoded("validation")
        try:
            evaluator = self._evaluator(self._load(folder))
            found = evaluator.evaluate(rows, Clock(evaluator.count_steps(rows), on_batch))
        except Exception as error:
            got = str(classify(error))
            hint = "it cannot be scored here: leave it out"
            raise UserError(
                "an adapter that peft loads onto the job's model", got, hint
            ) from error
        told = {"scored": True, **tell_errors(job, found, None)}
        return Score({**found.measurements, "validation_rows": len(rows)}, told)

    def _head(self, folder: PeftFolder) -> tuple[Tensor, ...]:
        """The tensors of an adapter's head, all of which it must hold."""
        if (pooling := self._pooling(folder)) == "model":
            return self.own_head
        choices = find_kind(self.job.spec.task.kind).form is CHOICES
        outputs = 1 if choices else max(1, len(self.job.data.label_names))
        return linear_head(pooling, outputs, self.job.spec.anatomy) or ()

    def _pooling(self, folder: PeftFolder) -> Pooling:
        """What the head of an adapter reads.

        Raises:
            UserError: It has one of ours and does not say.
        """
        if f"{POOLED}.weight" not in map(public_name, folder.shapes):
            return "model"
        poolings: tuple[Pooling, ...] = ("first", "mean")
        for told in (folder.pooling, self.job.spec.head.pooling):
            if (known := next((x for x in poolings if x == told), None)) is not None:
                return known
        hint = "export it again, or set head.pooling in the job file"
        raise UserError(f"the pooling that {POOLED} reads", "none in its files", hint)

    def _load(self, folder: PeftFolder) -> Backbone:
        """The model with an adapter. One model is held at a time."""
        job, labels = self.job, tuple(self.job.data.label_names)
        if self._used:
            del job.backbone.model
            job.backbone = load_backbone(job.spec, max(1, len(labels)), job.device)
            if job.backbone.dtype != "float32":
                widen_vectors(job.backbone)
        self._used = True
        use_head(job.backbone, HeadChoice(self._pooling(folder), "random"), {})
        model: Any = read_peft(folder.path, job.backbone)
        job.backbone.model = model.to(job.device).train(False)
        return job.backbone

    def _evaluator(self, backbone: Backbone) -> Evaluator:
        """Trials fold the scale of their labels into the head that they leave."""
        job = self.job
        return Evaluator(
            backbone,
            job.spec.task,
            job.classes,
            job.precision,
            positive=job.positive,
            balance=job.balance,
        )
