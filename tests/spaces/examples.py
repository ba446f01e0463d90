"""Modules and random configurations of six layers that the tests of `spaces` share."""

from hypothesis import strategies as st

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import read_anatomy

BERT_LARGE = read_anatomy(
    {
        "model_type": "bert",
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
    }
)


def resize(anatomy: Anatomy, layers: int) -> Anatomy:
    """The same layers, as many of them in the first stack."""
    first = anatomy.stacks[0].model_copy(update={"layers": layers})
    return anatomy.model_copy(update={"stacks": (first, *anatomy.stacks[1:])})


LORA = Module("lora", 4, ("query", "value"))
BITFIT = Module("bitfit")
IA3 = Module("ia3", 0, ("key", "value", "mlp_out"))

_MODULES = st.lists(
    st.sampled_from(
        [
            BITFIT,
            IA3,
            LORA,
            Module("frozen"),
            Module("ln_tuning"),
            Module("lora", 0, ("mlp_in",)),
            Module("dora", 2, ("attention_output",)),
            Module("rslora", 8, ("mlp_in",)),
            Module("lora", 4, ("mlp_out",), 3.0),
        ]
    ),
    max_size=3,
)


@st.composite
def configurations(draw: st.DrawFn, layers: int = 6) -> Configuration:
    """Strata that tile `layers` layers, empty ones among them, some with a placement."""
    inner = sorted(draw(st.lists(st.integers(0, layers), max_size=3)))
    edges = [0, *inner, layers]
    strata = []
    for start, stop in zip(edges, edges[1:], strict=False):
        inside = st.sets(st.sampled_from(range(start, stop))) if start < stop else st.none()
        placed = draw(st.none() | inside)
        modules = tuple(draw(_MODULES))
        layers_kept = None if placed is None else tuple(sorted(placed))
        strata.append(Stratum(start, stop, modules, layers_kept))
    return Configuration(tuple(strata), draw(st.sampled_from([1e-4, 1e-3, 3e-3])))
