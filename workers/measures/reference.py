"""The user's text of reference as a model reads it."""

import hashlib
from dataclasses import replace
from typing import Any

import torch

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.kinds.model_forms import CHOICES
from peftsearch.workers.batches.batching import IGNORED
from peftsearch.workers.batches.encoding import encode_texts
from peftsearch.workers.batches.encodings import Encoded, EncodedChoices, EncodedResponses
from peftsearch.workers.batches.responses import encode_decoder, encode_encoder_decoder
from peftsearch.workers.data.passages import read_passages
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.preparation.opened_job import OpenedJob


def encode_reference(job: OpenedJob) -> tuple[Encoded, dict[str, Any]]:
    """Its passages, `n`, cut to the job's length, and what they are, for the provenance.

    Raises:
        UserError: The file is gone, or has too few passages.
    """
    texts = read_passages(str(job.spec.objectives.reference))
    sha256 = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    found = job.encode_by(lambda task, tokenizer: _encode(task, tokenizer, texts))
    return found, {"passages": len(texts), "sha256": sha256}


def _encode(task: TaskSpec, tokenizer: Any, texts: list[str]) -> Encoded:
    form = find_kind(task.kind).form
    if form.fresh_head:
        found = encode_texts(tokenizer, [texts], torch.zeros(len(texts)).long(), task.tokens)
        if form is not CHOICES:
            return found
        return EncodedChoices([[x] for x in found.rows], found.labels, found.padding)
    if not form.causal:
        rows = Split([(x,) for x in texts], texts)
        return encode_encoder_decoder(task, tokenizer, rows)
    rows = Split([(x,) for x in texts], [""] * len(texts))
    whole = encode_decoder(_as_text(task), tokenizer, rows)
    return _without_ends(whole, tokenizer.eos_token_id)


def _as_text(task: TaskSpec) -> TaskSpec:
    """A task with the loss on every token."""
    named = {"text": "text", "prompt": None, "response": None, "messages": None}
    return task.model_copy(update=named)


def _without_ends(data: EncodedResponses, end: int | None) -> EncodedResponses:
    """No loss on the end of a passage: that a file has a line break there is no text."""
    rows = []
    for row in data.rows:
        labels, last = row["labels"], len(row["labels"]) - 1
        ends = last > 1 and labels[last] == end
        rows.append({**row, "labels": [*labels[:last], IGNORED] if ends else labels})
    return replace(data, rows=rows)
