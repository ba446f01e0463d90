"""Images as a model takes them.

A byte for each colour of a pixel: 0.15 MB of one at 224 x 224, 7.5 GB of 50,000.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from peftsearch.errors import UserError
from peftsearch.workers.data.image_sizes import Sizer
from peftsearch.workers.data.images import Image

from .batching import Batch
from .encodings import Examples


@dataclass(frozen=True)
class EncodedImages(Examples):
    """Images with one label each, at the model's size.

    Attributes:
        pixels: As `Sizer` fits them, `n x 3 x h x w`.
        labels: Class indices (int64), `n`.
        factor: Of the normalisation, `3 x 1 x 1`.
        shift: What it adds, `3 x 1 x 1`.
    """

    by_row: ClassVar[tuple[str, ...]] = ("pixels", "labels")

    pixels: torch.Tensor
    labels: torch.Tensor
    factor: torch.Tensor
    shift: torch.Tensor

    def batch(self, indices: Sequence[int]) -> Batch:
        """`pixel_values` of `b` examples, `b x 3 x h x w` (float32), with `labels` of size `b`."""
        chosen = torch.as_tensor(indices)
        values = self.pixels[chosen].float() * self.factor + self.shift
        return {"pixel_values": values, "labels": self.answers(indices)}

    def sides(self, config: Mapping[str, Any]) -> list[tuple[int, ...]]:
        """Patches of an image, and the token of its class."""
        height, width = self.pixels.shape[-2:]
        patch = int(config["patch_size"])
        return [((height // patch) * (width // patch) + 1,)] * len(self)


def encode_images(processor: Any, images: Sequence[Image], labels: torch.Tensor) -> EncodedImages:
    """Bring `n` images to the model's size.

    Args:
        processor: The model's image processor, of transformers.
        labels: Class indices, `n`.

    Raises:
        UserError: The processor gives images of several sizes.
    """
    sizer = Sizer.of(processor)
    first = sizer.fit(images[0].pixels())
    pixels = torch.empty((len(images), *first.shape), dtype=first.dtype)
    for row, image in enumerate(images):
        values = sizer.fit(image.pixels())
        if values.shape != first.shape:
            got = f"{list(first.shape)} and {list(values.shape)}"
            hint = "set a height and width, or a crop, in preprocessor_config.json"
            raise UserError("an image processor that gives all images one size", got, hint)
        pixels[row] = values
    return EncodedImages(pixels, labels, sizer.factor, sizer.shift)
