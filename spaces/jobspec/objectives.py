"""What can be measured of a trial, and which direction is better.

Directions are flipped here and nowhere else: `signed` turns a value into one to maximise.
"""

import math
from dataclasses import dataclass

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.cost import KNOWN_COSTS


@dataclass(frozen=True)
class Objective:
    """One number of a trial.

    Attributes:
        maximise: Whether more is better.
        known: Whether it is exact before training (`spaces.cost`).
        unit: For people; empty for scores.
        best: The best possible value of a quality.
        worst: What a quality counts as where the reference was not measured: a score of 0; of a
            language model, a uniform guess among as many words as any model knows.
    """

    name: str
    maximise: bool
    known: bool = False
    unit: str = ""
    best: float = 1.0
    worst: float = 0.0

    def signed(self, value: float) -> float:
        """`value`, or its negative where less is better. Its own inverse."""
        return value if self.maximise else -value


_WORDS = 262_144
"""The largest vocabulary in use, that of Gemma 3."""

_ROWS = (
    Objective("accuracy", True),
    Objective("f1", True),
    Objective("matthews", True),
    Objective("pearson", True),
    Objective("spearman", True),
    Objective("loss", False, best=0.0, worst=math.log(_WORDS)),
    Objective("perplexity", False, best=1.0, worst=float(_WORDS)),
    Objective("exact_match", True),
    Objective("trainable_parameters", False, known=True),
    Objective("adapter_bytes", False, known=True, unit="B"),
    Objective("backward_depth", False, known=True, unit="layers"),
    Objective("training_seconds", False, unit="s"),
    Objective("peak_memory_bytes", False, unit="B"),
)

OBJECTIVES = {row.name: row for row in _ROWS}
QUALITIES = {
    "classification": ("accuracy", "f1", "matthews"),
    "regression": ("pearson", "spearman"),
    "multiple_choice": ("accuracy",),
    "causal_lm": ("loss", "perplexity", "exact_match"),
    "seq2seq": ("loss", "perplexity", "exact_match"),
    "image_classification": ("accuracy", "f1", "matthews"),
}
"""Quality metrics by task kind; the first is the default. The loss of a language model is in nats
per response token; `exact_match`, which generates, is measured only where it is the job's metric.
"""

assert set(KNOWN_COSTS) == {row.name for row in _ROWS if row.known}


def objective(name: str) -> Objective:
    """Row of the table.

    Raises:
        UserError: No row has that name.
    """
    if name not in OBJECTIVES:
        raise UserError(f"an objective among {', '.join(OBJECTIVES)}", repr(name), "correct it")
    return OBJECTIVES[name]
