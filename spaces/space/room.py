"""Whether a decoder's virtual tokens and its examples fit into its table of positions together."""

from collections.abc import Sequence

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.task import SHORTEST, TaskSpec


def read_positions(sizes: Sequence[Sequence[int]], anatomy: Anatomy, task: TaskSpec) -> int | None:
    """Positions that an example may take; None where the model has no end.

    All of them, but where a decoder's examples have no length given and would leave no room for a
    technique of virtual tokens: then less the most tokens of the job. A job that has room keeps
    the lengths that it had.

    Args:
        sizes: Of each technique of virtual tokens how many it may have, and of each configuration
            that the user wrote.
    """
    positions = anatomy.positions
    if positions is None or not anatomy.causal or task.max_length is not None:
        return positions
    room = positions - task.most_tokens(positions)
    left = positions - max((x for y in sizes for x in y), default=0)
    full = any(min(x) > room for x in sizes)
    return left if full and left >= SHORTEST else positions


def list_sizes(configurations: Sequence[Configuration]) -> list[tuple[int]]:
    """Virtual tokens of each configuration that has any."""
    return [(x.input.capacity,) for x in configurations if x.input is not None]


def check_room(configurations: Sequence[Configuration], anatomy: Anatomy, length: int) -> None:
    """Refuse a configuration of a user whose virtual tokens no example leaves room for.

    Args:
        length: Tokens of the longest example.

    Raises:
        UserError: Says of how many tokens, and beside what.
    """
    if not anatomy.causal or anatomy.positions is None:
        return
    most = max((x for (x,) in list_sizes(configurations)), default=0)
    if most > anatomy.positions - length:
        raise UserError(
            f"room for {most} virtual tokens of a configuration beside {length} of an example",
            f"{anatomy.positions} positions of {anatomy.family}",
            "set a lower task.max_length, or write fewer virtual tokens",
        )
