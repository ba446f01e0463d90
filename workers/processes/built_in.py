"""Whether workers can train a job. Imports no torch."""

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec


def check_built_in(spec: JobSpec) -> None:
    """Refuse a job whose trials a function trains, where that function is not at hand.

    Raises:
        UserError: It is such a job.
    """
    if spec.training.function is not None:
        raise UserError(
            "a job of the built-in training",
            f"{spec.name!r}, which the function {spec.training.function!r} of a Python program "
            "trains",
            "call peftsearch.search(..., evaluate=...) there again",
            "training.function",
        )
