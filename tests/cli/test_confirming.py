"""Options of `confirm` that do not go together are refused before anything is opened."""

import pytest

from peftsearch.cli.confirming import check
from peftsearch.errors import UserError
from peftsearch.results.confirmations.plan import Plan


def test_what_goes_together_is_a_plan() -> None:
    assert check(None, None, False, None, None) == Plan()
    assert check(4, None, True, None, None) == Plan(4, None, 4)
    assert check(None, 0.02, False, None, "topic") == Plan(3, 0.02, 10)
    assert check(None, None, False, "other.csv", "topic") == Plan()


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ((None, 0.1, True, None, None), "--front without --width"),
        ((None, None, True, "a.csv", "topic"), "--front without --by or --data"),
        ((3, None, False, "a.csv", None), "--data without --seeds"),
        ((1, None, False, None, None), "from 2 to"),
    ],
)
def test_what_does_not_is_refused_in_one_line(
    given: tuple[int | None, float | None, bool, str | None, str | None], match: str
) -> None:
    with pytest.raises(UserError, match=match) as caught:
        check(*given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("front", "data"), [(True, None), (False, "a.csv")])
def test_the_sweep_is_of_one_point_on_the_test_split(front: bool, data: str | None) -> None:
    with pytest.raises(UserError, match="without --sweep"):
        check(None, None, front, data, None, sweep=True)


def test_a_front_has_no_pick() -> None:
    with pytest.raises(UserError, match="--front without --pick"):
        check(None, None, True, None, None, "best")
