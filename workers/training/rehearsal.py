"""What a worker would refuse of a job's model, found without reading its weights."""

from typing import Any

from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.batches.encoding import encode_split
from peftsearch.workers.batches.lengths import choose_length
from peftsearch.workers.batches.vocabulary import check_tokens
from peftsearch.workers.data.task_data import TaskData
from peftsearch.workers.models.backbone import has_beyond, load_processor, read_config
from peftsearch.workers.models.locations import fetch_model
from peftsearch.workers.models.sizes import check_size


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
        task = choose_length(spec.task, processor, data.train, spec.anatomy.positions)
        for name, split in {"train": data.train, "validation": data.validation}.items():
            check_tokens(processor, rows, name, encode_split(task, processor, split))
    return processor
