"""What a launch refuses, before anything of the job is made; a check looks for all of it."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from peftsearch.errors import Conflict, UserError
from peftsearch.jobs import life
from peftsearch.service.context import Service
from peftsearch.service.work.checker import Complete
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec
from peftsearch.spaces.jobspec.search_section import is_job_name
from peftsearch.workers.files.job_folder import check_folder


def check_all(
    service: Service, spec: Mapping[str, Any], full: bool, workers: int, device: str
) -> Complete | None:
    """Look for all that a launch would refuse; None after a quick look, which reads no file.

    Raises:
        Conflict: The service ends.
        HTTPException: 429, where too many checks run.
        WrongSpec: With all mistakes that can be known at once, a name that is taken among them.
    """
    found, wrong = None, list[Mistake]()
    with _noting(wrong):
        if full:
            found = service.checker.check(spec)
        else:
            service.checker.check_quickly(spec)
    with _noting(wrong):
        check_name(service, spec.get("name"))
    with _noting(wrong):
        check_machine(service, workers if full else 0, device)
    if wrong:
        raise WrongSpec(wrong)
    return found


@contextlib.contextmanager
def _noting(wrong: list[Mistake]) -> Iterator[None]:
    """Mistakes of the block, each with its key, are kept in place of raised."""
    try:
        yield
    except WrongSpec as error:
        wrong += error.mistakes
    except UserError as error:
        if isinstance(error, Conflict) and not error.where:  # the service ends
            raise
        wrong.append(Mistake.of(error))


def check_name(service: Service, name: object) -> None:
    """Refuse one that is taken; what is no name is refused with its spec.

    Raises:
        Conflict: It is taken.
        UserError: It means something else.
    """
    if is_job_name(name):
        with service.stores.borrow() as store:
            life.check_new(store, str(name))


def check_machine(service: Service, workers: int, device: str) -> None:
    """Refuse what local workers could not start with; of none nothing is looked at.

    Raises:
        Conflict: The service ends.
        HTTPException: 429, where too many checks run.
        UserError: The folder cannot be written, or the machine has no such device.
    """
    if workers:
        check_folder(service.settings.root)
        service.checker.check_device(device)
