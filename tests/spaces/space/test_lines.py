"""Lines through a point: one coordinate changes, all others stay."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.spaces.space.layout import Point
from peftsearch.spaces.space.lines import MASK, Line, cross, lines, nearest_point, values_at
from peftsearch.spaces.space.presets import PRESETS, make_space
from peftsearch.spaces.space.space import Space
from tests.specs import make_spec

PICKS = [(preset, seed) for preset in PRESETS for seed in range(2)]


def open_space(preset: str, seed: int) -> tuple[Space, Point]:
    space = make_space(make_spec(space={"preset": preset}))
    return space, nearest_point(space, space.sample(np.random.default_rng(seed)))


def own_steps(space: Space, point: Point, line: Line) -> Iterator[str]:
    own = values_at(space, point)[line.name]
    return (x.configuration.key for x in line.steps if x.value == own)


@pytest.mark.parametrize(("preset", "seed"), PICKS)
def test_each_line_runs_through_its_configuration(preset: str, seed: int) -> None:
    space, point = open_space(preset, seed)
    found = lines(space, point)
    assert found[0].name == "rate"
    assert [x.value for x in found[0].steps] == list(space.rates)
    for line in found:
        keys = [x.configuration.key for x in line.steps]
        assert len(set(keys)) == len(keys) > 1
        if line.name != MASK:
            assert list(own_steps(space, point, line)) == [space.decode(point).key]


@pytest.mark.parametrize("preset", ["strata", "methods"])
def test_the_head_alone_is_on_its_own_line(preset: str) -> None:
    """No space proposes it, and each job trains it."""
    space = make_space(make_spec(space={"preset": preset}))
    point = nearest_point(space, Configuration((Stratum(0, space.anatomy.layers),), 1e-3))
    (line,) = lines(space, point)
    assert list(own_steps(space, point, line)) == [space.decode(point).key]
    assert {x.value for x in line.steps} > {"frozen", "lora"}


def test_a_value_that_says_the_same_as_another_is_not_shown_for_the_own() -> None:
    """Of one layer, or where neighbours are alike, several values make one configuration."""
    space = make_space(make_spec(space={"preset": "strata"}))
    rng = np.random.default_rng(0)
    for _ in range(60):
        point = nearest_point(space, space.sample(rng))
        own = values_at(space, point)
        for line in lines(space, point):
            assert own[line.name] in [x.value for x in line.steps]


def test_a_boundary_stays_between_its_neighbours() -> None:
    space = make_space(make_spec(space={"preset": "strata"}))
    point = nearest_point(space, space.sample(np.random.default_rng(3)))
    inner = space.edges(space.layout.split(point).boundaries)
    found = {x.name: [y.value for y in x.steps] for x in lines(space, point)}
    assert max(map(float, found["boundary0"])) <= inner[2]
    assert min(map(float, found["boundary1"])) >= inner[1]
    assert all(float(a) < float(b) for a, b in pairwise(found["boundary0"]))


def test_a_mask_has_one_line_of_all_its_layers() -> None:
    space, point = open_space("autopeft", 0)
    mask = next(x for x in lines(space, point) if x.name == MASK)
    assert len(mask.steps) == space.anatomy.layers
    profile = space.decode(point).profile
    for layer, step in enumerate(mask.steps):
        changed = [a != b for a, b in zip(profile, step.configuration.profile, strict=True)]
        assert changed == [i == layer for i in range(len(profile))]


def test_nothing_beyond_a_bound_is_on_a_line() -> None:
    bound = "trainable_parameters <= 20000"
    objectives = {"maximise": ["accuracy"], "minimise": ["trainable_parameters"]}
    spec = make_spec(objectives=objectives | {"bounds": [bound]}, space={"preset": "lora"})
    space = make_space(spec)
    point = nearest_point(space, space.sample(np.random.default_rng(0)))
    found = [step.configuration for line in lines(space, point) for step in line.steps]
    found += [step.configuration for _, _, step in cross(space, point, "size0.0", "roles0")]
    assert len(found) > 10 and all(map(space.feasible, found))


def test_two_lines_cross_at_each_pair_of_values() -> None:
    space, point = open_space("lora", 0)
    by_name = {x.name: x.steps for x in lines(space, point)}
    found = {(x, y): step for x, y, step in cross(space, point, "size0.0", "roles0")}
    assert len(found) == len(by_name["size0.0"]) * len(by_name["roles0"])
    rank, roles = (values_at(space, point)[name] for name in ("size0.0", "roles0"))
    along = {x.value: x.configuration.key for x in by_name["roles0"]}
    assert {y: s.configuration.key for (x, y), s in found.items() if x == rank} == along
    assert found[rank, roles].configuration.key == space.decode(point).key


def test_a_technique_without_sizes_has_none_to_cross() -> None:
    space, point = open_space("methods", 0)
    lora = next(x for x in lines(space, point)[1].steps if x.value == "lora")
    point = nearest_point(space, lora.configuration)
    found = {x for x, _, _ in cross(space, point, "bundle0", "size0.0")}
    assert "lora" in found and not {"bitfit", "ia3"} & found


def test_a_closed_space_has_no_lines() -> None:
    listed = [{"strata": [{"start": 0, "stop": 6}], "learning_rate": x} for x in (1e-3, 2e-3)]
    space = make_space(make_spec(space={"configurations": listed}))
    assert lines(space, nearest_point(space, space.members[0])) == []
