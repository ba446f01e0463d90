"""How long a job will still run."""

import pytest

from peftsearch.jobs.time_left import seconds_left
from peftsearch.spaces.jobspec.spec import BudgetSpec


def test_time_left_is_what_ends_first() -> None:
    both = BudgetSpec(trials=10, hours=1.0)
    assert seconds_left(both, 4, 30.0, 0.5) == 180
    assert seconds_left(both, 4, 30.0, 0.99) == pytest.approx(36)
    assert seconds_left(BudgetSpec(trials=10), 0, None, 0.0) is None
    assert seconds_left(BudgetSpec(trials=10), 12, 30.0, 0.0) == 0
    assert seconds_left(BudgetSpec(hours=1.0), 0, None, 2.0) == 0
