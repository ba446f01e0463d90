"""Parts of a point: taken apart and put together, at the places that the dimensions name."""

from hypothesis import given

from peftsearch.spaces.space.space import Space
from tests.spaces.strategies import points


@given(points())
def test_the_parts_of_a_point_make_the_point(drawn: tuple[Space, tuple[int, ...]]) -> None:
    space, point = drawn
    assert space.layout.split(point).join() == point


@given(points())
def test_parts_are_what_the_dimensions_call_them(drawn: tuple[Space, tuple[int, ...]]) -> None:
    space, point = drawn
    named = dict(zip((name for name, _ in space.dimensions), point, strict=True))
    parts, layers = space.layout.split(point), range(space.anatomy.layers if space.masked else 0)
    assert (parts.rate, parts.input) == (named["rate"], named["input"])
    assert parts.training == tuple(named[name] for name in space.training)
    assert parts.mask == tuple(named[f"layer{x}"] for x in layers)
    assert parts.boundaries == tuple(named[f"boundary{i}"] for i in range(len(space.boundaries)))
    for i, part in enumerate(parts.strata):
        assert part.bundle == named[f"bundle{i}"]
        assert part.sizes == tuple(named[f"size{i}.{slot}"] for slot in range(space.slots))
        last = (part.roles, part.placement, part.factor)
        assert last == (named[f"roles{i}"], named[f"placement{i}"], named[f"factor{i}"])
