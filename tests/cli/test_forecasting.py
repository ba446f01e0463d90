"""What a dry run says of the budget."""

import pytest

from peftsearch.cli.forecasting import tell_budget
from peftsearch.spaces.jobspec.spec import BudgetSpec


@pytest.mark.parametrize(
    ("budget", "trials", "listed", "told"),
    [
        (BudgetSpec(trials=9), 9, 0, "B"),
        (BudgetSpec(hours=1), 9, 0, "B; about 9 trials as fast as this machine would train them"),
        (BudgetSpec(trials=3), 3, 4, "B"),
        (
            BudgetSpec(trials=9),
            5,
            4,
            "B; about 5 trials, repeats of 4 configurations among them",
        ),
        (BudgetSpec(hours=1), 3, 4, "B; about 3 trials"),
    ],
)
def test_a_list_that_ends_before_the_budget_says_that_repeats_are_counted(
    budget: BudgetSpec, trials: int, listed: int, told: str
) -> None:
    assert tell_budget(budget, "B", trials, listed) == told
