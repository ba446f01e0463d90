"""Prompts that are made from a whole text, and jobs whose model is to predict that text."""

from collections.abc import Iterable

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.techniques.table import TECHNIQUES, technique

from .space import Space


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


def check_encoder(spec: JobSpec, space: Space) -> None:
    """Refuse an encoder that would read no text, as nothing that the job may train asks it.

    Raises:
        UserError: Says why.
    """
    if spec.model.encoder is None:
        return
    form, where = find_kind(spec.task.kind).form, "model.encoder"
    if form.inputs != "text" or not form.fresh_head:
        expected = "an encoder where a head answers texts"
        raise UserError(expected, f"{spec.task.kind}", f"remove {where}", where)
    names = {*space.techniques}.union(*(x.techniques for x in spec.try_configurations))
    if not any(technique(name).by_encoder for name in names):
        able = ", ".join(name for name, row in TECHNIQUES.items() if row.by_encoder)
        expected = f"a technique that makes prompts by {where} ({able})"
        raise UserError(expected, "a space without", "name it in space.inputs", where)
