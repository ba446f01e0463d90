"""The plain sentence at the end of a confirmation."""

from dataclasses import replace

import pytest

from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.confirmations.confirmation import SWEPT, TUNED, Arm, Confirmation, Run
from peftsearch.results.confirmations.verdict import tell_end, tell_verdict

from .made import TRIALS, make_reading

PROBE, PICKED = (x.configuration for x in TRIALS[:2])


def make(metric: str, *differences: Difference) -> Confirmation:
    """The picked arm beside a probe, tuned LoRA and two floors; the first one is the best."""
    run = Run({metric: 0.5}, [1.0], [1.0])
    named = [("picked", PICKED), ("linear probe", PROBE), (TUNED, PICKED)]
    arms = [Arm(name, x, (run,) * 3) for name, x in named]
    arms += [Arm(name, None, (run,)) for name in ("TF-IDF", "frozen features")]
    return Confirmation(tuple(arms), differences, metric)


WON, LOST = Difference(0.03, 0.01, 0.05, 0.01), Difference(-0.03, -0.05, -0.01, 0.012)
TIED, SAME = Difference(0.004, -0.01, 0.02, 0.008), Difference(0.0, 0.0, 0.0, 0.0)


def test_it_is_told_what_beats_what_by_how_much_and_how_surely() -> None:
    assert tell_verdict(make("accuracy", WON, TIED, WON, LOST)) == (
        "In short: the picked point beats the best floor by validation (TF-IDF) by 0.0300 "
        f"accuracy, 3.0 standard errors; it is not told apart from tuned {TUNED}: 0.0040 ahead, "
        "0.5 standard errors, which may be chance."
    )
    told = tell_verdict(make("accuracy", WON, SAME, LOST, WON))
    lost = "is beaten by the best floor by validation (TF-IDF) by 0.0300 accuracy, 2.5 standard"
    assert lost in told
    assert f"is not told apart from tuned {TUNED}: the same accuracy on these rows" in told


def test_a_probe_that_is_not_beaten_is_told_beside_a_floor_that_is() -> None:
    """It needs no adapter either."""
    told = tell_verdict(make("accuracy", TIED, WON, WON, WON))
    assert "; it is not told apart from the linear probe: 0.0040 ahead" in told
    found = make("accuracy", TIED, WON, WON, WON)
    picked = (found.arms[0], replace(found.arms[1], configuration=PICKED), *found.arms[2:])
    assert "probe" not in tell_verdict(replace(found, arms=picked))


def test_whether_the_search_beat_the_sweep_is_told_where_it_was_asked() -> None:
    found = make("accuracy", TIED, TIED, TIED, TIED)
    run = found.arms[0].runs
    arms = (*found.arms[:3], Arm(SWEPT, PICKED, run), *found.arms[3:])
    differences = (*found.differences[:2], WON, *found.differences[2:])
    told = tell_verdict(replace(found, arms=arms, differences=differences))
    won = "it beats the best of the LoRA sweep by 0.0300 accuracy, 3.0 standard errors."
    assert told.endswith(won)


@pytest.mark.parametrize(("found", "word"), [(WON, "is beaten by"), (LOST, "beats")])
def test_less_is_better_of_an_error(found: Difference, word: str) -> None:
    assert f"the picked point {word} the best floor" in tell_verdict(
        make("rmse", TIED, TIED, found, TIED)
    )


def test_a_job_without_floors_is_held_against_its_probe() -> None:
    found = make("accuracy", WON, TIED, WON, WON)
    bare = replace(found, arms=found.arms[:3], differences=found.differences[:2])
    assert "beats the linear probe by" in tell_verdict(bare)


def test_the_end_says_which_reading_it_was_and_whether_the_width_was_reached() -> None:
    found = replace(make("accuracy", WON, TIED, WON, WON), reading=make_reading(1), width=0.05)
    assert tell_end(found)[0].startswith("first reading of this test split")
    assert tell_end(found)[1].endswith("0.03 wide with 3 seeds, as asked for")
    assert tell_end(replace(found, width=0.01))[1].endswith("with 3 seeds, wider than 0.01")
    assert tell_end(replace(found, width=None, reading=None)) == []
