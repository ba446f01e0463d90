"""Job files of what was trained: of a whole search, and of one trial of it.

They are for people elsewhere: of files and folders of this machine they hold names alone, and what
was settled by the training rows as the trials had it.
"""

from collections.abc import Mapping
from typing import Any

from peftsearch.records.trial import Trial
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.jobspec.jobtext import write_text
from peftsearch.spaces.jobspec.search_section import NONE
from peftsearch.spaces.jobspec.spec import JobSpec

from .public_names import find_places, name_paths

_LENGTH = "max_length"


def write_search(spec: JobSpec, provenance: Mapping[str, Any]) -> str:
    """The job file of a search.

    Args:
        provenance: Of one of its trials; empty where none tells it.
    """
    return write_text(name_paths(job_data(spec, provenance), find_places(spec)))


def write_trial(spec: JobSpec, trial: Trial) -> str:
    """The job file of `trial_data`."""
    return write_text(name_paths(trial_data(spec, trial), find_places(spec)))


def job_data(spec: JobSpec, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """A search as a job file has it, with its quality and the length of its texts settled; all
    keys are there, so that later defaults change nothing. Paths in it are absolute. Where it was
    tracked and its adapters kept is not in it: who makes it again has places of their own."""
    data = spec.to_json()
    del data["tracking"]
    del data["artefacts"]
    del data["task"]["default_metric"]
    data["task"]["metric"] = spec.task.quality
    if data["task"][_LENGTH] is None:
        data["task"][_LENGTH] = provenance.get(_LENGTH)
    if spec.anatomy.family in FAMILIES:
        del data["model"]["anatomy"]
    return data


def trial_data(spec: JobSpec, trial: Trial) -> dict[str, Any]:
    """A job that trains the linear probe and this configuration, and nothing else.

    It has the search's model, data, training and bounds. Strata without layers are left out.
    """
    data = job_data(spec, trial.provenance)
    data["name"] = f"{spec.name[:40]}-trial-{trial.number}"
    data["try"] = [trial.configuration.drop_empty().to_json()]
    probe_alone = trial.configuration.frozen
    data["budget"] = {"trials": 1 if probe_alone else 2}
    data["search"] |= {"recipes": "none", "learn_from": [NONE], "repeats": 0.0}
    return data
