"""Where a technique may act within the training loop; the row names what does (`hook`).

A hook is made for one attachment. What it does is a function of the seed, the step's number and
what `state` gives, so that a training that was broken off goes on bit-equal.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch

from peftsearch.spaces.configurations.groups import Group
from peftsearch.workers.adapters.attachment import Attachment

Groups = Mapping[Group, Mapping[str, Any]]
"""The modules of one technique by full name, in the order of the model: the linears that it wraps,
or what it added beside them. Those of one group have one capacity and one rate."""


class Hook:
    """Does nothing at any point; a technique's own hook overrides what it needs.

    Args:
        attachment: Of the whole configuration.
        groups: The modules of the technique.
        steps: Of the training.

    Attributes:
        undivided: Why the rows of a step cannot be divided among devices whose gradients are
            added up; None where they can. Of the class: it is asked before anything is attached.
    """

    undivided: ClassVar[str | None] = None

    def __init__(self, attachment: Attachment, groups: Groups, steps: int) -> None:
        self.attachment, self.groups, self.steps = attachment, groups, steps

    @property
    def layers(self) -> dict[str, Any]:
        """All its modules by full name."""
        return {name: layer for group in self.groups.values() for name, layer in group.items()}

    @property
    def starts(self) -> tuple[int, ...]:
        """Steps, above 0, at which a phase begins: optimiser and schedule begin anew."""
        return ()

    @property
    def settled(self) -> int:
        """After how many steps a state of the training is an adapter that may be kept."""
        return 0

    def enter(self, phase: int) -> None:
        """Make what is trained that of a phase, from 0 on; phases are entered in their order, and
        saved values may be written over what one begins with."""

    def before_step(self, step: int) -> None:
        """Before the forward pass of a step, from 0 on."""

    def penalty(self) -> torch.Tensor | None:
        """A scalar that is added to the loss of the last forward pass, or nothing."""

    def after_backward(self, step: int) -> None:
        """With the gradients of all the step's rows, before they are clipped."""

    def after_step(self, step: int, optimiser: torch.optim.AdamW) -> None:
        """After the optimiser's step, with the gradients still there."""

    def state(self) -> dict[str, torch.Tensor]:
        """Copies on the CPU of what the next step depends on, beside the adapter and the moments;
        names hold no `/` of their own kind and are the hook's to choose."""
        return {}

    def take_up(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Know what `state` gave."""

    def told(self) -> dict[str, Any]:
        """What a trial's provenance says of it, as plain data."""
        return {}

    def close(self) -> None:
        """Leave nothing behind on the model but what `Attachment.detach` takes away; called at
        the end of every training, failed ones too."""
