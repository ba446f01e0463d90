"""Examples as a model takes them: texts, choices, and responses of a language model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self

import torch

from .batching import IGNORED, Batch, Row, pad_rows

EVALUATED = 64
EVALUATED_TOKENS = 2048
"""Of a language model, whose outputs are as wide as its vocabulary: 1.2 GB at 150,000 words."""


class Encoded(Protocol):
    """`n` examples of any kind."""

    @property
    def labels(self) -> torch.Tensor:
        """Class or choice indices (int64), values (float64), or of a language model the number of
        response tokens (int64); `n`."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example, `n`; equal where examples have no length."""

    @property
    def cut(self) -> int:
        """How many were longer than the limit."""

    @property
    def largest_token(self) -> int:
        """The highest token id; -1 where examples have no tokens."""

    @property
    def evaluated_together(self) -> int:
        """Examples of one evaluation batch."""

    def __len__(self) -> int: ...

    def head(self, n: int) -> Self:
        """The first `n` examples."""

    def batch(self, indices: Sequence[int]) -> Batch:
        """The model's arguments for `b` examples, with `labels`."""

    def outputs(self, model: Any, batch: Batch) -> torch.Tensor:
        """What predictions are made from, for the `b` examples of a batch, on the CPU."""

    def weight(self, indices: Sequence[int]) -> float:
        """How much these examples count in the mean loss of a batch that they are a part of."""

    @property
    def choices(self) -> int:
        """Sequences of each example that the model reads side by side."""

    def sides(self, config: Mapping[str, Any]) -> list[tuple[int, ...]]:
        """Tokens that a layer sees of each example's longest sequence, `n`: of an encoder-decoder
        those that are read and those that are written.

        Args:
            config: The model's parsed `config.json`.
        """


class Examples:
    """What the encodings have in common: rows that are counted and cut, and outputs of a head.

    Attributes:
        by_row: Names of the attributes that have one entry for each example.
    """

    by_row: ClassVar[tuple[str, ...]] = ("rows", "labels")

    def __len__(self) -> int:
        return len(getattr(self, self.by_row[0]))

    @property
    def lengths(self) -> list[int]:
        """All 1, where examples need no sorting by length; `n`."""
        return [1] * len(self)

    @property
    def cut(self) -> int:
        """None, where examples have no length."""
        return 0

    @property
    def largest_token(self) -> int:
        """None is in an image."""
        return -1

    @property
    def evaluated_together(self) -> int:
        """Examples of one evaluation batch."""
        return EVALUATED

    def head(self, n: int) -> Self:
        """The first `n` examples."""
        kept = {name: getattr(self, name)[:n] for name in self.by_row}
        return replace(self, **kept)  # type: ignore[type-var]

    def answers(self, indices: Sequence[int]) -> torch.Tensor:
        """Labels of `b` examples as a model takes them: indices (int64), or values (float32)."""
        labels: torch.Tensor = self.labels[torch.as_tensor(indices)]  # type: ignore[attr-defined]
        return labels.float() if labels.is_floating_point() else labels

    def outputs(self, model: Any, batch: Batch) -> torch.Tensor:
        """Outputs of the head, `b x classes`, or `b x k` of choices; `b x 1` of a regression."""
        inputs = {name: x for name, x in batch.items() if name != "labels"}
        logits: torch.Tensor = model(**inputs).logits
        return logits.float().cpu()

    def weight(self, indices: Sequence[int]) -> float:
        """Each counts alike."""
        return float(len(indices))

    @property
    def choices(self) -> int:
        """One sequence of each example."""
        return 1

    def sides(self, config: Mapping[str, Any]) -> list[tuple[int, ...]]:
        """One side, of `lengths`."""
        return [(length,) for length in self.lengths]


@dataclass(frozen=True)
class EncodedTexts(Examples):
    """Texts with one label each.

    Attributes:
        rows: Each example's inputs (`input_ids`, and `token_type_ids` where the model has them).
        labels: Class indices (int64) or values (float64), `n`.
        padding: Value that fills each input.
        longer: How many examples were longer than the limit.
    """

    rows: Sequence[Row]
    labels: torch.Tensor
    padding: dict[str, int]
    longer: int = 0

    @property
    def cut(self) -> int:
        """Those that lost their end."""
        return self.longer

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example, `n`."""
        return [len(row["input_ids"]) for row in self.rows]

    @property
    def largest_token(self) -> int:
        """The highest token id."""
        return max(max(row["input_ids"]) for row in self.rows)

    def batch(self, indices: Sequence[int]) -> Batch:
        """Inputs of `b` examples, each `b x longest`, with `labels` of size `b`."""
        inputs = pad_rows([self.rows[i] for i in indices], self.padding)
        return inputs | {"labels": self.answers(indices)}


@dataclass(frozen=True)
class EncodedChoices(Examples):
    """Contexts, each with `k` choices.

    Attributes:
        rows: The inputs of each example's choices, `n` times `k`.
        labels: Index of the right choice (int64), `n`.
        padding: Value that fills each input.
        longer: How many examples were longer than the limit.
    """

    rows: Sequence[Sequence[Row]]
    labels: torch.Tensor
    padding: dict[str, int]
    longer: int = 0

    @property
    def cut(self) -> int:
        """Those that lost their end."""
        return self.longer

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example's longest choice, `n`."""
        return [max(len(choice["input_ids"]) for choice in row) for row in self.rows]

    @property
    def largest_token(self) -> int:
        """The highest token id."""
        return max(max(choice["input_ids"]) for row in self.rows for choice in row)

    def batch(self, indices: Sequence[int]) -> Batch:
        """Inputs of `b` examples, each `b x k x longest`, with `labels` of size `b`."""
        flat = pad_rows([choice for i in indices for choice in self.rows[i]], self.padding)
        inputs = {name: x.view(len(indices), -1, x.shape[-1]) for name, x in flat.items()}
        return inputs | {"labels": self.answers(indices)}

    @property
    def choices(self) -> int:
        """`k`."""
        return len(self.rows[0])


@dataclass(frozen=True)
class EncodedResponses(Examples):
    """Prompts with their responses, for a language model.

    Attributes:
        rows: `input_ids`, `attention_mask` and `labels` of each example. Of a decoder they run
            over prompt and response, and `IGNORED` stands where there is no loss; of an
            encoder-decoder the labels are the response alone.
        prompts: Tokens from which the last response is generated, `n`.
        responses: Text of the last response, `n`.
        padding: Value that fills each input.
        longer: How many examples were longer than the limit.
    """

    by_row: ClassVar[tuple[str, ...]] = ("rows", "prompts", "responses")

    rows: Sequence[Row]
    prompts: Sequence[list[int]]
    responses: Sequence[str]
    padding: dict[str, int]
    longer: int = 0

    @property
    def labels(self) -> torch.Tensor:
        """Tokens of each example that count in the loss, `n`."""
        return torch.tensor([sum(x != IGNORED for x in row["labels"]) for row in self.rows])

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example, `n`; of an encoder-decoder the longer of its two sides."""
        return [max(len(row["input_ids"]), len(row["labels"])) for row in self.rows]

    @property
    def cut(self) -> int:
        """Those that lost a part of their question or answer."""
        return self.longer

    @property
    def largest_token(self) -> int:
        """The highest token id, of inputs and labels."""
        return max(max(row["input_ids"] + row["labels"]) for row in self.rows)

    @property
    def evaluated_together(self) -> int:
        """Examples of one evaluation batch: fewer of long ones."""
        return max(1, min(EVALUATED, EVALUATED_TOKENS // max(self.lengths)))

    def sides(self, config: Mapping[str, Any]) -> list[tuple[int, ...]]:
        """Of an encoder-decoder, prompt and response; else both as one."""
        if not config.get("is_encoder_decoder"):
            return super().sides(config)
        return [(len(row["input_ids"]), len(row["labels"])) for row in self.rows]

    def weight(self, indices: Sequence[int]) -> float:
        """Each token of a response counts alike."""
        return float(sum(x != IGNORED for i in indices for x in self.rows[i]["labels"]))

    def batch(self, indices: Sequence[int]) -> Batch:
        """Inputs and `labels` of `b` examples, each `b x` its longest, padded on the right."""
        return pad_rows([self.rows[i] for i in indices], self.padding)

    def outputs(self, model: Any, batch: Batch) -> torch.Tensor:
        """Negative log-likelihood of each response, summed over its tokens, in nats, `b x 1`."""
        labels = batch["labels"]
        inputs = {name: x for name, x in batch.items() if name != "labels"}
        if model.config.is_encoder_decoder:
            return _sum_losses(model(**inputs, labels=labels).logits, labels)
        # Virtual tokens in front of the inputs, where there are any, have no labels.
        logits = model(**inputs).logits[:, -labels.shape[1] :]
        return _sum_losses(logits[:, :-1], labels[:, 1:])


def _sum_losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Losses by row, `b x 1`.

    Args:
        logits: `b x t x words`.
        labels: `b x t`; `IGNORED` where there is no loss.
    """
    counted = labels != IGNORED
    losses = torch.nn.functional.cross_entropy(
        logits[counted].float(), labels[counted], reduction="none"
    )
    sums = torch.zeros(len(labels), dtype=torch.float64)
    sums.index_add_(0, counted.nonzero()[:, 0].cpu(), losses.double().cpu())
    return sums[:, None]
