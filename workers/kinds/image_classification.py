"""Classes of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.data.sources import Table
from peftsearch.workers.data.task_rows import Split

from .classification import Classification
from .programs import score_image

if TYPE_CHECKING:
    from peftsearch.workers.batches.image_encoding import EncodedImages


class ImageClassification(Classification):
    """One class for each image."""

    def read(self, task: TaskSpec, table: Table, classes: Sequence[str]) -> Split:
        """The images; what tells one from others is the hash of its pixels."""
        from peftsearch.workers.data.images import read_images

        images = read_images(table, str(task.image))
        labels = self.read_labels(task, table, classes)
        return Split([(image.sha256,) for image in images], labels, images=images)

    def name_row(self, task: TaskSpec) -> tuple[str, str]:
        """What messages call a row and its label."""
        return "image", "label"

    def encode(self, task: TaskSpec, processor: Any, split: Split) -> EncodedImages:
        """The images at the model's size."""
        from peftsearch.workers.batches.image_encoding import encode_images

        return encode_images(processor, split.images, self.labels(split))

    def tell_inputs(self, task: TaskSpec) -> str:
        """Who prepares them."""
        return "Images are prepared by the base model's image processor."

    def program(self, task: TaskSpec, cached: bool = True) -> str:
        """The image by its processor."""
        return score_image()


WORK = ImageClassification()
