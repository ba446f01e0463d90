"""Which worker computes which slot: by who can rebuild its parent soonest, with equal shares."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.int64]

FAR = int(np.iinfo(np.int64).max)
"""Steps to a particle of which a worker has no ancestor within the window."""


def allocate(steps: Slots, parents: Slots, homes: Slots, roster: Sequence[int]) -> Slots:
    """The worker of each slot, a greedy choice.

    A slot goes where its parent is, while there is room; else to the worker with room that is
    fewest steps from the parent. Where all of these have no ancestor within the window, the
    parent's worker takes more than its share, which bounds what is rebuilt. A worker that has
    nothing of what lives, because it came late or because its lineages died out, takes its share
    at once, from the root: ancestors that slots have in common are computed once.

    Args:
        steps: `k x w` steps from what a worker has to the parent of a slot; `FAR` beyond the
            window.
        parents: Parent of each slot.
        homes: Worker of each parent, one that may have left.
        roster: Numbers of the workers that are there, ascending.
    """
    share = -(-len(parents) // len(roster))
    room, owners = dict.fromkeys(roster, share), np.full(len(parents), -1)
    for slot, parent in enumerate(parents.tolist()):
        home = int(homes[parent])
        if room.get(home, 0) and steps[slot, home] == 0:
            owners[slot] = home
            room[home] -= 1
    fresh = {x for x in roster if (steps[:, x] == FAR).all()}
    for slot in np.flatnonzero(owners < 0).tolist():
        home = int(homes[parents[slot]])
        owner = _choose(steps[slot], room, fresh, home)
        owners[slot] = owner
        room[owner] -= 1
    return owners


def _choose(steps: Slots, room: dict[int, int], fresh: set[int], home: int) -> int:
    """The nearest worker with room, of equally near ones that with most of it."""
    able = [x for x, left in room.items() if left > 0 and (x in fresh or steps[x] < FAR)]
    if able:
        return min(able, key=lambda x: (steps[x], -room[x], x))
    if home in room:
        return home
    return min(room, key=lambda x: (steps[x], -room[x], x))
