"""Whether a launched job can go on: what it reads is still where it says. Imports no torch."""

from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec

from .built_in import check_built_in

_BACK = "put it back there, or a link to where it is now"
_MODEL = ", or name that place: `peftsearch export {} --model PATH`, and so `confirm` and `resume`"


def check_trainable(spec: JobSpec, test: bool = False) -> None:
    """Refuse a job that nobody can train here any more.

    Args:
        test: Whether the test rows are read too.

    Raises:
        UserError: As `check_built_in` and `check_places`.
    """
    check_built_in(spec)
    check_places(spec, test)


def check_places(spec: JobSpec, test: bool = False) -> None:
    """Refuse, before anything is loaded, to go on with a job whose model or data is gone: its spec
    cannot be corrected any more.

    Args:
        test: Whether the test rows are read too.

    Raises:
        UserError: Something is missing; says where it was, and how the job finds it again.
    """
    named = {
        "model.path": ("model", spec.model.path, _MODEL.format(spec.name)),
        "model.encoder": ("encoder", spec.model.encoder, ""),
        "task.train": ("training data", spec.task.train, ""),
        "task.validation": ("validation data", spec.task.validation, ""),
        "task.test": ("test data", spec.task.test if test else None, ""),
    }
    for key, (what, source, more) in named.items():
        if source is not None and (path := Path(source)).is_absolute() and not path.exists():
            expected = f"the {what} of job {spec.name!r} where it was"
            raise UserError(expected, f"nothing at {source}", f"{_BACK}{more}", key)
