"""What a model's image processor does, in two halves: resizing once, normalising per batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .pixels import Pixels

_RESIZE_ONLY: Mapping[str, bool] = {"do_rescale": False, "do_normalize": False}
_CLOSE = 1e-3
"""A byte's step is about 1.7e-2 after the usual normalisation."""


@dataclass(frozen=True)
class Sizer:
    """Brings images to the model's size; what it gives, times `factor` plus `shift`, is the
    processor's own output.

    Attributes:
        options: Of the processor's call.
        factor: By colour, `3 x 1 x 1`.
        shift: By colour, `3 x 1 x 1`.
    """

    processor: Any
    options: Mapping[str, bool]
    factor: torch.Tensor
    shift: torch.Tensor

    @classmethod
    def of(cls, processor: Any) -> "Sizer":
        """The sizer of an image processor of transformers.

        Where its normalisation is not by factor and shift, factor is 1 and shift 0.
        """
        rescale = processor.rescale_factor if getattr(processor, "do_rescale", False) else 1.0
        normalise = getattr(processor, "do_normalize", False)
        mean = _by_colour(processor.image_mean if normalise else 0.0)
        deviation = _by_colour(processor.image_std if normalise else 1.0)
        sizer = cls(processor, _RESIZE_ONLY, rescale / deviation, -mean / deviation)
        return sizer if sizer.is_exact() else cls(processor, {}, _by_colour(1.0), _by_colour(0.0))

    def fit(self, pixels: Pixels) -> torch.Tensor:
        """One image, from `h x w x 3` to the model's `3 x h x w`; bytes (uint8), or float16 of
        a processor that gives no bytes."""
        values = torch.tensor(self._process(pixels, self.options))
        return values if values.dtype == torch.uint8 else values.half()

    def is_exact(self) -> bool:
        """Whether both halves together give the processor's own output; tried on noise."""
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        halves, whole = self.fit(noise), torch.tensor(self._process(noise, {}))
        if halves.dtype != torch.uint8 or halves.shape != whole.shape:
            return False
        return bool((halves * self.factor + self.shift - whole).abs().max() < _CLOSE)

    def _process(self, pixels: Pixels, options: Mapping[str, bool]) -> NDArray[Any]:
        from PIL import Image

        image = Image.fromarray(pixels)  # of an array the processor would guess the layout
        made = self.processor(image, return_tensors="np", **options)
        values: NDArray[Any] = made["pixel_values"][0]
        return values


def _by_colour(values: Any) -> torch.Tensor:
    return torch.tensor(values).expand(3)[:, None, None]
