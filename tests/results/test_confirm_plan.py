"""How many seeds a person may ask for."""

import pytest

from peftsearch.errors import UserError
from peftsearch.results.confirmations.plan import Plan, check_enough, first_seeds
from tests.results.made import TRIALS


def test_three_seeds_unless_others_are_asked_for() -> None:
    assert Plan.of(None, None) == Plan() == Plan(3, None, 3)
    assert Plan().trainings == 14 and not Plan().further
    assert Plan.of(5, None) == Plan(5, None, 5)
    assert Plan.of(5, None).trainings == 20


def test_a_width_begins_with_three_seeds_and_names_a_limit() -> None:
    plan = Plan.of(None, 0.02)
    assert plan == Plan(3, 0.02, 10)
    assert tuple(plan.further) == first_seeds(10)[3:]
    assert Plan.of(2, 0.02) == Plan(2, 0.02, 2)


@pytest.mark.parametrize(
    ("seeds", "width", "got"),
    [(1, None, "got 1;"), (100, None, "got 100;"), (3, 0.0, "got 0;"), (3, float("nan"), "nan")],
)
def test_what_makes_no_interval_is_refused(seeds: int, width: float | None, got: str) -> None:
    with pytest.raises(UserError, match=got):
        Plan.of(seeds, width)


def test_a_reading_is_of_configurations_seeds_and_width() -> None:
    first, second = (x.configuration for x in TRIALS[1:3])
    subjects = [
        Plan().subject([first]),
        Plan().subject([second]),
        Plan().subject([first, second]),
        Plan.of(5, None).subject([first]),
        Plan.of(5, 0.1).subject([first]),
    ]
    assert len(set(subjects)) == 5
    assert Plan().subject([second, first]) == subjects[2]


def test_the_sweep_beside_it_takes_trainings_and_a_reading_of_its_own() -> None:
    first, second = (x.configuration for x in TRIALS[1:3])
    beside = Plan(swept=second)
    assert beside.trainings == Plan().trainings + 3
    assert beside.subject([first]) == f"{Plan().subject([first])}, sweep {second.key}"


def test_a_precision_makes_a_reading_of_its_own() -> None:
    plain, wished = Plan.of(None, None), Plan.of(None, None, 0.9)
    assert wished.subject([]) == f"{plain.subject([])}, precision 0.9"
    assert Plan.of(5, 0.1, 0.8).precision == 0.8
    with pytest.raises(UserError, match="a precision above 0"):
        Plan.of(None, None, 90.0)


def test_a_test_split_that_no_interval_follows_from_is_refused_before_it_is_read() -> None:
    check_enough(2)
    with pytest.raises(UserError, match="a test split of at least 2 rows; got 1 row; give more"):
        check_enough(1)
