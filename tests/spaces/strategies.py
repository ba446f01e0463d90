"""Hypothesis strategies over configurations of the presets' spaces."""

from hypothesis import strategies as st

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT, LLAMA
from tests.specs import make_spec


def make_preset(preset: str, anatomy: Anatomy, **changes: object) -> Space:
    """Space of a preset."""
    return make_space(make_spec(anatomy=anatomy, space={"preset": preset, **changes}))


SEARCHED = {"epochs": [1, 2, 4], "batch_size": [8, 16, 32], "dropout": [0.0, 0.1]}
SPACES = {
    "strata": make_preset("strata", BERT),
    "spafit": make_preset("spafit", BERT),
    "lora": make_preset("lora", BERT),
    "llama": make_preset("strata", LLAMA),
    "four": make_preset("strata", BERT, strata=4),
    "autopeft": make_preset("autopeft", BERT),
    "rank_profile": make_preset("rank_profile", BERT),
    "masked": make_preset("strata", BERT, strata=2, mask=True, placements=["all"]),
    "monotone": make_preset("strata", BERT, strata=4, ladder="monotone", placements=["all"]),
    "factors": make_preset("strata", BERT, rate_factors=[0.3, 1.0, 3.0]),
    "inputs": make_preset("methods", BERT, inputs=["none", "prompt"]),
    "bounded": make_preset("strata", BERT, boundaries=[[1, 3], [2, 4]]),
    "searched": make_space(make_spec(training=SEARCHED)),
    "all at once": make_space(
        make_spec(training=SEARCHED, space={"strata": 2, "mask": True, "placements": ["all"]})
    ),
}


@st.composite
def points(draw: st.DrawFn) -> tuple[Space, tuple[int, ...]]:
    """A space and one of its points."""
    space = SPACES[draw(st.sampled_from(sorted(SPACES)))]
    return space, tuple(draw(st.integers(0, size - 1)) for _, size in space.dimensions)
