from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from peftsearch.errors import NotFoundError, UserError
from peftsearch.records.estimates import estimate_each
from peftsearch.records.expectation import Expectation
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.picks.pick import choose, select
from peftsearch.results.picks.rules import find_one_se, knee
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from tests.specs import make_spec

SPEC = make_spec()


def make_trial(number: int, rank: int, accuracy: float, seconds: float = 1.0) -> Trial:
    modules = (Module("lora", rank, ("query",)),) if rank else ()
    parameters = 768.0 * rank
    return Trial(
        id=number,
        job_id=1,
        number=number,
        configuration=Configuration((Stratum(0, 2, modules),), 1e-3),
        seed=number,
        origin="search",
        fidelity=1.0,
        state=TrialState.COMPLETED,
        attempt=1,
        measurements={
            "accuracy": accuracy,
            "trainable_parameters": parameters,
            "adapter_bytes": 4 * parameters,
            "training_seconds": seconds,
        },
    )


TRIALS = [
    make_trial(0, 0, 0.60),
    make_trial(1, 1, 0.78),
    make_trial(2, 8, 0.80, seconds=9.0),
    make_trial(3, 32, 0.81),
    make_trial(4, 16, 0.70),
    make_trial(5, 1, 0.76),
]


def front() -> list[FrontPoint]:
    members = [x for x in estimate_each(TRIALS) if x.configuration.key != TRIALS[4].key]
    return [
        FrontPoint(x.key, x.configuration, x.values, tuple(t.number for t in x.trials), 1)
        for x in members
    ]


def chosen(text: str) -> tuple[int, ...]:
    return tuple(trial.number for trial in select(text, SPEC, front(), TRIALS).trials)


def test_summary_is_the_mean_over_seeds() -> None:
    values: Mapping[str, float] = estimate_each(TRIALS)[1].values
    assert values["accuracy"] == pytest.approx(0.77)
    assert values["trainable_parameters"] == 768


def test_unfinished_trials_are_left_out() -> None:
    running = Trial(
        id=9,
        job_id=1,
        number=9,
        configuration=TRIALS[0].configuration,
        seed=3,
        origin="repeat",
        fidelity=1.0,
        state=TrialState.RUNNING,
        attempt=1,
    )
    assert len(estimate_each([*TRIALS, running])) == len(estimate_each(TRIALS))


@pytest.mark.parametrize(
    ("text", "trials"),
    [
        ("best", (3,)),
        ("1se", (3,)),
        ("knee", (1, 5)),
        ("1", (0,)),
        ("3", (2,)),
        ("accuracy where adapter_bytes <= 30 KB", (2,)),
        ("best where adapter_bytes <= 30 KB", (2,)),
        ("accuracy where adapter_bytes <= 30 KB and training_seconds < 5", (1, 5)),
        ("trainable_parameters where accuracy >= 0.8", (2,)),
        ("adapter_bytes <= 30,000, training_seconds < 5", (1, 5)),
        ("adapter_bytes <= 30,000 B,training_seconds<5", (1, 5)),
        ("trial 4", (4,)),
        (" Trial  5 ", (5,)),
    ],
)
def test_select(text: str, trials: tuple[int, ...]) -> None:
    assert chosen(text) == trials


def test_case_means_nothing() -> None:
    for text in ("KNEE", "1SE", "Best", "Accuracy where ADAPTER_bytes <= 30 kb"):
        assert chosen(text) == chosen(text.lower())


def test_the_knee_of_three_objectives_weighs_the_third() -> None:
    spec = make_spec(objectives={"minimise": ["trainable_parameters", "training_seconds"]})
    made = [(0.60, 10, 1.0), (0.78, 100, 100.0), (0.75, 100, 1.0), (0.80, 1000, 100.0)]
    names = ("accuracy", "trainable_parameters", "training_seconds")
    members = [Candidate("", dict(zip(names, values, strict=True))) for values in made]
    assert (knee(members, SPEC), knee(members, spec)) == (1, 2)


def test_an_empty_front_names_the_bounds_that_nothing_meets() -> None:
    spec = make_spec(objectives={"bounds": ["training_seconds <= 0.5 s"]})
    with pytest.raises(NotFoundError, match=r"training_seconds <= 0\.5 s; .* reaches 1 s\)"):
        select("knee", spec, [], TRIALS)
    with pytest.raises(NotFoundError, match="an empty front"):
        select("knee", SPEC, [], TRIALS)
    # A sentence looks at all completed configurations, and is told its own mistakes.
    assert select("best where adapter_bytes <= 30 KB", spec, [], TRIALS).numbers == (2,)
    with pytest.raises(UserError, match="an objective among"):
        select("nonsense where accuracy >= 0.5", spec, [], TRIALS)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0", "row of the front"),
        ("9", "row of the front, 1 to 4"),
        ("9" * 400, "knee, best"),
        ("9" * 5000, "a pick of at most 500 characters"),
        ("trial 6", "a completed trial"),
        ("trial x", "'trial 17'"),
        ("accuracy where adapter_bytes <= -1", "adapter_bytes reaches 0"),
        ("accuracy where peak_memory_bytes <= 1 MB", "not measured by this job"),
        ("training_memory <= 8 GB", "which recorded no workload"),
        ("nonsense", "knee, best"),
        ("accuracy where nonsense <= 3", "an objective among"),
        ("accuracy where adapter_bytes <= many", "a number, plain or with a unit"),
    ],
)
def test_errors_say_what_to_do(text: str, part: str) -> None:
    with pytest.raises(UserError, match=part):
        chosen(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("row 2", "pick '2', or 'trial 2'"),
        ("#2", "pick '2', or 'trial 2'"),
        ("Trial #2", "pick 'trial 2'"),
        ("trial2", "pick 'trial 2'"),
        ("rows of mine", "correct the pick"),
        ("-1", "correct the pick"),
        ("size = 2116", "a bound has <= or >=: pick 'size <= 2116'"),
    ],
)
def test_a_number_in_other_words_is_told_in_the_right_ones(text: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        chosen(text)
    line = str(caught.value)
    assert line.endswith(hint) and "\n" not in line
    assert "3 (a row of the front)" in line and "'accuracy where" in line


def test_one_trial_is_not_the_mean_of_its_seeds() -> None:
    found = select("trial 5", SPEC, front(), TRIALS)
    assert found.values == TRIALS[5].measurements
    assert select("trial 5", SPEC, [], TRIALS) == found


def test_a_trial_that_did_not_complete_is_no_pick() -> None:
    failed = replace(TRIALS[5], state=TrialState.FAILED)
    with pytest.raises(NotFoundError, match="a completed trial"):
        select("trial 5", SPEC, front(), [*TRIALS[:5], failed])


def test_empty_front() -> None:
    with pytest.raises(NotFoundError, match="empty front"):
        select("knee", SPEC, [], [])


def test_knee_of_one_point() -> None:
    assert knee(estimate_each(TRIALS[:1]), SPEC) == 0


@dataclass(frozen=True)
class Candidate:
    """A name and values: all that a choice looks at."""

    name: str
    values: Mapping[str, float]
    first: Trial = TRIALS[0]
    expected: Expectation | None = None


def candidate(name: str, accuracy: float, cost: float) -> Candidate:
    return Candidate(name, {"accuracy": accuracy, "loss": -accuracy, "trainable_parameters": cost})


@pytest.mark.parametrize("wanted", ["accuracy", "loss"])
def test_of_equals_within_the_bounds_the_cheapest_and_then_the_earliest_is_picked(
    wanted: str,
) -> None:
    everything = [
        candidate("dear", 0.9, 4e4),
        candidate("cheap", 0.9, 2e4),
        candidate("as cheap", 0.9, 2e4),
        candidate("cheapest", 0.8, 1e4),
        candidate("out of bounds", 1.0, 6e4),
    ]
    for order in (everything, everything[:1] + everything[3:] + everything[1:3]):
        text = f"{wanted} where trainable_parameters <= 50 K"
        choice = choose(text, SPEC, everything[:1], order, lambda number: None)
        assert (choice.chosen.name, len(choice.fitting)) == ("cheap", 4)


def test_of_equals_on_the_front_the_first_is_the_best() -> None:
    front = [candidate(*x) for x in (("a", 0.5, 1.0), ("b", 0.9, 2.0), ("c", 0.9, 2.0))]
    assert choose("best", SPEC, front, front, lambda number: None).chosen.name == "b"


def test_a_front_without_a_bend_has_its_knee_at_the_best() -> None:
    """What is gained late is worth waiting for: at the cheapest nothing is gained yet."""
    ends = [candidate("cheapest", 0.5, 10.0), candidate("best", 0.9, 1000.0)]
    assert knee(ends, SPEC) == 1
    late = [ends[0], candidate("late", 0.52, 11.0), candidate("later", 0.53, 900.0), ends[1]]
    assert knee(late, SPEC) == 3


def test_of_equals_the_cheapest_is_the_knee() -> None:
    ends = [candidate("cheapest", 0.5, 10.0), candidate("best", 0.9, 1000.0)]
    twins = [ends[0], candidate("one", 0.8, 20.0), candidate("two", 0.8, 20.0), ends[1]]
    assert knee(twins, SPEC) == 1


def test_the_cheapest_within_one_standard_error_of_the_best() -> None:
    """Of 400 rows .80 has a standard error of .02."""
    scored = replace(TRIALS[0], provenance={"validation_rows": 400})
    front = [
        replace(candidate(f"{x}", x, cost), first=scored)
        for x, cost in ((0.6, 1e3), (0.775, 2e3), (0.785, 4e3), (0.795, 8e3), (0.8, 9e4))
    ]
    assert front[find_one_se(front, SPEC)].name == "0.785"
    assert find_one_se(front[:1], SPEC) == 0
    unknown = [replace(x, first=TRIALS[0]) for x in front]
    assert unknown[find_one_se(unknown, SPEC)].name == "0.8"


def test_what_further_trainings_are_expected_to_show_decides_where_it_is_known() -> None:
    """The best raw mean is luck; what learnt nothing has no expectation and its raw mean."""
    means = {"a": 0.775, "b": 0.785, "lucky": 0.780, "best": 0.788}
    raw = {"nothing": 0.5, "a": 0.77, "b": 0.78, "lucky": 0.82, "best": 0.81}
    front = [
        replace(
            candidate(name, value, 10.0 * (i + 1)),
            expected=Expectation(means[name], 0.004, 0.7, 0.8, 9.0) if name in means else None,
        )
        for i, (name, value) in enumerate(raw.items())
    ]
    assert front[find_one_se(front, SPEC)].name == "b"


def test_the_cheapest_is_so_in_the_cost_of_the_job() -> None:
    """Of a front of three objectives the first is not the cheapest in each."""
    scored = replace(TRIALS[0], provenance={"validation_rows": 400})
    front = [
        replace(candidate("dear", 0.79, 9e3), first=scored),
        replace(candidate("cheap", 0.8, 2e3), first=scored),
    ]
    assert front[find_one_se(front, SPEC)].name == "cheap"


def test_the_knee_is_found_on_a_logarithmic_axis_from_the_smallest_cost() -> None:
    """On a linear one the second would win; a cost of 0 lies where the smallest other lies."""
    front = [
        candidate("probe", 0.5, 0.0),
        candidate("first", 0.70, 10.0),
        candidate("second", 0.78, 100.0),
        candidate("third", 0.80, 10_000.0),
    ]
    assert knee(front, SPEC) == 1
