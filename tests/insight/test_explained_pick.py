"""The choice in a browser is the command line's, and says why."""

from dataclasses import replace

import numpy as np
import pytest

from peftsearch.errors import NotFoundError
from peftsearch.insight.explained_pick import Pick, next_better, pick
from peftsearch.insight.reasons import explain
from peftsearch.results.picks.pick import Choice, select
from peftsearch.results.wording import amount
from peftsearch.service.memory.history import Histories
from peftsearch.service.memory.past import History
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.records import PROBE, Filler, fill_example, lora

TEXTS = (
    "knee",
    "best",
    "2",
    "trial 7",
    "accuracy where adapter_bytes <= 100 KB",
    "adapter_bytes where accuracy > 0.7",
    "training_seconds where accuracy >= 0.5",
    "accuracy where training_seconds < 3 s, backward_depth <= 3",
)


def choose(history: History, text: str) -> Pick:
    return pick(text, history.job.spec, history.members, history.front(), history.by_number)


@pytest.mark.parametrize("seed", [1, 2])
def test_it_is_the_command_lines(new_sqlite: NewDatabase, seed: int) -> None:
    rng = np.random.default_rng(seed)
    with Store.open(new_sqlite()) as store:
        filler, histories = Filler.open(store), Histories()
        for _ in range(18):
            filler.random(rng)
            histories.get(store, "job")
        history = histories.get(store, "job")
        front, trials = store.front(filler.job.id), store.trials(filler.job.id)
    for text in TEXTS:
        try:
            expected = select(text, filler.job.spec, front, trials)
        except NotFoundError as error:
            with pytest.raises(NotFoundError) as raised:
                choose(history, text)
            assert str(raised.value) == str(error)
        else:
            found = choose(history, text)["point"]
            assert isinstance(found, dict)
            assert found["trials"] == [trial.number for trial in expected.trials]
            assert found["values"] == pytest.approx(dict(expected.values))


@pytest.fixture
def history(new_sqlite: NewDatabase) -> History:
    """Of the example."""
    with Store.open(new_sqlite()) as store:
        fill_example(store)
        return Histories().get(store, "job")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "best",
            "Highest accuracy, 0.8000, of the 3 configurations on the front. The next cheaper one"
            " reaches 0.7500 with trainable_parameters 9,216 instead of 73,728.",
        ),
        (
            "knee",
            "The knee of the front: beyond it, a better accuracy costs more than its share."
            " The next cheaper one reaches 0.6000 with trainable_parameters 0 instead of 9,216."
            " The next dearer one reaches 0.8000 with trainable_parameters 73,728 instead of"
            " 9,216.",
        ),
        (
            "1se",
            "The best accuracy of the front: nothing cheaper is within one standard error of it.",
        ),
        ("1", "Row 1 of the 3 on the front, from the cheapest to the best."),
        ("trial 1", "Trial 1 itself, whatever other seeds of its configuration reached."),
        (
            "accuracy where trainable_parameters <= 1 M",
            "Highest accuracy, 0.8000, of the 4 configurations with trainable_parameters <="
            " 1,000,000. No configuration outside them is better.",
        ),
        (
            "training_seconds where accuracy >= 0.8",
            "The only configuration with accuracy >= 0.8; its training_seconds is 9 s; the next"
            " better one, 2 s (0-5 lora r1 q+v | rate 1.0e-03), has only accuracy 0.7500.",
        ),
    ],
)
def test_reasons(history: History, text: str, why: str) -> None:
    assert choose(history, text)["why"] == why


def test_the_next_better_one_comes_nearest_to_the_bound(new_sqlite: NewDatabase) -> None:
    with Store.open(new_sqlite()) as store:
        filler = Filler.open(store)
        for rank, accuracy in ((0, 0.5), (1, 0.6), (2, 0.7), (4, 0.8), (8, 0.9)):
            filler.complete(lora(rank) if rank else PROBE, accuracy)
        history = Histories().get(store, "job")
    found = choose(history, "accuracy where adapter_bytes <= 40 KB")
    assert found["trial"] == 1
    assert isinstance(found["next"], dict)
    assert found["next"]["values"]["accuracy"] == 0.7


@pytest.mark.parametrize(
    ("outside", "expected"),
    [
        # Nearest to the bound, although another is better.
        ([(2, 0.8), (3, 0.9)], 1),
        # As near: the better one, whichever came first.
        ([(2, 0.8), (2, 0.9)], 2),
        ([(2, 0.9), (2, 0.8)], 1),
        # As near and as good: the earliest.
        ([(2, 0.9), (2, 0.9)], 1),
        # Equal to what was picked is not better.
        ([(2, 0.6), (3, 0.9)], 2),
    ],
)
def test_of_what_is_better_the_nearest_the_best_and_the_earliest_comes_next(
    new_sqlite: NewDatabase, outside: list[tuple[int, float]], expected: int
) -> None:
    with Store.open(new_sqlite()) as store:
        filler = Filler.open(store)
        filler.complete(lora(1), 0.6)
        for rate, (rank, accuracy) in zip((2e-3, 3e-3), outside, strict=True):
            filler.complete(replace(lora(rank), learning_rate=rate), accuracy)
        history = Histories().get(store, "job")
    bounds = (Bound.parse("trainable_parameters <= 10000"),)
    everything = sorted(history.members.values(), key=lambda x: x.first.number)
    choice = Choice("where", everything[0], everything[:1], objective("accuracy"), bounds)
    better = next_better(choice, everything)
    assert better is not None and better.first.number == expected


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("adapter_bytes", 200_000, "200 KB"),
        ("training_seconds", 9.04, "9.04 s"),
        ("training_seconds", 1234.5, "1,234 s"),
        ("trainable_parameters", 73_728, "73,728"),
        ("adapter_bytes", 999_700, "1 MB"),
        ("adapter_bytes", 2e15, "2 PB"),
        ("backward_depth", 12, "12 layers"),
        ("backward_depth", 1, "1 layer"),
        ("training_flops", 999.6e6, "1 GFLOPs"),
        ("training_flops", 3.2546e13, "32.5 TFLOPs"),
        ("training_flops", 999, "999 FLOPs"),
        ("accuracy", 0.8, "0.8000"),
    ],
)
def test_amounts(name: str, value: float, text: str) -> None:
    assert amount(name, value) == text


def test_of_a_knee_that_is_the_best_nothing_is_said_to_lie_beyond(history: History) -> None:
    spec = history.job.spec
    front = [history.members[x.key] for x in history.front()]
    told = [
        explain(Choice("knee", x, front, objective("accuracy")), None, front, spec) for x in front
    ]
    assert ["beyond it" in x for x in told] == [True] * (len(front) - 1) + [False]
    assert told[-1].startswith("The knee of the front, and its best accuracy: each step")
