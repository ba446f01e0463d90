"""The hooks of one training, called as one; of most configurations there are none."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from peftsearch.errors import UserError
from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.adapters.parameter_groups import HEAD
from peftsearch.workers.adapters.row_functions import import_function

from .hook import Hook

TOLD = "hooks"
"""Key of a trial's provenance: what each technique's hook tells; absent where none does."""


@dataclass
class Hooks:
    """Of an attachment, by technique."""

    hooks: Mapping[str, Hook] = field(default_factory=dict)
    _phase: int = 0

    def __bool__(self) -> bool:
        return bool(self.hooks)

    @property
    def starts(self) -> tuple[int, ...]:
        """Steps at which a phase begins, without the first."""
        return next((x.starts for x in self.hooks.values() if x.starts), ())

    @property
    def settled(self) -> int:
        """After how many steps a state may be kept."""
        return max((x.settled for x in self.hooks.values()), default=0)

    @property
    def undivided(self) -> dict[str, str]:
        """Why the rows of a step cannot be divided, by technique; of most none."""
        return {name: x.undivided for name, x in self.hooks.items() if x.undivided}

    def enter(self, step: int) -> None:
        """Enter the phase of a step, through all before it that were not entered."""
        last = bisect_right(self.starts, step)
        for phase in range(self._phase, last + 1):
            for hook in self.hooks.values():
                hook.enter(phase)
        self._phase = last + 1

    def before_step(self, step: int) -> None:
        """As of each hook."""
        for hook in self.hooks.values():
            hook.before_step(step)

    def penalty(self) -> torch.Tensor | None:
        """The sum of all that are there."""
        found = [x for hook in self.hooks.values() if (x := hook.penalty()) is not None]
        return torch.stack(found).sum() if found else None

    def after_backward(self, step: int) -> None:
        """As of each hook."""
        for hook in self.hooks.values():
            hook.after_backward(step)

    def after_step(self, step: int, optimiser: torch.optim.AdamW) -> None:
        """As of each hook."""
        for hook in self.hooks.values():
            hook.after_step(step, optimiser)

    def state(self) -> dict[str, torch.Tensor]:
        """Of all hooks, by `technique/name`."""
        found = {name: hook.state() for name, hook in self.hooks.items()}
        return {f"{name}/{key}": x for name, own in found.items() for key, x in own.items()}

    def take_up(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Know what `state` gave."""
        for name, hook in self.hooks.items():
            start = f"{name}/"
            own = {k.removeprefix(start): x for k, x in tensors.items() if k.startswith(start)}
            hook.take_up(own)

    def told(self) -> dict[str, Any]:
        """For the trial's provenance."""
        found = {name: told for name, hook in self.hooks.items() if (told := hook.told())}
        return {TOLD: found} if found else {}

    def close(self) -> None:
        """As of each hook."""
        for hook in self.hooks.values():
            hook.close()


def is_undivided(techniques: Iterable[str]) -> bool:
    """Whether a hook of one of them says so, before anything is attached."""
    rows = (row for row in map(technique, techniques) if row.hook)
    return any(import_function(row, "hook").undivided for row in rows)


def open_hooks(attachment: Attachment, steps: int) -> Hooks:
    """Those that the rows of an attachment's techniques name.

    Raises:
        UserError: What a row names cannot be imported, or two techniques want phases of their own.
    """
    names = sorted({name for name, _ in attachment.parameters} - {HEAD})
    hooks = {
        row.name: import_function(row, "hook")(attachment, attachment.modules_of(row.name), steps)
        for row in map(technique, names)
        if row.hook
    }
    if len(phased := [name for name, hook in hooks.items() if hook.starts]) > 1:
        raise UserError(
            "at most one technique that trains in phases",
            " and ".join(phased),
            "keep one of them in a configuration",
        )
    return Hooks(hooks)
