"""Which model whose classes weigh alike is the floor."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from peftsearch.workers.preparation import evened
from peftsearch.workers.preparation.evened import even_out, tell_evened


def _probe(quality: float, by_merit: bool = False) -> Any:
    return SimpleNamespace(held_out=quality, by_merit=by_merit)


@pytest.mark.parametrize(
    ("by_loss", "by_quality", "told"),
    [(0.6, 0.7, True), (0.4, 0.7, "quality"), (0.5, 0.7, "quality"), (0.4, 0.5, False)],
)
def test_the_quality_chooses_a_penalty_where_the_loss_makes_no_better_floor(
    by_loss: float, by_quality: float, told: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Than the one that is fitted to all rows alike, of .5."""
    monkeypatch.setattr(evened, "even_balance", lambda job: object())
    monkeypatch.setattr(evened, "merit_of", lambda job: lambda outputs: outputs)

    def fit(_: object, merit: object) -> Any:
        return _probe(by_loss) if merit is None else _probe(by_quality, by_merit=True)

    assert tell_evened(even_out(cast(Any, None), _probe(0.5), fit)) == told
