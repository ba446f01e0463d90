"""What a worker would find out of a job's model and data, found without reading its weights."""

from dataclasses import dataclass
from typing import Any

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.head import has_pooling
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.space.presets import text_positions
from peftsearch.workers.batches.encoding import encode_split, note_cuts
from peftsearch.workers.batches.encodings import Encoded, EncodedResponses
from peftsearch.workers.batches.lengths import choose_length
from peftsearch.workers.batches.vocabulary import check_tokens
from peftsearch.workers.data.group_notes import note_groups
from peftsearch.workers.data.task_data import TaskData
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.models.backbone import load_processor, read_config
from peftsearch.workers.models.dtypes import choose_dtype, read_weights
from peftsearch.workers.models.encoders import named_as_encoder
from peftsearch.workers.models.locations import fetch_model
from peftsearch.workers.models.sizes import check_size, foresee_base
from peftsearch.workers.models.tokenizers import has_beyond
from peftsearch.workers.runtime.devices import choose_device, choose_precision

from .generation import longest_response
from .workload import count_workloads, with_reading


@dataclass(frozen=True)
class Rehearsal:
    """A job as workers on this machine's first device would take it up.

    Attributes:
        spec: With the length of texts that was chosen, and the workload of its trainings; where
            batches of several sizes are tried, of the largest.
        notes: What is to be said of rows that are cut, and of the groups of which the worst is
            measured.
        response: Tokens of the longest response of a training row; 0 where rows have none.
        whole: Share of the training rows that are not cut.
    """

    spec: JobSpec
    notes: tuple[str, ...]
    response: int = 0
    whole: float = 1.0


def rehearse(spec: JobSpec, data: TaskData) -> Rehearsal:
    """Read all training rows as the model would, and count what a training goes through.

    Raises:
        UserError: As `open_processor`.
    """
    kind, processor = find_kind(spec.task.kind), open_processor(spec, data)
    task = choose_length(spec.task, processor, data.train, text_positions(spec))
    alike = kind.form.inputs != "text"
    train = data.train.pick(range(1)) if alike else data.train
    encoded, stacks = encode_split(task, processor, train), len(spec.anatomy.stacks)
    config, rows = read_config(spec.model.path), len(data.train.texts)
    known = _describe_model(spec, max(1, len(data.label_names)))
    workload = count_workloads(spec.training, encoded, config, stacks, spec.seed, known, rows)
    anatomy = spec.anatomy.model_copy(update={"workload": workload})
    if spec.model.encoder is not None and anatomy.encoder is not None:
        anatomy = _rehearse_reading(spec, task, train, encoded, anatomy)
    notes = (*note_cuts(task, "training", encoded), *note_groups(spec, data))
    spec = spec.model_copy(update={"task": task}).with_anatomy(anatomy)
    response = _longest(encoded, bool(config.get("is_encoder_decoder")))
    return Rehearsal(spec, notes, response, 1 - encoded.cut / len(encoded))


def _rehearse_reading(
    spec: JobSpec, task: TaskSpec, train: Split, encoded: Encoded, anatomy: Anatomy
) -> Anatomy:
    """The anatomy with what the job's encoder goes through."""
    from peftsearch.workers.batches.reader_inputs import join_readers
    from peftsearch.workers.models.reader import cut_to, open_tokenizer

    assert anatomy.encoder is not None, "the job names one"
    with named_as_encoder():
        folder = fetch_model(str(spec.model.encoder))
        held = read_weights(folder).bytes("float32")
    read = encode_split(cut_to(anatomy.encoder, task), open_tokenizer(folder), train)
    joined = join_readers(encoded, read)
    return with_reading(anatomy, spec.training, joined, spec.seed, held)


def _longest(encoded: Encoded, two_sided: bool) -> int:
    if not isinstance(encoded, EncodedResponses):
        return 0
    return longest_response(encoded, two_sided)


def _describe_model(spec: JobSpec, labels: int) -> dict[str, Any]:
    """What a workload says of the model, by its configuration and the headers of its files. Where
    a job chooses its head, it is taken for the one that most do: one linear."""
    device, folder, kind = choose_device(), fetch_model(spec.model.path), find_kind(spec.task.kind)
    dtype = choose_dtype(spec.model.dtype, read_weights(folder), device)
    fresh = kind.form.fresh_head
    pooled = spec.head.pooling != "model" and has_pooling(kind.name, spec.anatomy)
    return {
        "base_bytes": foresee_base(folder, kind, labels, pooled, dtype),
        "base_dtype": dtype,
        "precision": choose_precision(spec.training.precision, device, dtype),
        "words": 0 if fresh else spec.anatomy.vocabulary or 0,
    }


def open_processor(spec: JobSpec, data: TaskData) -> Any:
    """The tokenizer of a job's model, or of images its image processor.

    Raises:
        UserError: The model is none that workers could load, or a row has a token that the model
            has no embedding for.
    """
    kind, folder = find_kind(spec.task.kind), fetch_model(spec.model.path)
    check_size(folder, kind, max(1, len(data.label_names)))
    processor = load_processor(folder, kind.name)
    rows = read_config(spec.model.path).get("vocab_size")
    if kind.form.inputs == "text" and rows and has_beyond(processor, rows):
        task = choose_length(spec.task, processor, data.train, text_positions(spec))
        for name, split in {"train": data.train, "validation": data.validation}.items():
            check_tokens(processor, rows, name, encode_split(task, processor, split))
    return processor
