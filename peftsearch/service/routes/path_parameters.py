"""What routes read from their paths."""

from typing import Annotated

from fastapi import Depends, Path

from peftsearch.results.trial_names import read_pick
from peftsearch.service.context import InService
from peftsearch.service.memory.past import History

LARGEST = 2**31 - 1
"""Of the numbers that a database's integer column holds."""

JobName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Name of a job.")
]
Number = Annotated[int, Path(ge=0, le=LARGEST, description="Number of a trial.")]


def find_history(service: InService, job: JobName) -> History:
    """The history of the job in the route's path."""
    return service.histories.read(service.stores, job)


def read_name(service: InService, history: History, text: str) -> str:
    """The pick that a text means, which may be what a trial is called at this moment."""
    with service.stores.borrow() as store:
        return read_pick(text, store.trial_notes(history.job.id))


InHistory = Annotated[History, Depends(find_history)]
"""Type of a route's parameter that wants the job's history."""
