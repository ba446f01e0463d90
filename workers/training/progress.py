"""Where a training stands between two steps, beside the parameters that it trains."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass
class Progress:
    """What the next step depends on: AdamW's moments and how many steps were done.

    Attributes:
        trained: The trained parameters by full name.
        losses: Of the steps so far.
        seconds: Of training alone.
        reopen: Makes what is trained, and the optimiser of it, those of the training after so many
            steps, before what was saved then is taken up.
    """

    optimizer: torch.optim.AdamW
    trained: Mapping[str, nn.Parameter]
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    reopen: Callable[[int], None] = lambda done: None

    @property
    def steps(self) -> int:
        """How many were done."""
        return len(self.losses)

    def moments(self) -> dict[str, torch.Tensor]:
        """Copies on the CPU of what AdamW holds of each parameter, by `entry/full name`; of one
        that has had no gradient it holds nothing."""
        return {
            f"{entry}/{name}": value.detach().to("cpu", copy=True).contiguous()
            for name, parameter in self.trained.items()
            for entry, value in self.optimizer.state.get(parameter, {}).items()
        }

    def take_up(
        self, moments: Mapping[str, torch.Tensor], losses: Iterable[float], seconds: float
    ) -> None:
        """Stand where another training of the same parameters stood.

        Args:
            moments: What its `moments` gave; they come to the device of their parameter.
        """
        for path, value in moments.items():
            entry, _, name = path.partition("/")
            parameter = self.trained[name]
            held = self.optimizer.state[parameter]
            held[entry] = value.clone() if entry == "step" else _laid_out(value, parameter)
        self.losses.extend(losses)
        self.seconds = seconds


def _laid_out(value: torch.Tensor, parameter: nn.Parameter) -> torch.Tensor:
    """As AdamW makes it: in another layout the same sums may be rounded otherwise. Its count of
    steps stays on the CPU, as there."""
    return torch.zeros_like(parameter, dtype=value.dtype).copy_(value)
