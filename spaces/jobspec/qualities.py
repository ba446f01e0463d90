"""Whether the qualities of another package's kind of task are objectives."""

from peftsearch.extensions import broken
from peftsearch.spaces.kinds.foreign_work import GROUP
from peftsearch.spaces.kinds.kind import TaskKind

from .objectives import OBJECTIVES


def check_qualities(kind: TaskKind) -> None:
    """Whether each quality of a kind is a measured objective that is installed.

    Raises:
        UserError: One is not.
    """
    for name in kind.qualities:
        if name not in OBJECTIVES or OBJECTIVES[name].known:
            raise broken(GROUP, kind.name, "measured objectives as qualities", repr(name))
