"""A job whose model was moved: where it is by now is kept, if it is the same one."""

from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.models.locations import fetch_model
from peftsearch.workers.models.model_files import ModelFiles
from peftsearch.workers.processes.companions import find_companions, find_parent, find_same
from peftsearch.workers.processes.same_rows import check_inputs, find_weights

from .jobfile import make_absolute

_KEY = "model.path"


def find_job(store: Store, name: str, model: str | None = None) -> Job:
    """The job of that name, which finds its model at another place from now on where one is
    named.

    Args:
        model: As `model.path` names it, relative to the working folder.

    Raises:
        NotFoundError: There is no such job.
        UserError: As `move_model`.
    """
    job = store.find_job(name)
    return job if model is None else move_model(store, job, model)


def move_model(store: Store, job: Job, model: str) -> Job:
    """Write down where the model of a job is by now, and of the jobs beside it.

    Args:
        model: As `find_job` takes it.

    Raises:
        UserError: There is no model, it is another, or nothing tells which one the job had.
    """
    if find_weights(store, job, "model") is None:
        expected = f"a trained trial of {job.name}, whose model is known by its weights"
        raise UserError(expected, "none", "launch it again under another name", _KEY)
    place = make_absolute(model, Path.cwd(), _KEY)
    check_inputs(store, job, {"model": ModelFiles(place, fetch_model(place)).tell()})
    beside = _find_circle(store, job)
    store.together(lambda: [store.move_model(x.id, place) for x in beside])
    return store.job(job.id)


def _find_circle(store: Store, job: Job) -> list[Job]:
    """The job, that beside which it stands, and all that stand beside either."""
    told = find_parent(store, job)
    first = None if told is None else find_same(store, told["name"], told["uid"])
    known = [job, first or job, *(x for _, x in find_companions(store, first or job))]
    return [*{x.id: x for x in known}.values()]
