"""What can be expected of a configuration when it is trained again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expectation:
    """A configuration's quality without the luck of its trainings, in the quality's unit.

    Attributes:
        mean: Of what is believed.
        deviation: Its standard deviation.
        low: Lower end of a 95 % interval.
        high: Upper end.
        freedom: Degrees of freedom of the Student distribution that the interval is of.
    """

    mean: float
    deviation: float
    low: float
    high: float
    freedom: float
