"""What can be measured of a trial, and which direction is better.

Directions are flipped here and nowhere else: `signed` turns a value into one to maximise.
"""

from dataclasses import dataclass

from .cost import KNOWN_COSTS
from .errors import UserError


@dataclass(frozen=True)
class Objective:
    """One number of a trial.

    Attributes:
        maximise: Whether more is better.
        known: Whether it is exact before training (`spaces.cost`).
        unit: For people; empty for scores.
    """

    name: str
    maximise: bool
    known: bool = False
    unit: str = ""

    def signed(self, value: float) -> float:
        """`value`, or its negative where less is better. Its own inverse."""
        return value if self.maximise else -value


_ROWS = (
    Objective("accuracy", True),
    Objective("f1", True),
    Objective("matthews", True),
    Objective("pearson", True),
    Objective("spearman", True),
    Objective("loss", False),
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
}
"""Quality metrics by task kind; the first is the default."""

assert set(KNOWN_COSTS) == {row.name for row in _ROWS if row.known}


def objective(name: str) -> Objective:
    """Row of the table.

    Raises:
        UserError: No row has that name.
    """
    if name not in OBJECTIVES:
        raise UserError(f"an objective among {', '.join(OBJECTIVES)}", repr(name), "correct it")
    return OBJECTIVES[name]
