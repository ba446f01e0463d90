"""What a job expects of its configurations, where it may be shown, and in which words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from peftsearch.records.expectation import Expectation
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.wording import cell
from peftsearch.spaces.jobspec.spec import JobSpec

if TYPE_CHECKING:
    from peftsearch.search.belief import Belief

HEADING = "at a repeat"


class ExpectedRow(TypedDict):
    """A configuration's quality without luck.

    Attributes:
        mean: Expected of further trainings.
        deviation: Its standard deviation.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    mean: float
    deviation: float
    low: float
    high: float


def find_belief(
    spec: JobSpec, trials: Sequence[Trial], preparation: Preparation | None
) -> "Belief | None":
    """What is believed of a job; None where intervals were not found to hold (decision 0042)."""
    from peftsearch.search.belief import believe  # half a second of SciPy
    from peftsearch.search.expectations import is_tellable

    return believe(spec, trials, preparation) if is_tellable(trials) else None


def find_expected(belief: "Belief | None") -> dict[str, Expectation]:
    """Of the trained configurations by key."""
    from peftsearch.search.expectations import expect_trained

    return expect_trained(belief)


def expected_json(found: Expectation | None) -> ExpectedRow | None:
    """As plain data."""
    if found is None:
        return None
    return {
        "mean": found.mean,
        "deviation": found.deviation,
        "low": found.low,
        "high": found.high,
    }


def show_expected(name: str, found: Expectation) -> str:
    """`0.9410 (0.9360 to 0.9460)`."""
    mean, low, high = (cell(name, x) for x in (found.mean, found.low, found.high))
    return f"{mean} ({low} to {high})"


def tell_expected(name: str, found: Expectation) -> str:
    """A sentence."""
    return (
        f"Expected at a repeat is {name} {show_expected(name, found)}: "
        "the best of many is partly luck."
    )


def index_expected(found: Mapping[str, Expectation]) -> dict[str, ExpectedRow]:
    """All by key, as plain data."""
    return {key: row for key, x in found.items() if (row := expected_json(x)) is not None}
