"""What a person wishes of an adapter's probabilities; the service reads it, without torch."""

from dataclasses import dataclass

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .thresholds import check_precision


@dataclass(frozen=True)
class Wish:
    """What is asked of probabilities.

    Attributes:
        precision: That thresholds are to have; None chooses none.
        temperature: Whether probabilities are those after the temperature.
    """

    precision: float | None = None
    temperature: bool = False


NO_WISH = Wish()


def check_wish(wish: Wish, spec: JobSpec) -> None:
    """Refuse a wish that no task without classes can be granted.

    Raises:
        UserError: It is one, or the precision is none.
    """
    check_precision(wish.precision)
    if wish == NO_WISH or find_kind(spec.task.kind).classes:
        return
    option = "temperature" if wish.precision is None else "precision"
    raise UserError(f"a task of classes for --{option}", spec.task.kind, "leave it out", option)
