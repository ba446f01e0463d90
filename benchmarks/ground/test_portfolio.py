"""The learnt list: what is chosen, and how its worth is told."""

import pytest

from .lined import Pair, common, read_lists, read_pair
from .portfolio import learn


@pytest.fixture(scope="module")
def tweets() -> Pair:
    return read_pair("tweets")


def test_each_choice_adds_most(tweets: Pair) -> None:
    lines = common([tweets])[:12]
    chosen = learn([tweets], lines, 4)
    assert chosen[0] == lines[0] and len(set(chosen)) == 4
    worth = [tweets.learnt(chosen[:k], lines) for k in range(1, 5)]
    assert worth == sorted(worth)
    for k in range(1, 4):
        other = max(tweets.learnt([*chosen[:k], x], lines) for x in lines)
        assert worth[k] == pytest.approx(other)


def test_all_lines_hold_all(tweets: Pair) -> None:
    lines = common([tweets])
    assert tweets.learnt(lines, lines) == tweets.told(lines, lines) == 1.0
    assert tweets.told(tweets.front(lines), lines) == 1.0


def test_the_probe_is_the_first_of_all_lists() -> None:
    assert (
        read_lists()[0]
        == read_lists(["recipes"])[0]
        == '{"learning_rate": 0.001, "strata": [{"start": 0.0, "stop": 1.0}]}'
    )
