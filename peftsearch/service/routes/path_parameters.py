"""What routes read from their paths."""

from typing import Annotated

from fastapi import Depends, Path

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


InHistory = Annotated[History, Depends(find_history)]
"""Type of a route's parameter that wants the job's history."""
