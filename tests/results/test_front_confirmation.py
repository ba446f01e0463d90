"""All of a front, judged together."""

import json

import numpy as np
import pytest

from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.confirmations.confirmation import TUNED, Arm, Run
from peftsearch.results.confirmations.front_confirmation import (
    FrontConfirmation,
    claim_together,
    front_lines,
    tell_front,
)

from .made import SPEC, TRIALS, make_reading

RUN = Run({"accuracy": 0.5}, [1.0], [1.0])
FLOOR, LORA = (
    Arm("TF-IDF", None, (RUN,), "TF-IDF"),
    Arm(TUNED, TRIALS[1].configuration, (RUN,) * 3),
)


def make(*chances: tuple[float, float], sign: float = 1.0, number: int = 1) -> FrontConfirmation:
    """A front with these p-values against the floor and against tuned LoRA."""
    found = [
        [
            (arm, Difference(sign * 0.02, -0.01, 0.05, 0.01, 0.95, chance))
            for arm, chance in zip((FLOOR, LORA), pair, strict=True)
        ]
        for pair in chances
    ]
    arms = tuple(Arm("front", x.configuration, (RUN,) * 3) for x in TRIALS[: len(chances)])
    reading = make_reading(number)
    comparisons = claim_together(found, "accuracy", 0.05)
    return FrontConfirmation(arms, comparisons, "accuracy", reading, ())


def test_claims_are_made_for_all_together() -> None:
    """The largest k of m p-values with p <= .05 k / m, and all below it."""
    chances = np.array([0.004, 0.04, 0.016, 0.2, 0.02, 0.9])
    found = make(*((x, y) for x, y in chances.reshape(3, 2)))
    claims = [x.claim for row in found.comparisons for x in row]
    ranked = np.sort(chances)
    last = max(k for k in range(1, 7) if ranked[k - 1] <= 0.05 * k / 6)
    assert claims == [int(x <= ranked[last - 1]) for x in chances]
    assert sum(claims) == 3 and claims[1] == 0  # .04 alone would be below .05


def test_what_is_worse_is_claimed_as_worse() -> None:
    found = make((0.001, 0.5), (0.001, 0.5), sign=-1.0)
    assert [x.claim for row in found.comparisons for x in row] == [-1, 0, -1, 0]
    assert "none is better than the best floor by validation (TF-IDF) (2 are worse)" in tell_front(
        found
    )


def test_one_sentence_counts_and_names_the_rate() -> None:
    found = make((0.001, 0.5), (0.002, 0.001), (0.5, 0.9))
    assert tell_front(found) == (
        "In short: of 3 configurations on the front 2 are better than the best floor by "
        f"validation (TF-IDF) and 1 is better than tuned {TUNED}; of such claims at most 5 % "
        "are expected to be false (Benjamini-Hochberg)."
    )
    assert "at most 2.5 % are" in tell_front(make((0.1, 0.1), number=2))


def test_lines_and_plain_data_say_the_same() -> None:
    found = make((0.001, 0.5), (0.002, 0.001))
    text = front_lines(found, SPEC)
    assert text[1].startswith("  row 1") and text[2].endswith(": better")
    assert text[3].endswith(": not told apart") and "first reading" in text[-1]
    data = json.loads(json.dumps(found.to_json(SPEC)))
    verdicts = [[x["verdict"] for x in row["differences"]] for row in data["front"]]
    assert verdicts == [["better", "not told apart"], ["better", "better"]]
    assert [x["name"] for x in data["references"]] == ["TF-IDF", TUNED]
    assert data["false_discovery_rate"] == pytest.approx(0.05)
