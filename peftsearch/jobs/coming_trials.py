"""What a job is likely to train, before there is a result."""

from collections.abc import Sequence

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.objectives import cost_function
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.space import Space

from .disk_need import sample


def foresee_coming(
    spec: JobSpec, space: Space, first: Sequence[Configuration]
) -> list[Configuration]:
    """Those that come first, and of more trials what the space has."""
    rest = sample(space) or list(first)
    more = (spec.budget.trials or len(first) + len(rest)) - len(first)
    return [*first, *rest[: max(0, more)]]


def note_head(spec: JobSpec, space: Space, first: Sequence[Configuration]) -> tuple[str, ...]:
    """That a bound counts the head, where which it will be is not known yet: what the bound
    leaves of the space may be other trials than `first`."""
    if spec.head.pooling != "auto":
        return ()
    larger = _with_larger_head(space.anatomy)
    counted = [x.name for x in space.bounds if _differs(x.name, space.anatomy, larger, first)]
    if not counted:
        return ()
    return (
        f"the first configurations are those of the smallest head: {', '.join(counted)} "
        "counts the head, and a larger one that is chosen later may leave others",
    )


def _with_larger_head(anatomy: Anatomy) -> Anatomy:
    head = anatomy.head or ()
    larger = (x.model_copy(update={"shape": (x.shape[0] + 1, *x.shape[1:])}) for x in head)
    return anatomy.model_copy(update={"head": tuple(larger)})


def _differs(
    name: str, anatomy: Anatomy, other: Anatomy, configurations: Sequence[Configuration]
) -> bool:
    cost = cost_function(name)
    return any(cost(x, anatomy) != cost(x, other) for x in configurations)
