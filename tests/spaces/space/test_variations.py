"""Parts left out, and modules at other places."""

from collections import Counter

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes
from peftsearch.spaces.space.variations import drop_each, move_modules
from tests.anatomies import BERT

BIASES, SMALL = Module("bitfit"), Module("lora", 4, ("query",))
LARGE = Module("lora", 8, ("query", "value"))
MIXED = Configuration(
    (Stratum(0, 2), Stratum(2, 4, (BIASES, SMALL)), Stratum(4, 6, (LARGE,))), 1e-3
)


def test_each_stratum_and_each_technique_is_left_out_once() -> None:
    found = {x.name: x.configuration.profile for x in drop_each(MIXED)}
    assert list(found) == [
        "without layers 2-3",
        "without layers 4-5",
        "without bitfit",
        "without lora",
    ]
    assert found["without layers 2-3"] == ((), (), (), (), (LARGE,), (LARGE,))
    assert found["without bitfit"] == ((), (), (SMALL,), (SMALL,), (LARGE,), (LARGE,))
    assert found["without lora"] == ((), (), (BIASES,), (BIASES,), (), ())


def test_a_single_part_leaves_the_probe_and_the_probe_has_none() -> None:
    alone = Configuration((Stratum(0, 6, (LARGE,), (1, 3, 5)),), 1e-3)
    (dropped,) = drop_each(alone)
    assert dropped.name == "without layers 1,3,5" and dropped.configuration.frozen
    assert drop_each(Configuration((Stratum(0, 6),), 1e-3)) == []


def test_virtual_tokens_are_a_part() -> None:
    tokens = Configuration((Stratum(0, 6, (BIASES,)),), 1e-3, input=Module("prompt", 4))
    names = [x.name for x in drop_each(tokens)]
    assert names == ["without layers 0-5", "without virtual tokens"]


def test_other_places_carry_the_same_in_other_layers() -> None:
    found = move_modules(MIXED, BERT, 3, 0)
    keys = {x.configuration.key for x in found}
    assert [x.name for x in found] == ["place 1", "place 2", "place 3"]
    assert len(keys) == 3 and MIXED.key not in keys
    for moved in found:
        assert Counter(moved.configuration.profile) == Counter(MIXED.profile)
        assert adapter_bytes(moved.configuration, BERT) == adapter_bytes(MIXED, BERT)
    assert found == move_modules(MIXED, BERT, 3, 0) != move_modules(MIXED, BERT, 3, 1)


def test_what_lies_in_all_layers_alike_has_no_other_place() -> None:
    assert move_modules(Configuration((Stratum(0, 6, (LARGE,)),), 1e-3), BERT, 3, 0) == []
    one = Configuration((Stratum(0, 5), Stratum(5, 6, (LARGE,))), 1e-3)
    assert len(move_modules(one, BERT, 20, 0)) == 5
