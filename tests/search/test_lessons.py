"""What a job takes over from the fronts of earlier ones."""

from dataclasses import replace

import pytest

from peftsearch.errors import UserError
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.preparation import Floor, Lesson, Preparation
from peftsearch.search.design import make_design
from peftsearch.search.learnt_trials import learnt
from peftsearch.search.lessons import find_taught, learn
from peftsearch.search.proposals import propose
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.space.presets import make_space
from tests.anatomies import BERT, LLAMA
from tests.spaces.strategies import SPACES
from tests.specs import make_spec

from .jobs import PREPARED, lora

SPACE = SPACES["strata"]
SPEC = make_spec("source")


def point(configuration: Configuration, accuracy: float) -> FrontPoint:
    """One of a front, by its size."""
    size = float(trainable_parameters(configuration, BERT))
    values = {"accuracy": accuracy, "trainable_parameters": size}
    return FrontPoint(configuration.key, configuration, values, (0,), 1)


def teach(*ranks: int) -> Lesson:
    """A lesson of LoRA of some ranks, the larger the better."""
    return learn("source", SPEC, [point(lora(x), 0.7 + x / 100) for x in ranks], PREPARED)


def test_what_holds_most_of_the_hypervolume_comes_first() -> None:
    front = [point(lora(1), 0.71), point(lora(2), 0.84), point(lora(16), 0.85)]
    lesson = learn("source", SPEC, front, PREPARED)
    found = find_taught(SPACE, [lesson])
    assert [x.key for x in found] == [lora(x).key for x in (2, 16, 1)]
    assert lesson.job == "source"


def test_what_does_not_beat_the_floor_teaches_nothing() -> None:
    front = [point(lora(1), 0.69), point(lora(2), 0.7)]
    assert learn("source", SPEC, front, PREPARED).configurations == ()
    above = Preparation((Floor("features", "frozen features", {"accuracy": 0.9}, 0.01),))
    assert learn("source", SPEC, [point(lora(2), 0.84)], above).configurations == ()
    assert learn("source", SPEC, [], None).configurations == ()


def test_it_fits_models_of_another_depth_and_family() -> None:
    upper = Configuration((Stratum(0, 3), Stratum(3, 6, (Module("lora", 8, ("query",)),))), 1e-3)
    space = make_space(make_spec(anatomy=LLAMA))
    lesson = learn("source", SPEC, [point(upper, 0.8)], PREPARED)
    (found,) = find_taught(space, [lesson])
    half = LLAMA.layers // 2
    assert [bool(layer) for layer in found.profile] == [False] * half + [True] * half


def test_they_train_as_they_did_or_nearly() -> None:
    spec = make_spec(training={"epochs": [1, 2, 4], "dropout": [0.0, 0.1]})
    long = replace(lora(8), training=Hyperparameters(epochs=4.0, dropout=0.1))
    lesson = learn("source", spec, [point(long, 0.8)], PREPARED)
    assert [x.key for x in find_taught(make_space(spec), [lesson])] == [long.key]
    other = make_space(make_spec(training={"epochs": [1, 3], "batch_size": [8, 16, 32]}))
    (found,) = find_taught(other, [lesson])
    assert found.training.said == {"epochs": 3.0, "batch_size": 16}


def test_jobs_take_turns_and_doubles_count_once() -> None:
    frozen = learn("probe", SPEC, [point(Configuration((Stratum(0, 6),), 1e-3), 0.8)], PREPARED)
    unreadable = Lesson("later", ({"strata": [{"modules": [{"technique": "unheard"}]}]},))
    one, other = teach(1, 8), teach(8, 32)
    found = find_taught(SPACE, [frozen, one, unreadable, other])
    assert found[0].key == find_taught(SPACE, [one])[0].key
    assert [x.key for x in found] == list(dict.fromkeys(x.key for x in found))
    assert {x.key for x in found} == {lora(x).key for x in (1, 8, 32)}


@pytest.mark.parametrize(("trials", "taught"), [(4, 1), (10, 2), (25, 5), (200, 5)])
def test_they_take_a_fifth_of_the_budget_and_learnt_ones_fill_up(trials: int, taught: int) -> None:
    spec = make_spec(trials=trials, search={"design": 20})
    design = make_design(spec, SPACE, [teach(1, 2, 4, 8, 16, 32)])
    filled = max(0, len(learnt(SPACE)) - taught)
    origins = ["probe"] + ["earlier"] * taught + ["learnt"] * filled
    assert [origin for _, origin in design.fixed] == origins


def test_a_search_begins_with_them() -> None:
    prepared = replace(PREPARED, lessons=(teach(2, 8),))
    spec = make_spec(trials=25, search={"recipes": "none"})
    proposals = propose(spec, [], 3, 0, prepared)
    assert [x.origin for x in proposals] == ["probe", "earlier", "earlier"]


def test_a_lesson_is_read_as_it_was_written() -> None:
    prepared = replace(PREPARED, lessons=(teach(2, 8),))
    assert Preparation.from_json(prepared.to_json()) == prepared
    assert "lessons" not in PREPARED.to_json()


def test_what_no_model_of_that_depth_has_is_not_taught() -> None:
    """A damaged record would stay in the new job, and end every search for its proposals."""
    short = Configuration((Stratum(0, 4, (Module("lora", 8, ("query",)),)),), 1e-3)
    for wrong in (short, replace(lora(8), learning_rate=-1.0), replace(lora(8), strata=())):
        assert (
            learn(
                "source", SPEC, [replace(point(lora(8), 0.8), configuration=wrong)], PREPARED
            ).configurations
            == ()
        )


@pytest.mark.parametrize("said", [[], ["auto", "a"], ["none", "a"], [""], ["a\0"], ["\ud800"]])
def test_only_names_are_among_names(said: list[str]) -> None:
    with pytest.raises(UserError, match="learn_from"):
        make_spec(search={"learn_from": said})
    if said:
        with pytest.raises(UserError, match="learn_from"):
            make_spec().learning_from(tuple(said))


def test_who_names_jobs_says_nothing_else() -> None:
    """What a job file did not say, a later version's default may still replace."""
    spec = make_spec(search={"design": 3}).learning_from(("a", "b", "a"))
    assert spec.search.sources == ("a", "b")
    assert spec.search.model_fields_set == {"design", "learn_from"}


def test_one_name_may_stand_alone() -> None:
    assert make_spec(search={"learn_from": "a"}).search.sources == ("a",)
    assert make_spec(search={"learn_from": ["a", "b", "a"]}).search.sources == ("a", "b")
    assert make_spec().search.sources == make_spec(search={"learn_from": "none"}).search.sources
