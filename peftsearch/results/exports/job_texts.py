"""Job files of what was trained: of a whole search, and of one trial of it."""

from typing import Any

from peftsearch.records.trial import Trial
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.jobspec.search_section import NONE
from peftsearch.spaces.jobspec.spec import JobSpec


def job_data(spec: JobSpec) -> dict[str, Any]:
    """A search as a job file has it, with its quality settled; all keys are there, so that later
    defaults change nothing. Paths in it are absolute. Where it was tracked is not in it: who makes
    it again has trackers of their own."""
    data = spec.to_json()
    del data["tracking"]
    del data["task"]["default_metric"]
    data["task"]["metric"] = spec.task.quality
    if spec.anatomy.family in FAMILIES:
        del data["model"]["anatomy"]
    return data


def trial_data(spec: JobSpec, trial: Trial) -> dict[str, Any]:
    """A job that trains the linear probe and this configuration, and nothing else.

    It has the search's model, data, training and bounds.
    """
    data = job_data(spec)
    data["name"] = f"{spec.name[:40]}-trial-{trial.number}"
    data["try"] = [trial.configuration.to_json()]
    probe_alone = trial.configuration.frozen
    data["budget"] = {"trials": 1 if probe_alone else 2}
    data["search"] |= {"recipes": "none", "learn_from": [NONE], "repeats": 0.0}
    return data
