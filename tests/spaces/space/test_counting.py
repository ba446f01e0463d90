"""Sizes of spaces, against counting every point where that is possible."""

import itertools
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.spaces.configurations.placement import Bundle
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT
from tests.spaces.examples import resize
from tests.spaces.strategies import make_preset

FROZEN: tuple[Bundle, ...] = (("frozen",),)


def small_space(layers: int = 4, **changes: object) -> Space:
    fields: dict[str, object] = {
        "anatomy": resize(BERT, layers),
        "bundles": ((("frozen",), ("ia3",), ("lora",)),) * 2,
        "boundaries": ((0, layers),),
        "ladders": {"lora": (1, 2)},
        "role_sets": (("query",), ("value",)),
        "placements": ("all",),
        "rates": (1e-3,),
    }
    return Space(**(fields | changes))  # type: ignore[arg-type]


def points(space: Space) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(size) for _, size in space.dimensions))


def count_keys(space: Space) -> int:
    """Distinct configurations that adapt something."""
    decoded = map(space.decode, points(space))
    return len({configuration.key for configuration in decoded if not configuration.frozen})


@pytest.mark.parametrize(
    "space",
    [
        small_space(),
        small_space(monotone=True),
        small_space(3, boundaries=((0, 3), (0, 3)), bundles=((("ia3",), ("lora",)),) * 3),
        small_space(
            3,
            boundaries=((0, 3), (0, 3)),
            bundles=((("ia3",), ("bitfit",), ("lora",)),) * 3,
            monotone=True,
        ),
        small_space(boundaries=(), bundles=((("ia3",), ("lora",)),), masked=True),
        small_space(
            3,
            boundaries=(),
            bundles=((("lora", "bitfit"),),),
            ladders={"lora": (0, 2, 4)},
            masked=True,
        ),
    ],
    ids=["free", "monotone", "no frozen", "monotone of three", "mask", "mask with absent"],
)
def test_count_is_exact_for_plain_spaces(space: Space) -> None:
    assert count_bases(space) == count_keys(space)


def test_autopeft_counts_as_published() -> None:
    """5,446,350 valid configurations at 12 layers (Zhou et al., TACL 2024)."""
    space = make_preset("autopeft", resize(BERT, 12))
    assert count_bases(space) == 5_446_350 == (11**3 - 1) * (2**12 - 1)


def test_with_placements_it_is_the_number_of_ways_to_write_one() -> None:
    """A frozen stratum has no placement, and a technique without size no rank."""
    space = small_space(
        bundles=((("frozen",), ("ia3",)), (("bitfit",), ("lora",))),
        boundaries=((1, 3),),
        role_sets=(("query",), ("value",), ("query", "value")),
        placements=("all", "upper"),
    )
    assert count_bases(space) == 3 * (1 + 2) * (2 + 2 * 3 * 2)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=3))
def test_boundaries_ascend(ends: list[tuple[int, int]]) -> None:
    lows, highs = sorted(min(x) for x in ends), sorted(max(x) for x in ends)
    ranges = tuple(zip(lows, highs, strict=True))
    bundles = (FROZEN,) * (len(ranges) + 1)
    space = small_space(6, boundaries=ranges, bundles=bundles, placements=("all", "upper"))
    allowed = itertools.product(*(range(low, high + 1) for low, high in ranges))
    assert count_bases(space) == sum(list(cuts) == sorted(cuts) for cuts in allowed)


def test_a_deep_model_is_counted_at_once() -> None:
    space = small_space(
        128, boundaries=((0, 128),) * 5, bundles=(FROZEN,) * 6, placements=("all", "upper")
    )
    assert count_bases(space) == math.comb(128 + 5, 5)
