"""Job files of what was trained, for people elsewhere."""

import tomllib
from dataclasses import replace
from typing import Any

from peftsearch.results.exports.job_texts import write_search, write_trial
from tests.specs import make_spec

from .made import TRIALS

HOME = "/home/ann lee"
SPEC = make_spec(
    task={"train": f"{HOME}/new/rows.csv", "test": f"{HOME}/old/rows.csv"},
    artefacts="s3://bucket/mine",
)
TOLD = {"max_length": 48}


def both() -> list[dict[str, Any]]:
    trial = replace(TRIALS[1], provenance=TOLD)
    return [tomllib.loads(x) for x in (write_search(SPEC, TOLD), write_trial(SPEC, trial))]


def test_a_job_file_names_no_place_of_a_machine() -> None:
    assert "ann" not in f"{both()}" and "bucket" not in f"{both()}"


def test_files_of_one_name_stay_apart() -> None:
    for data in both():
        assert (data["task"]["train"], data["task"]["test"]) == ("rows.csv", "rows-2.csv")


def test_texts_are_as_long_as_the_trials_had_them() -> None:
    assert [x["task"]["max_length"] for x in both()] == [48, 48]
    own = make_spec(task={"train": "rows.csv", "max_length": 64})
    assert tomllib.loads(write_search(own, TOLD))["task"]["max_length"] == 64
