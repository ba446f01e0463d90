"""What a suggester keeps while it waits for the same points."""

from collections.abc import Sequence

import numpy as np

from peftsearch.search.suggester import Outlook
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.space.presets import make_space
from tests.specs import make_spec


def test_each_configuration_is_evaluated_once_and_answered_in_the_order_asked() -> None:
    space, rng = make_space(make_spec()), np.random.default_rng(0)
    drawn = list({x.key: x for x in (space.sample(rng) for _ in range(8))}.values())
    asked: list[str] = []

    def evaluate(configurations: Sequence[Configuration]) -> np.ndarray:
        asked.extend(x.key for x in configurations)
        return np.array([float(drawn.index(x)) for x in configurations])

    outlook = Outlook(evaluate, 1.0)
    assert outlook(drawn[:3]).tolist() == [0.0, 1.0, 2.0]
    assert outlook([drawn[4], drawn[1], drawn[4], drawn[0]]).tolist() == [4.0, 1.0, 4.0, 0.0]
    assert asked == [x.key for x in [*drawn[:3], drawn[4]]]
    assert outlook([]).tolist() == []
