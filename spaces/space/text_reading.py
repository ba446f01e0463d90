"""Prompts that are made from a whole text, and jobs whose model is to predict that text."""

from collections.abc import Iterable

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.table import technique


def check_reading(names: Iterable[str], anatomy: Anatomy, kind: str) -> None:
    """Refuse techniques that read a text whole where a causal model is trained to predict it: the
    prompt in front would tell the answer, in training alone.

    Raises:
        UserError: One of the techniques does.
    """
    if find_kind(kind).form.fresh_head or not anatomy.causal:
        return
    reading = sorted(name for name in names if technique(name).reads_text)
    if reading:
        raise UserError(
            f"for {kind} techniques that do not read the text that is to be predicted",
            ", ".join(reading),
            "use another technique there, or a kind with a head of its own",
        )
