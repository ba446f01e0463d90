"""What reads the text for prompts that are made from it: the model's own frozen embeddings, or a
job's encoder."""

from peftsearch.spaces.families.anatomy import Anatomy

from .technique import Technique


def reads_by_encoder(row: Technique | None, anatomy: Anatomy) -> bool:
    """Whether the job's encoder makes what a technique adds; False where it has none."""
    return row is not None and row.by_encoder and anatomy.encoder is not None


def input_sizes(row: Technique, anatomy: Anatomy, capacity: int) -> tuple[int, ...]:
    """Width of the embeddings, how many virtual tokens, and the width of what an encoder reads,
    where it does: what formulas of virtual tokens are given."""
    width = anatomy.embedding or 0
    if not row.by_encoder or anatomy.encoder is None:
        return width, capacity
    return width, capacity, anatomy.encoder.hidden
