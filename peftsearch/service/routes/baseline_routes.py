"""Routes: a job beside what everybody does, and what each part of a configuration does."""

from fastapi import APIRouter, Response

from peftsearch.results.beside_json import BesideBody, beside_json
from peftsearch.service.context import InService
from peftsearch.service.problems import problems

from .json_responses import respond
from .path_parameters import JobName

router = APIRouter(tags=["reports"])


@router.get("/jobs/{job}/baselines", responses=problems(404), response_model=BesideBody)
def show_baselines(service: InService, job: JobName) -> Response:
    """Whether the front beats a sweep of LoRA over its ranks, in one sentence and in numbers, and
    the last ablation; or the commands that train them."""
    with service.stores.borrow() as store:
        body = beside_json(store, store.find_job(job), service.settings.root)
    return respond(body)
