"""What a person would not pay for earns nothing."""

from typing import Any

import pytest

from peftsearch.records.trial import Proposal, Trial
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.search.goals.reference_point import ReferencePoint, find_reference_point
from peftsearch.spaces.configurations.configuration import Configuration, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes, export_bytes
from peftsearch.spaces.families.anatomy import HeadTensor
from peftsearch.spaces.jobspec.spec import JobSpec
from tests.anatomies import BERT
from tests.floors import prepare
from tests.specs import make_spec

from .jobs import lora, make_trial

HEADED = BERT.model_copy(update={"head": (HeadTensor(name="classifier.weight", shape=(2, 384)),)})


def wanting(**objectives: Any) -> JobSpec:
    return make_spec(objectives=objectives, anatomy=HEADED, space={"preset": "lora"})


def reference(**objectives: Any) -> ReferencePoint:
    return find_reference_point(wanting(**objectives), [])


def gain(spec: JobSpec, *results: tuple[Configuration, float]) -> float:
    trials: list[Trial] = [
        make_trial(i, Proposal(x, i, "search"), quality) for i, (x, quality) in enumerate(results)
    ]
    return hypervolume(spec, trials, prepare(0.77))


def test_what_is_free_costs_alike() -> None:
    found = reference(cost="adapter_bytes", free_below="100 KB")
    assert found.axis(1) == found.axis(100_000) == 5.0
    assert found.axis(200_000) > 5.0


def test_of_two_free_ones_the_worse_earns_nothing() -> None:
    small, better = lora(1), lora(2)
    assert adapter_bytes(better, BERT) < 100_000
    both = [(small, 0.80), (better, 0.82)]
    free = wanting(cost="adapter_bytes", free_below="100 KB")
    assert gain(free, *both) == gain(free, both[1])
    told_apart = wanting(cost="adapter_bytes", free_below="0")
    assert gain(told_apart, *both) > gain(told_apart, both[1])


@pytest.mark.parametrize(
    ("cost", "share"), [("adapter_bytes", 1), ("export_bytes", 2), ("trainable_parameters", 0.25)]
)
def test_by_default_an_adapter_as_large_as_what_ships_without_it_is_free(
    cost: str, share: float
) -> None:
    anatomy = HEADED.model_copy(
        update={"head": (HeadTensor(name="classifier.weight", shape=(12, 384)),)}
    )
    bare = export_bytes(Configuration((Stratum(0, 6),), 1e-3), anatomy)
    section = {"cost": cost, "bounds": ["adapter_bytes <= 100 MB"]}
    spec = make_spec(objectives=section, anatomy=anatomy, space={"preset": "strata"})
    assert find_reference_point(spec, []).cheapest == pytest.approx(share * bare)


@pytest.mark.parametrize("cost", ["trainable_parameters", "backward_depth"])
def test_nothing_is_free_where_no_head_is_known_or_the_cost_is_no_size(cost: str) -> None:
    anatomy = HEADED if cost == "backward_depth" else BERT
    found = [
        find_reference_point(
            make_spec(objectives={"cost": cost, "free_below": said}, anatomy=anatomy), []
        )
        for said in ("auto", "0")
    ]
    assert found[0] == found[1]


def test_a_large_head_leaves_most_of_the_axis() -> None:
    huge = HEADED.model_copy(
        update={"head": (HeadTensor(name="classifier.weight", shape=(1000, 384)),)}
    )
    spec = make_spec(anatomy=huge, space={"preset": "strata"})
    found = find_reference_point(spec, [])
    assert found.axis(found.cost) - found.axis(0) > 2


def test_beyond_what_is_worth_anything_nothing_is_earned() -> None:
    dear = lora(32)
    usual = gain(wanting(cost="adapter_bytes"), (dear, 0.9))
    limit = f"{adapter_bytes(dear, BERT)} B"
    assert usual > 0
    assert gain(wanting(cost="adapter_bytes", worth_up_to=limit), (dear, 0.9)) == 0
    more = f"{2 * adapter_bytes(dear, BERT)} B"
    assert gain(wanting(cost="adapter_bytes", worth_up_to=more), (dear, 0.9)) > 0


def test_more_may_be_free_than_the_space_has() -> None:
    found = reference(cost="adapter_bytes", free_below="1 GB")
    assert found.cheapest == found.cost / 2
