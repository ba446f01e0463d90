"""Where the artefacts of a job lie below the URL of its spec."""

from peftsearch.records.job import Job
from peftsearch.workers.files.job_folder import job_folder

from .objects import Objects
from .places import Place

_OBJECTS = "objects"


def job_place(url: str, job: Job) -> Place:
    """All that is kept of a job; jobs of other databases may share the URL."""
    return Place(url).under(job_folder(job))


def job_objects(url: str, job: Job) -> Objects:
    """The objects of a job."""
    return Objects(job_place(url, job).under(_OBJECTS))


def rungs_place(url: str, job: Job) -> Place:
    """Where trainings that are broken off wait to go on."""
    return job_place(url, job).under("rungs")
