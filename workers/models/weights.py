"""Whether loaded weights hold what the anatomy says, and what was pre-trained."""

import math
from collections.abc import Mapping

from transformers import PreTrainedModel

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy, Linear
from peftsearch.spaces.kinds.kind import TaskKind


def check_weights(
    model: PreTrainedModel,
    anatomy: Anatomy,
    kind: TaskKind,
    heads: tuple[str, ...],
    fresh: set[str],
) -> None:
    """Refuse a model that cannot be adapted for the task.

    Args:
        heads: Names of the modules of the task head.
        fresh: Names of tensors that the checkpoint lacked or had in other shapes.

    Raises:
        UserError: There is no head, a pre-trained tensor is missing, or the model contradicts the
            anatomy.
    """
    _check_head(model, kind, heads, fresh)
    _check_layers(anatomy, kind, fresh)
    _check_shapes(model, anatomy)


def _check_head(
    model: PreTrainedModel, kind: TaskKind, heads: tuple[str, ...], fresh: set[str]
) -> None:
    if not kind.form.fresh_head:
        lost = sorted(fresh - set(getattr(model, "all_tied_weights_keys", None) or ()))
        if lost:
            raise UserError(
                "weights with every tensor, as a language model has no fresh ones",
                f"none for {lost[0]}",
                f"use a checkpoint that was pre-trained for {kind.name}",
            )
    elif not heads:
        raise UserError(
            "a model with a head named classifier, score or classification_head",
            type(model).__name__,
            "use a family with a classifier",
        )


def _check_layers(anatomy: Anatomy, kind: TaskKind, fresh: set[str]) -> None:
    if kind.form.causal and not anatomy.causal:
        raise UserError(
            f"a decoder for {kind.name}",
            f"family {anatomy.family!r}",
            "use another model or task.kind",
        )
    bodies = tuple(stack.layer_path.split("{layer}")[0] for stack in anatomy.stacks)
    if lost := sorted(key for key in fresh if key.startswith(bodies) or "embed" in key):
        raise UserError(
            "weights with every tensor of the model's layers",
            f"none for {lost[0]}",
            "download the model again",
        )


def _check_shapes(model: PreTrainedModel, anatomy: Anatomy) -> None:
    shapes = {name: tuple(x.shape) for name, x in model.named_parameters()}
    for layer in range(anatomy.layers):
        for path, shape in _expected_shapes(anatomy, layer).items():
            name = anatomy.module(layer, path)
            got = shapes.get(name)
            if not _agree(got, shape, path in anatomy.locate(layer)[0].others):
                raise UserError(
                    f"{name} of shape {list(shape)}, as model.anatomy says",
                    "no such tensor" if got is None else f"{list(got)}",
                    "correct model.anatomy",
                )


def _agree(got: tuple[int, ...] | None, shape: tuple[int, ...], sized: bool) -> bool:
    """Of tensors that are neither linear, bias nor norm, the anatomy says the size alone."""
    return got is not None and (math.prod(got) == shape[0] if sized else got == shape)


def _expected_shapes(anatomy: Anatomy, layer: int) -> Mapping[str, tuple[int, ...]]:
    stack, index = anatomy.locate(layer)
    vectors = stack.biases(index) | stack.norm_tensors(index) | dict(stack.others)
    matrices = {f"{x.path}.weight": _weight_shape(x) for x in stack.linears.values()}
    return matrices | {path: (size,) for path, size in vectors.items()}


def _weight_shape(linear: Linear) -> tuple[int, int]:
    if linear.transposed:
        return linear.inputs, linear.outputs
    return linear.outputs, linear.inputs
