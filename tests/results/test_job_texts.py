"""Job files of what was trained, for people elsewhere."""

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from peftsearch.records.trial import Trial
from peftsearch.results.exports.job_texts import write_search, write_trial
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.spec import parse_spec
from tests.specs import make_spec

from .made import TRIALS

HOME = "/home/ann lee"
SPEC = make_spec(
    task={"train": f"{HOME}/new/rows.csv", "test": f"{HOME}/old/rows.csv"},
    artefacts="s3://bucket/mine",
)
TOLD = {"max_length": 48}
LORA = (Module("lora", 8, ("query", "value")),)


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


def with_strata(*strata: Stratum) -> Trial:
    return replace(TRIALS[1], configuration=Configuration(strata, 1e-3))


@pytest.mark.parametrize(
    "trial",
    [
        with_strata(Stratum(0, 0, LORA), Stratum(0, 4), Stratum(4, 4, LORA), Stratum(4, 6, LORA)),
        with_strata(Stratum(0, 4, LORA, layers=(1, 3)), Stratum(4, 6), Stratum(6, 6)),
        with_strata(Stratum(0, 6)),
    ],
)
def test_strata_without_layers_are_left_out_and_the_training_is_the_same(trial: Trial) -> None:
    data = tomllib.loads(write_trial(SPEC, trial))
    (tried,) = data["try"]
    assert all(x["start"] < x["stop"] for x in tried["strata"])
    data["model"]["anatomy"] = SPEC.anatomy.model_dump(mode="json")
    (read,) = parse_spec(data).try_configurations
    assert (read.key, read.profile) == (trial.configuration.key, trial.configuration.profile)
