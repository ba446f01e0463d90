"""Where the artefacts of a job lie below the URL of its spec."""

from peftsearch.records.job import Job
from peftsearch.records.trial import Trial
from peftsearch.workers.files.job_folder import adapter_name, job_folder

from .objects import Objects
from .places import Place


def job_place(url: str, job: Job) -> Place:
    """All that is kept of a job; jobs of other databases may share the URL."""
    return Place(url).under(job_folder(job))


def adapters_place(url: str, job: Job) -> Place:
    """Where the objects of a job's attempts are. Those of older versions are in `objects`, which
    their workers sweep by what they name."""
    return job_place(url, job).under("adapters")


def attempt_objects(url: str, job: Job, trial: Trial) -> Objects:
    """The objects of a trial's attempt, which no other claim of a trial writes to."""
    name = adapter_name(job, trial).rpartition("/")[2]
    return Objects(adapters_place(url, job).under(name))


def rungs_place(url: str, job: Job) -> Place:
    """Where trainings that are broken off wait to go on."""
    return job_place(url, job).under("rungs")
