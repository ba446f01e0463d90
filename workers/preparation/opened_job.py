"""A job's model and data in one process, loaded once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.space.presets import text_positions
from peftsearch.workers.batches.encoding import encode_split, note_cuts
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.batches.lengths import choose_length
from peftsearch.workers.batches.reader_inputs import join_readers
from peftsearch.workers.batches.vocabulary import check_tokens
from peftsearch.workers.data.group_notes import note_groups
from peftsearch.workers.data.label_folding import find_class
from peftsearch.workers.data.task_data import Split, TaskData, load_data, load_test
from peftsearch.workers.models.backbone import Backbone, load_backbone, name_labels, widen_vectors
from peftsearch.workers.runtime.devices import choose_device, choose_precision

from .balance import Balance
from .same_inputs import ROWS


@dataclass
class OpenedJob:
    """What is trained and measured on.

    Attributes:
        spec: The job's, with the length of texts that was chosen from them.
        precision: Of matrix products, `float32` or `bfloat16`.
    """

    spec: JobSpec
    backbone: Backbone
    data: TaskData
    precision: str
    _encoded: dict[str, Encoded] = field(default_factory=dict)
    _test: list[Split] = field(default_factory=list)

    @classmethod
    def open(cls, spec: JobSpec, device: str = "auto", data: TaskData | None = None) -> Self:
        """Load data and model once.

        Args:
            data: The job's, where it was read already.

        Raises:
            UserError: The data, the model or the device cannot be used.
        """
        chosen = choose_device(device)
        data = load_data(spec) if data is None else data
        backbone = load_backbone(spec, max(1, len(data.label_names)), chosen)
        if data.label_names:
            name_labels(backbone, tuple(data.label_names))
        if backbone.dtype != "float32":
            widen_vectors(backbone)
        task = choose_length(spec.task, backbone.tokenizer, data.train, text_positions(spec))
        spec = spec.model_copy(update={"task": task})
        precision = choose_precision(spec.training.precision, chosen, backbone.dtype)
        opened = cls(spec, backbone, data, precision)
        if backbone.short_of is not None:  # else every trial would fail of the same token
            opened.encoded("train"), opened.encoded("validation")
        return opened

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """The rows and the files of models that it has, as provenances name and tell them."""
        return {ROWS: self.data.fingerprint, **self.backbone.tell_files()}

    @property
    def device(self) -> str:
        """The torch device."""
        return self.backbone.device

    @property
    def classes(self) -> int | None:
        """How many; None of kinds without."""
        return len(self.data.label_names) or None

    @property
    def positive(self) -> int | None:
        """Index of the class that the task names as the positive one; None where it names none."""
        named = self.spec.task.positive
        return None if named is None else find_class(named, self.data.label_names)

    @property
    def balance(self) -> Balance | None:
        """What the training loss makes of classes of unequal size; None where rows are alike."""
        work, data = find_kind(self.spec.task.kind).load_work(), self.data
        found: Balance | None = work.class_balance(
            data.train, data.label_names, self.spec.training
        )
        return found

    def split(self, name: str) -> Split:
        """Rows of `train`, `validation` or `test`, which is read when it is first asked for."""
        if name != "test":
            return self.data.train if name == "train" else self.data.validation
        if not self._test:
            self._test.append(load_test(self.spec))
        return self._test[0]

    def take_test(self, rows: Split) -> None:
        """Let other rows stand for the test split from now on."""
        self._test[:] = [rows]
        self._encoded.pop("test", None)

    def encoded(self, name: str) -> Encoded:
        """A split's rows as the model takes them, made once."""
        if name not in self._encoded:
            tokenizer, rows = self.backbone.tokenizer, self.backbone.short_of
            encoded = self.encode(self.split(name))
            if rows is not None:
                check_tokens(tokenizer, rows, name, encoded)
            self._encoded[name] = encoded
        return self._encoded[name]

    def encode(self, rows: Split) -> Encoded:
        """Any rows as the model takes them, and the job's encoder beside it."""
        return self.encode_by(lambda task, tokenizer: encode_split(task, tokenizer, rows))

    def encode_by(self, encode: Callable[[TaskSpec, Any], Encoded]) -> Encoded:
        """What is made of texts by the tokenizer of the model, joined with what is made of them
        by that of the job's encoder, where there is one.

        Args:
            encode: Given the task, with the length of texts that counts, and a tokenizer.
        """
        own, reader = encode(self.spec.task, self.backbone.tokenizer), self.backbone.reader
        if reader is None:
            return own
        return join_readers(own, encode(reader.cut(self.spec.task), reader.tokenizer))

    def notes(self) -> tuple[str, ...]:
        """What a person should know of the rows that were cut, and of the groups of which the
        worst is measured, one line each."""
        found = (
            note_cuts(self.spec.task, name, self.encoded(split))
            for split, name in (("train", "training"), ("validation", "validation"))
        )
        cuts = tuple(note for notes in found for note in notes)
        return (*cuts, *note_groups(self.spec, self.data))
