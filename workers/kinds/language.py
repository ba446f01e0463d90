"""Texts that answer a prompt: language models, with and without an encoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peftsearch.records.preparation import Floor
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.data.dialogues import read_dialogues
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split, read_column, read_texts

from .programs import answer_dialogue, answer_prompt
from .work import Work

if TYPE_CHECKING:
    import torch

    from peftsearch.workers.batches.encodings import EncodedResponses
    from peftsearch.workers.preparation.baselines import Baseline
    from peftsearch.workers.preparation.opened_job import OpenedJob

_LARGEST_EXPONENT = 700.0


class Responses(Work):
    """Prompts with responses. Outputs and predictions are the negative log-likelihood of each
    response, summed over its tokens; references are the numbers of those tokens.

    Attributes:
        encoder: Whether an encoder reads the prompt.
    """

    encoder: bool = False
    generated = "exact_match"
    cut = "their prompts lose their beginning"

    def read(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
        """Prompts and responses, of messages as JSON; of a text alone an empty response."""
        if task.messages is not None:
            contexts, answers = read_dialogues(table, task.messages)
            return Split([(context,) for context in contexts], answers)
        if task.text is not None:
            texts = read_texts(table, task.text_columns)
            return Split(texts, [""] * len(texts))
        prompts = read_texts(table, (str(task.prompt),))
        return Split(prompts, read_column(table, str(task.response)))

    def name_row(self, task: TaskSpec) -> tuple[str, str]:
        """What messages call a row and its label."""
        return ("text" if task.text else "prompt"), "response"

    def constant_loss(self, labels: torch.Tensor) -> float | None:
        """None: every model begins with another loss."""
        return None

    def decide(self, logits: torch.Tensor) -> NDArray[Any]:
        """The sums, `n`."""
        return np.asarray(logits[:, 0].double())

    def mean_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> float:
        """Nats per response token, over all of them."""
        return float(logits.sum() / labels.sum())

    def score(
        self,
        predictions: NDArray[Any],
        references: NDArray[Any],
        classes: int | None,
        positive: int | None = None,
    ) -> dict[str, float]:
        """Loss and perplexity of sums and numbers of tokens; of 1 for a response that is right,
        else 0, and ones as references: `exact_match`."""
        loss = float(predictions.sum() / references.sum())
        return {
            "loss": loss,
            "perplexity": float(np.exp(min(loss, _LARGEST_EXPONENT))),
            "exact_match": float(np.mean(predictions == references)),
        }

    def baselines(self, job: OpenedJob, on_batch: Callable[[], None]) -> Sequence[Baseline]:
        """The model as it is; where the job's quality is generated also the best of a few prompts
        with examples."""
        from peftsearch.workers.training.language_baselines import ask_base, choose_prompt

        base, asked = ask_base(job), self._is_asked(job.spec.task)
        prompted = choose_prompt(job, on_batch) if asked else None
        return [base] if prompted is None else [base, prompted]

    def count_baselines(self, job: OpenedJob) -> int:
        """Batches of both."""
        from peftsearch.workers.training.language_baselines import count_floors

        return count_floors(job, self._is_asked(job.spec.task))

    def foresee_baselines(self, task: TaskSpec) -> Sequence[str]:
        """The same."""
        base, asked = "the base model as it is", self._is_asked(task)
        return [base, *(["the best of a few prompts with solved examples"] if asked else [])]

    def foresee_reading(self, task: TaskSpec, rows: int, tokens: float) -> tuple[float, float]:
        """Of both, prompts with their examples."""
        from peftsearch.workers.training.language_baselines import foresee_asking

        if not self._is_asked(task):
            return float(rows), 0.0
        return foresee_asking(rows, tokens)

    def _is_asked(self, task: TaskSpec) -> bool:
        return task.quality == self.generated and task.text is None

    def baseline(self, job: OpenedJob, floor: Floor) -> Baseline | None:
        """With the examples that were chosen."""
        from peftsearch.workers.training.language_baselines import ask_base, ask_with_examples

        if "examples" in floor.details:
            return ask_with_examples(job, floor.details["examples"])
        return ask_base(job)

    def tell_outputs(self, task: TaskSpec, labels: Sequence[str]) -> str:
        """The column that it answers with."""
        return f"It was trained to write `{task.response or task.messages or task.text}`."

    def tell_inputs(self, task: TaskSpec) -> str:
        """What is cut."""
        limit = task.tokens
        return f"Prompts lose their beginning where an example is longer than {limit} tokens."

    def program(self, task: TaskSpec, cached: bool = True) -> str:
        """A prompt, a question or the beginning of a text, and what the model writes then."""
        if task.messages is not None:
            return answer_dialogue(cached)
        return answer_prompt(task.prompt or "beginning of a text", self.encoder, cached)


class DecoderResponses(Responses):
    """Of a decoder, which reads prompt and response as one text."""

    def encode(self, task: TaskSpec, processor: Any, split: Split) -> EncodedResponses:
        """Prompt and response as one sequence."""
        from peftsearch.workers.batches.responses import encode_decoder

        return encode_decoder(task, processor, split)


class EncoderDecoderResponses(Responses):
    """Of an encoder-decoder."""

    encoder = True

    def encode(self, task: TaskSpec, processor: Any, split: Split) -> EncodedResponses:
        """The prompt for the encoder, the response as labels."""
        from peftsearch.workers.batches.responses import encode_encoder_decoder

        return encode_encoder_decoder(task, processor, split)


DECODER = DecoderResponses()
ENCODER_DECODER = EncoderDecoderResponses()
