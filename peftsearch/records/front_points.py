"""The front of a job: its points, and how long each stood."""

from collections.abc import Mapping
from dataclasses import dataclass

from peftsearch.spaces.configurations.configuration import Configuration


@dataclass(frozen=True)
class FrontPoint:
    """One entry of a job's front.

    Attributes:
        values: Mean over the completed full-fidelity seeds, of each objective.
        trials: Numbers of those trials; their count is the number of seeds.
        entered: The job's event at which the key entered the front.
    """

    key: str
    configuration: Configuration
    values: Mapping[str, float]
    trials: tuple[int, ...]
    entered: int


@dataclass(frozen=True)
class FrontEntry:
    """One stay of a key on a job's front.

    Attributes:
        values: Mean over the seeds in `trials`, of each objective.
        entered: The job's event at which it entered.
        left: The event at which it left; None while it stands. A key whose mean changes leaves
            and enters at one event.
    """

    key: str
    values: Mapping[str, float]
    trials: tuple[int, ...]
    entered: int
    left: int | None
