"""A closed space holds exactly what a list says, in the coordinates of the list."""

from typing import Any

import numpy as np
import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.extremes import maximum_cost
from peftsearch.spaces.space.feasibility import check_bounds, estimate_share
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.nearest import Nearest
from peftsearch.spaces.space.neighbours import neighbours
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT
from tests.specs import make_spec

QUERY = ("query",)
LISTED = (
    Configuration((Stratum(0, 6),), 1e-3),
    Configuration((Stratum(0, 6, (Module("lora", 4, QUERY),)),), 1e-3),
    Configuration((Stratum(0, 3), Stratum(3, 6, (Module("lora", 16, QUERY),))), 3e-3),
    Configuration((Stratum(0, 6, (Module("bitfit"),), (3, 4, 5)),), 2e-3),
)


def make(*listed: Configuration, **sections: Any) -> Space:
    space = {"configurations": [x.to_json() for x in listed or LISTED]}
    return make_space(make_spec(space=space, **sections))


def test_what_means_one_training_counts_once() -> None:
    split = Stratum(0, 2, (Module("lora", 4, QUERY),)), Stratum(2, 6, (Module("lora", 4, QUERY),))
    space = make(*LISTED, Configuration(split, 1e-3))
    assert [x.key for x in space.members] == [x.key for x in LISTED]
    assert count_bases(space) == 4


def test_nothing_but_the_list_may_be_proposed() -> None:
    space, rng = make(), np.random.default_rng(0)
    assert {space.sample(rng).key for _ in range(60)} == {x.key for x in LISTED}
    other = Configuration(LISTED[1].strata, 2e-3)
    assert not space.feasible(other)
    with pytest.raises(UserError, match="a configuration of the list"):
        space.validate(other)
    assert neighbours(space, LISTED[1]) == []


def test_every_member_has_a_point_in_the_coordinates_of_the_list() -> None:
    space = make()
    assert all(encode(space, x) is not None for x in LISTED)
    assert dict(space.ladders) == {"lora": (4, 16)}
    assert space.placements == ("all", "upper")


def test_the_nearest_member_to_its_own_point_is_itself() -> None:
    space = make()
    nearest = Nearest(space)
    for member in LISTED:
        point = encode(space, member, np.random.default_rng(int(member.key, 16)))
        assert point is not None
        assert nearest.find(point) == member
        found = nearest.find(point, lambda x, member=member: x != member)  # type: ignore[misc]
        assert found in LISTED
    assert nearest.find([0] * len(space.dimensions), lambda x: False) is None


def test_costs_are_those_of_the_list() -> None:
    dearest = max(trainable_parameters(x, BERT) for x in LISTED)
    assert maximum_cost(make(), "trainable_parameters") == dearest


def test_bounds_leave_members_out() -> None:
    lora = trainable_parameters(LISTED[1], BERT)
    space = make(objectives={"bounds": [f"trainable_parameters <= {lora}"]})
    check_bounds(space)
    assert [space.feasible(x) for x in LISTED] == [True, True, False, True]
    share = estimate_share(space)
    assert (share.met, share.of) == (2, 3)
    with pytest.raises(UserError, match="a bound on trainable_parameters that some adapter"):
        check_bounds(make(objectives={"bounds": ["trainable_parameters <= 5"]}))


def test_other_keys_beside_a_list_are_refused() -> None:
    space = {"configurations": [LISTED[1].to_json()], "ranks": [4]}
    with pytest.raises(UserError, match="no other key of .space. beside configurations") as found:
        make_spec(space=space)
    assert found.value.where == "space.ranks"


@pytest.mark.parametrize("value", [[], 3, ["x"], [[1]], {}, ""])
def test_what_is_no_list(value: Any) -> None:
    with pytest.raises(UserError, match="a file or a list of configurations"):
        make_spec(space={"configurations": value})


def test_a_try_outside_the_list_is_refused() -> None:
    other = Configuration(LISTED[1].strata, 2e-3)
    with pytest.raises(UserError, match="a configuration of the list"):
        make(tries=[other])
    assert make(tries=LISTED[:2]).members == LISTED
