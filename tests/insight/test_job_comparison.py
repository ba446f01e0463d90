"""Two jobs: what differs, one box, and a winner only where the numbers allow one."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.insight.job_comparison import JobComparison, compare_jobs
from peftsearch.insight.job_sides import Side
from peftsearch.insight.points import point_of
from peftsearch.records.job import JobState
from peftsearch.results.standing.volume_words import tell_share
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.compared import fill_job, fill_pair
from tests.service.records import PROBE, lora


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Any:
    with Store.open(new_sqlite()) as store:
        yield store


def side(store: Store, name: str) -> Side:
    job = store.find_job(name)
    trials = sorted(store.trials(job.id), key=lambda x: x.event or 0)
    points = [point_of(x, job.spec) for x in trials]
    told = trials[0].provenance if trials else {}
    return Side(job, points, store.preparation(job.id), 0.5, told)


def test_a_compared_job_runs_while_somebody_works_on_it(store: Store) -> None:
    fill_pair(store, 0.1)
    for job in store.jobs():
        store.set_state(job.id, JobState.RUNNING)
    one, other = side(store, "one"), replace(side(store, "other"), live=1)
    told = {x["name"]: x["state"] for x in compare_jobs(one, other)["jobs"]}
    assert told == {"one": "waits for workers", "other": "running"}


def compare(store: Store, cost: str | None = None) -> JobComparison:
    return compare_jobs(side(store, "one"), side(store, "other"), cost)


def test_only_settings_that_differ_are_named(store: Store) -> None:
    fill_pair(store, 0.1)
    found = compare(store)["differences"]
    assert [(x["setting"], x["values"]) for x in found] == [("training.epochs", [None, "3.0"])]


@pytest.mark.parametrize(("gain", "winner"), [(0.2, "other"), (-0.2, None), (0.02, None)])
def test_a_winner_is_named_beyond_noise_alone(
    store: Store, gain: float, winner: str | None
) -> None:
    fill_pair(store, gain)
    found = compare(store)
    assert found["winner"] == winner
    assert ("within noise" in found["verdict"]) == (winner is None)


def test_the_loser_may_stand_first(store: Store) -> None:
    fill_pair(store, 0.2)
    back = compare_jobs(side(store, "other"), side(store, "one"))
    assert back["winner"] == "other"
    assert back["verdict"] == compare(store)["verdict"]


@pytest.mark.parametrize(
    ("provenance", "words"),
    [
        ({"data": "b" * 64}, "their data differ"),
        ({"validation_rows": 300}, "different validation rows, 400 and 300 of them"),
        ({"data": None}, "which rows other was scored is not recorded"),
    ],
)
def test_other_rows_have_no_winner_and_no_common_box(
    store: Store, provenance: dict[str, Any], words: str
) -> None:
    fill_pair(store, 0.2, **provenance)
    found = compare(store)
    assert words in found["verdict"]
    assert not found["comparable"] and found["winner"] is None
    assert found["box"] is None and found["level"] is None
    assert [x["hypervolume"] for x in found["jobs"]] == [None, None]


def test_another_model_or_device_is_told_and_does_not_forbid(store: Store) -> None:
    fill_pair(store, 0.2, model={"sha256": "n"}, device="gpu")
    found = compare(store)
    assert found["winner"] == "other"
    assert [x["weight"] for x in found["obstacles"]] == ["note", "note"]


def test_what_one_did_not_record_is_not_said_to_differ(store: Store) -> None:
    fill_pair(store, 0.2, model=None, device=None)
    assert compare(store)["obstacles"] == []


def test_different_metrics_are_refused(store: Store) -> None:
    fill_job(store, "one", [(PROBE, 0.6), (lora(8), 0.7)])
    task = {"train": "train.csv", "metric": "f1"}
    fill_job(store, "other", [(PROBE, 0.6), (lora(8), 0.9)], task=task)
    found = compare(store)
    assert found["obstacles"][0]["weight"] == "refused"
    assert found["winner"] is None and found["box"] is None


def test_hypervolumes_are_shares_of_one_box(store: Store) -> None:
    fill_pair(store, 0.1)
    found = compare(store)
    box, jobs = found["box"], found["jobs"]
    assert box is not None
    assert (box["quality"], box["best"]) == (0.65, 1.0)  # the best floor of both
    costs = [x["cost"] for job in jobs for x in job["front"] if x["cost"]]
    assert (box["cheapest"], box["dearest"]) == (min(costs), 2 * max(costs))
    width = math.log10(box["dearest"] / box["cheapest"])
    steps = [(0.74, costs[2]), (0.85, costs[3])]
    (low, first), (high, second) = steps
    area = (low - 0.65) * math.log10(second / first)
    area += (high - 0.65) * math.log10(box["dearest"] / second)
    assert jobs[1]["hypervolume"] == pytest.approx(area / (0.35 * width))
    own = side(store, "other")
    alone = hypervolume(own.spec, store.trials(own.job.id), own.preparation)
    assert alone != pytest.approx(jobs[1]["hypervolume"])


def test_a_hypervolume_of_nothing_says_why(store: Store) -> None:
    fill_job(store, "one", [(PROBE, 0.60), (lora(8), 0.75)])
    fill_job(store, "other", [(PROBE, 0.60), (lora(8), 0.64)])
    words = [x["hypervolume_words"] for x in compare(store)["jobs"]]
    assert words[1] == "0 (nothing beats the floor)" and float(words[0]) > 0


@pytest.mark.parametrize(
    ("share", "floors", "told"),
    [
        (0.1234, True, "0.123"),
        (0.0001, True, "under 0.001"),
        (0.0, True, "0 (nothing beats the floor)"),
        (0.0, False, "0 (nothing beats the first trial)"),
    ],
)
def test_a_share_in_words(share: float, floors: bool, told: str) -> None:
    assert tell_share(share, floors) == told


def test_what_it_took_is_told_of_what_both_reached(store: Store) -> None:
    fill_pair(store, 0.1)
    found = compare(store)
    assert found["level"] == 0.75
    assert [x["reached"]["trials"] for x in found["jobs"] if x["reached"]] == [3, 3]


def test_seeds_that_differ_widen_the_noise(store: Store) -> None:
    fill_job(store, "one", [(PROBE, 0.6), (lora(1), 0.7), (lora(8), 0.75)])
    calm = [(PROBE, 0.6), (lora(4), 0.70), (lora(4), 0.701), (lora(16), 0.86)]
    wild = [(PROBE, 0.6), (lora(4), 0.60), (lora(4), 0.80), (lora(16), 0.86)]
    fill_job(store, "other", calm)
    fill_job(store, "wild", wild)
    assert compare(store)["winner"] == "other"
    assert compare_jobs(side(store, "one"), side(store, "wild"))["winner"] is None


def test_a_cost_that_one_lacks_is_refused_and_one_without_result_is_told(store: Store) -> None:
    fill_pair(store, 0.1)
    assert compare(store, "training_seconds")["cost"] == "training_seconds"
    with pytest.raises(UserError, match="a cost that both jobs measured"):
        compare(store, "peak_memory_bytes")
    fill_job(store, "empty", [])
    found = compare_jobs(side(store, "one"), side(store, "empty"))
    assert found["winner"] is None and found["jobs"][1]["best"] is None
    assert found["verdict"] == "No winner is named: empty has no result."


def test_the_best_of_a_job_is_within_its_limits(store: Store) -> None:
    """What stands on no front of a job is not what it won by."""
    fill_job(store, "one", [(PROBE, 0.60), (lora(8), 0.75)])
    results = [(PROBE, 0.60), (lora(1), 0.70), (lora(64), 0.95)]
    more: Any = {"slow": 0.9, "objectives": {"bounds": ["training_seconds <= 10"]}}
    fill_job(store, "other", results, **more)
    found = compare(store)
    best = found["jobs"][1]["best"]
    assert best is not None and best["quality"] == 0.70
    assert found["winner"] != "other" and found["level"] == 0.70
    fill_job(store, "none", results[2:], **more)
    found = compare_jobs(side(store, "one"), side(store, "none"))
    assert found["verdict"] == "No winner is named: none has no result within its limits."
    assert found["jobs"][1]["best"] is None and found["jobs"][1]["front"] == []


@pytest.mark.parametrize(
    ("named", "weight"),
    [(("a", "b"), "refused"), ((None, "b"), "unsure"), (("a", "a"), None)],
)
def test_the_class_of_a_metric_is_part_of_it(
    store: Store, named: Sequence[str | None], weight: str | None
) -> None:
    for name, one, gain in zip(("one", "other"), named, (0.7, 0.95), strict=True):
        task = {"train": "train.csv", "metric": "f1"} | ({} if one is None else {"positive": one})
        fill_job(store, name, [(PROBE, 0.6), (lora(8), gain)], {"quality_error": 0.02}, task=task)
    found = compare(store)
    assert [x["weight"] for x in found["obstacles"]] == ([weight] if weight else [])
    assert found["winner"] == (None if weight else "other")


def test_seeds_alone_tell_no_error(store: Store) -> None:
    """Of a metric whose error by the rows nobody recorded, nothing tells how sure a lead is."""
    task = {"train": "train.csv", "metric": "f1"}
    for name, gain in (("one", 0.7), ("other", 0.95)):
        trained = [(PROBE, 0.6), (lora(8), gain), (lora(8), gain + 0.001)]
        fill_job(store, name, trained, task=task)
    found = compare(store)
    assert found["winner"] is None and "nothing tells how sure that is" in found["verdict"]
