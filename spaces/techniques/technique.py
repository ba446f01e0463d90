"""What one row of the techniques table says; the rows are in `table`.

Rows are read without torch, so that what runs on tensors is named by its import path,
`package.module:object`, and imported by a worker when it builds the technique.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from peftsearch.spaces.families.anatomy import Linear, Stack

from .activations import Activations
from .products import TRAINED, Products
from .saved import Saved

NOMINAL_RATE = 1e-3
"""Rate that the searched learning rate is relative to: LoRA's nominal rate."""

LinearCount = Callable[[Linear, str, int], int]
"""A number for one linear in a role at a capacity."""


@dataclass(frozen=True)
class Group:
    """Techniques that train the like, which charts colour alike.

    Attributes:
        title: For people.
        trains: What its techniques train.
    """

    title: str
    trains: str


GROUPS: Mapping[str, Group] = {
    "frozen": Group("Frozen", "nothing"),
    "bias": Group("Bias", "biases"),
    "norm": Group("Norm", "norms"),
    "scale": Group("Rescaling", "factors on activations"),
    "lowrank": Group("Low rank", "a change of low rank"),
    "orthogonal": Group("Orthogonal", "rotations and reflections"),
    "bottleneck": Group("Bottleneck", "small networks beside the linears"),
    "prompt": Group("Prompt and prefix", "virtual tokens, or virtual keys and values"),
    "sparse": Group(
        "Sparse", "few entries of a matrix, coefficients in another basis and circulant blocks too"
    ),
    "full": Group("Full", "the backbone's own tensors"),
}


def _always_fits(linear: Linear, capacity: int) -> str | None:
    return None


@dataclass(frozen=True)
class Technique:
    """One adapter type. A row acts in one or more of four ways: it wraps linears (`linear`), adds
    modules to a layer (`layer`), trains tensors of the backbone (`tensors`), or adds virtual
    tokens to the model's input (`input`).

    Attributes:
        name: How job files, the database and the CLI call it.
        summary: One line for people.
        formula: Trainable parameters of one adapted linear (or layer, or model), for people.
        source: The paper.
        group: One of `GROUPS`.
        status: `core` rows are tested in full; `experimental` ones until users have trained them.
        capacities: Ladder of its sizes, ascending; empty where the technique has one size only.
        capacity_name: What the capacity is, in words.
        rate: Nominal learning rate.
        rates: Those of single tensors that differ from it, by the end of their names.
        linear: Trained parameters that adapting one linear adds.
        layer: Trained parameters that one layer gains from modules beside its linears.
        shared: Trained parameters once per capacity, however many linears it adapts.
        tensors: Base tensors of a layer that it trains, path to size; the layer's index counts
            within its stack.
        input: Trained parameters of `capacity` virtual tokens, given the width of the embeddings.
        by_encoder: Whether a job's encoder may read the text in place of its embeddings. Then
            `input`, `of_sequence`, `of_batch`, `saved.input` and the module class take the width
            of what it reads as a further argument (`encoders.input_sizes`).
        of_sequence: Multiplications by which each sequence makes its virtual tokens, given the
            same, in a forward and a backward pass together.
        of_batch: The same of each batch.
        reads_text: Whether what it adds in front of a text is made from all of that text: a
            language model would be told what it is to predict.
        stored: Bytes that are saved for one linear beside its trained parameters.
        held: Bytes of frozen tensors of one linear that are made again and not saved.
        saved: Names and shapes of the tensors that a file of weights holds of it; None of one that
            trains the backbone's own tensors, and of one that does not say: then files of more
            than its trained parameters are claimed generously, and filled up to the claim.
        activations: What it keeps of a forward pass until the backward pass, at most.
        products: Matrix products that it adds to a training, but for gradients of the backbone's
            own matrices.
        dropping: What it keeps instead where it drops out; None of a row that has a dropout and
            does not say: then more than most keep is claimed.
        dropping_products: Products instead where it drops out; None where they are the same.
        roles: Fixed target roles; None where the roles are searched.
        peft: Name of the `peft` config class; None for a technique of our own.
        arguments: Keyword arguments of that class at a capacity, targets apart.
        dropout: The argument of that class that is the share to leave out while it trains; of a
            technique of our own `site`, whose `dropout` its builder reads. None: it has no
            dropout.
        role_arguments: Its arguments that take the names of the linears in some roles.
        capacity_pattern: Its argument that gives single linears a capacity of their own, where one
            configuration can hold several capacities.
        beside_peft: By the name of another technique's class, the arguments of it that say this
            technique beside that one.
        kept: Attributes of the wrapped linear, of one tensor for each adapter, that are saved
            beside what is trained: what was drawn, or what a decomposition gave (another machine
            finds other signs).
        entries: Import path of the function that chooses the entries of a matrix that are trained,
            `capacity` per mille of them (`workers/adapters/masks.py`).
        calibrates: Whether it chooses them by gradients over training batches; of virtual tokens,
            whether they start as the words of such batches.
        pooled: Whether the linears of one module share what they train as the training finds best:
            their sum is the formula's, or less; each alone may have more or none.
        hook: Import path of what it does between the steps of a training, a `Hook`
            (`workers/hooks/hook.py`).
        build: Import path of what builds a technique of our own. For virtual tokens a module class
            of (capacity, embeddings, generator), whose `forward` may ask for the embeddings of the
            text and its mask (`workers/adapters/text_prompts.py`); else a function of a `Site`
            (`workers/adapters/sites.py`), called for each layer that carries it.
        order: Among techniques of our own, those of a lower one act first on a linear's output.
        alters: Whether wrapping a linear changes its weight at once; the worker puts it back.
        fused: Whether it may wrap a matrix that fuses several roles.
        transposed: Whether it may wrap a linear that stores its weight transposed.
        restriction: Why one linear cannot be adapted at a capacity; None where it can.
        layer_restriction: Why the layers of a stack cannot carry it at a capacity; None where they
            can.
        merges: Whether its effect folds into the backbone's own tensors.
        exports: Whether one `peft` configuration can hold it, so that `peft` alone loads it.
        peft_as: Name of the row that `peft` can hold it as, where its change of a linear is the
            product of that row's two thin matrices; its own file is smaller or keeps more.
        identity: Whether a model that carries it untrained predicts what it predicts without.
    """

    name: str
    summary: str
    formula: str
    source: str
    group: str
    status: Literal["core", "experimental"] = "core"
    capacities: tuple[int, ...] = ()
    capacity_name: str = "rank"
    rate: float = NOMINAL_RATE
    rates: Mapping[str, float] = field(default_factory=dict)
    linear: LinearCount | None = None
    layer: Callable[[Stack, int], int] | None = None
    shared: Callable[[int], int] | None = None
    tensors: Callable[[Stack, int], Mapping[str, int]] | None = None
    input: Callable[..., int] | None = None
    by_encoder: bool = False
    of_sequence: Callable[..., int] | None = None
    of_batch: Callable[..., int] | None = None
    reads_text: bool = False
    stored: LinearCount | None = None
    held: LinearCount | None = None
    saved: Saved | None = None
    activations: Activations = Activations()
    products: Products = TRAINED
    dropping: Activations | None = None
    dropping_products: Products | None = None
    roles: tuple[str, ...] | None = None
    peft: str | None = None
    arguments: Callable[[int], Mapping[str, Any]] = field(default=lambda capacity: {})
    dropout: str | None = None
    role_arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    capacity_pattern: str | None = None
    beside_peft: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    entries: str | None = None
    calibrates: bool = False
    pooled: bool = False
    hook: str | None = None
    build: str | None = None
    order: int = 0
    alters: bool = False
    fused: bool = True
    transposed: bool = True
    restriction: Callable[[Linear, int], str | None] = _always_fits
    layer_restriction: Callable[[Stack, int], str | None] = field(
        default=lambda stack, capacity: None
    )
    merges: bool = True
    exports: bool = False
    peft_as: str | None = None
    identity: bool = True

    def __post_init__(self) -> None:
        """Refuse what no worker could build.

        Raises:
            ValueError: Says of which row, and why.
        """
        if not re.fullmatch("[a-z][a-z0-9_]*+", self.name) or self.name == "none":
            raise ValueError(f"{self.name!r} is no name of lower-case letters, digits and _")
        if self.group not in GROUPS:
            raise ValueError(f"{self.name}: group {self.group!r} is none of {', '.join(GROUPS)}")
        ladder = (0, *self.capacities)
        if any(low >= high for low, high in pairwise(ladder)):
            raise ValueError(f"{self.name}: capacities {self.capacities} do not ascend from 1 on")
        if not 0 < self.rate < math.inf:
            raise ValueError(f"{self.name}: {self.rate} is no learning rate")
        if self.roles == ():
            raise ValueError(f"{self.name}: it names no roles; None leaves them to the search")
        acts_apart = self.layer is not None or self.input is not None
        if acts_apart and not self.build or self.injects and not (self.peft or self.build):
            raise ValueError(f"{self.name}: neither `peft` nor `build` says how it is built")
        if not (self.adapts or self.input) and GROUPS[self.group].trains != "nothing":
            raise ValueError(f"{self.name}: it trains nothing, which group {self.group} does")

    @property
    def writes_base(self) -> bool:
        """Whether it trains tensors of the backbone itself."""
        return self.tensors is not None

    @property
    def injects(self) -> bool:
        """Whether it wraps linears of the backbone."""
        return self.linear is not None

    @property
    def adapts(self) -> bool:
        """Whether a layer that carries it differs from a frozen one."""
        return self.injects or self.writes_base or self.layer is not None

    @property
    def on_server(self) -> str:
        """What a server must hold of it beside the frozen model and the head: nothing, where it
        acts on input embeddings alone, which whoever asks can make; `merged weights`; or
        `adapter`."""
        if self.input is not None or not self.adapts:
            return "nothing"
        return "merged weights" if self.merges else "adapter"

    def keeps(self, dropping: bool) -> Activations:
        """What it keeps, where the configuration has a dropout or not."""
        if not (dropping and self.dropout):
            return self.activations
        return self.dropping or self.activations.dropped

    def multiplies(self, dropping: bool) -> Products:
        """The products it adds, where the configuration has a dropout or not."""
        return self.dropping_products if dropping and self.dropping_products else self.products
