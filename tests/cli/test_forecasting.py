"""What a dry run says of the budget and of the bounds."""

from types import SimpleNamespace
from typing import Any

import pytest

from peftsearch.live.forecast_rows import tell_bounds, tell_budget, tell_length
from peftsearch.spaces.jobspec.spec import BudgetSpec
from peftsearch.spaces.space.feasibility import Share
from tests.specs import make_spec


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


@pytest.mark.parametrize(
    ("whole", "told"), [(261 / 264, "98.8%"), (1.0, "100.0%"), (0.99, "99.0%")]
)
def test_the_length_of_texts_is_told_with_the_share_that_it_holds(whole: float, told: str) -> None:
    words = f"up to 48 tokens of each, which {told} of the training rows do not exceed"
    assert tell_length(48, whole, make_spec()) == words


@pytest.mark.parametrize(
    ("bounds", "limits", "told"),
    [
        ((), (), "none"),
        ((), ("f1 >= 0.2", "loss <= 1"), "f1 >= 0.2, loss <= 1, once measured"),
        (
            ("export_bytes <= 6 KB",),
            ("f1 >= 0.2",),
            "export_bytes <= 6 KB; estimated: 25.0% of the space, as 1 of 4 random configurations "
            "meet it; f1 >= 0.2, once measured",
        ),
    ],
)
def test_bounds_on_what_is_measured_are_told(
    bounds: tuple[str, ...], limits: tuple[str, ...], told: str
) -> None:
    share = Share(1, 4) if bounds else None
    forecast: Any = SimpleNamespace(bounds=bounds, limits=limits, share=share)
    assert tell_bounds(forecast) == told
