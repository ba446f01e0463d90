"""Results that were measured elsewhere become a finished job."""

import json
from pathlib import Path

import pytest

from peftsearch.errors import Conflict, UserError
from peftsearch.jobs.imported import import_results, read_results
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import TrialState
from peftsearch.results import views
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.earlier_jobs import find_lessons
from tests.anatomies import BERT
from tests.specs import make_spec

SPEC = make_spec("past")
DEEP = "[" * 100_000
"""JSON nested too deeply to be read."""
SWEEP = """recipe,rank,learning_rate,accuracy,seed
lora,2,1e-3,0.8,
lora,8,1e-3,0.85,7
lora,2,1e-3,0.82,
"""


def write(folder: Path, text: str, name: str = "results.csv") -> Path:
    """A file of that text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def bring(store: Store, path: Path, spec: JobSpec = SPEC) -> Job:
    """The job of a file's results."""
    return import_results(store, spec, read_results(path, spec), path.name, spec)


def test_a_sweep_in_a_csv_file_is_a_finished_job_with_a_front(
    store: Store, tmp_path: Path
) -> None:
    job = bring(store, write(tmp_path, SWEEP))
    trials = store.trials(job.id)
    assert job.state is JobState.FINISHED
    assert job.spec.budget.trials == 3
    assert [(x.seed, x.state, x.origin) for x in trials] == [
        (seed, TrialState.COMPLETED, "imported") for seed in (0, 7, 1)
    ]
    two, eight = store.front(job.id)
    assert two.values["accuracy"] == pytest.approx(0.81)
    assert two.trials == (0, 2)
    size = trainable_parameters(eight.configuration, BERT)
    assert eight.values["trainable_parameters"] == size
    assert trials[0].provenance == {"imported": "results.csv"}


def test_what_show_prints_is_read_again(store: Store, tmp_path: Path) -> None:
    first = bring(store, write(tmp_path, SWEEP))
    shown = {"trials": [views.trial_json(x) for x in store.trials(first.id)]}
    shown["trials"][1]["state"] = "failed"
    path = write(tmp_path, json.dumps(shown), "shown.json")
    again = bring(store, path, make_spec("again"))
    kept = [x for x in store.trials(first.id) if x.number != 1]
    assert [(x.key, x.seed, x.measurements) for x in store.trials(again.id)] == [
        (x.key, x.seed, x.measurements) for x in kept
    ]


def test_json_lines_hold_whole_configurations(store: Store, tmp_path: Path) -> None:
    first = bring(store, write(tmp_path, SWEEP))
    lines = [
        {"configuration": x.configuration.to_json(), "accuracy": 0.8, "validation_rows": 500}
        for x in store.trials(first.id)
    ]
    path = write(tmp_path, "\n".join(map(json.dumps, lines)), "results.jsonl")
    job = bring(store, path, make_spec("again"))
    assert [x.validation_rows for x in store.trials(job.id)] == [500] * 3


def test_later_jobs_learn_from_it(store: Store, tmp_path: Path) -> None:
    bring(store, write(tmp_path, SWEEP))
    spec = make_spec("new", search={"learn_from": "past"})
    (lesson,) = find_lessons(store, spec)
    assert (lesson.job, len(lesson.configurations)) == ("past", 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("recipe,rank\nlora,2\n", "a value of accuracy in line 2"),
        ("recipe,rank,accuracy\nlora,2,high\n", "finite number for accuracy in line 2"),
        ("recipe,rank,accuracy\nlora,2,nan\n", "finite number for accuracy in line 2"),
        ("recipe,rank,accuracy,seed\nlora,2,0.8,-1\n", "whole number from 0 on for seed"),
        ("recipe,rank,accuracy,seed\nlora,2,0.8,0\nlora,2,0.9,0\n", "another seed for each"),
        ("recipe,rank,accuracy,speed\nlora,2,0.8,9\n", "in line 2"),
        ("recipe,rank,accuracy\nzlora,2,0.8\n", "in line 2"),
        ("recipe,rank,accuracy\nlora,2,0.8,9\n", "as many fields as columns"),
        ("accuracy\n0.8\n", "a recipe or a configuration in line 2"),
        ("recipe,rank,accuracy\n", "between 1 and 5,000 completed results"),
        ("configuration,accuracy\n{,0.8\n", "a configuration as JSON in line 2"),
        (f"configuration,accuracy\n{DEEP},0.8\n", "a configuration as JSON in line 2"),
        (f"recipe,rank,accuracy\nlora,{DEEP},0.8\n", "in line 2"),
    ],
)
def test_what_is_no_result_is_refused_in_one_line(
    text: str, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as error:
        read_results(write(tmp_path, text), SPEC)
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_file_of_results_is_refused(tmp_path: Path) -> None:
    huge = f'{{"recipe": "lora", "rank": 2, "accuracy": 1{"0" * 400}}}'
    wrong = (("a.jsonl", "[1]\n"), ("b.json", "{"), ("c.json", ""), ("d.jsonl", DEEP))
    for name, text in (*wrong, ("e.jsonl", huge)):
        with pytest.raises(UserError):
            read_results(write(tmp_path, text, name), SPEC)
    with pytest.raises(UserError, match="readable file"):
        read_results(tmp_path, SPEC)


def test_all_are_recorded_or_none(store: Store, tmp_path: Path) -> None:
    spec = make_spec("past", objectives={"minimise": ["trainable_parameters", "training_seconds"]})
    with pytest.raises(UserError, match="training_seconds"):
        bring(store, write(tmp_path, SWEEP), spec)
    assert store.jobs() == []
    bring(store, write(tmp_path, SWEEP))
    with pytest.raises(Conflict):
        bring(store, write(tmp_path, SWEEP))
