"""What holds for every technique that adds modules to a model."""

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.configurations.cost import trainable_parameters
from tests.workers.subjects import (
    MODELS,
    ROWS,
    SIZE,
    Subject,
    added,
    make_subject,
    shake,
    trace,
    trained,
)


def _fits(family: str, technique: str) -> bool:
    return ROWS[technique].input is None or family not in ("vit", "t5")


CASES = [(family, name) for family in MODELS for name in ROWS if _fits(family, name)]
each_case = pytest.mark.parametrize(("family", "technique"), CASES)


@each_case
def test_formula_equals_the_number_of_parameters(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    configuration = subject.only(technique)
    with added(subject, configuration) as additions:
        parameters = trained(additions)
        named = dict(subject.model.named_parameters())
    assert sum(x.numel() for x in parameters.values()) == trainable_parameters(
        configuration, subject.anatomy
    )
    assert all(named[name] is parameter for name, parameter in parameters.items())


@each_case
def test_gradient_reaches_every_parameter(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    with added(subject, subject.only(technique)) as additions:
        parameters = shake(additions)
        subject.model(**subject.batch).logits.square().mean().backward()
        dead = [k for k, v in parameters.items() if v.grad is None or not v.grad.any()]
    assert parameters
    assert not dead


@each_case
def test_saved_tensors_give_the_same_predictions(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    before, configuration = subject.predict(), subject.only(technique)
    with added(subject, configuration) as additions:
        saved = {name: x.detach().clone() for name, x in shake(additions).items()}
        state, expected = additions.state(), subject.predict()
    with added(subject, configuration, seed=9) as additions:
        parameters = trained(additions)
        assert parameters.keys() == saved.keys()
        additions.load_state(state)
        for name, parameter in parameters.items():
            parameter.data.copy_(saved[name])
        assert torch.equal(subject.predict(), expected)
    assert (expected - before).abs().max() > 1e-3


@each_case
def test_removal_leaves_no_trace(
    family: str, technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects[family]
    before, prediction = trace(subject.model), subject.predict()
    weights = {name: x.clone() for name, x in subject.model.state_dict().items()}
    with added(subject, subject.only(technique)) as additions:
        shake(additions)
        assert trace(subject.model) != before
        additions.remove()
        assert trace(subject.model) == before
    assert trace(subject.model) == before
    after = subject.model.state_dict()
    assert all(torch.equal(weights[name], after[name]) for name in weights | after)
    assert torch.equal(subject.predict(), prediction)


def test_an_error_half_way_leaves_no_trace(
    subjects: dict[str, Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = subjects["llama"]
    before = trace(subject.model)
    modules = (Module("parallel", SIZE), Module("prefix", SIZE), Module("serial", SIZE))
    configuration = subject.configure(*modules, token=Module("prompt", SIZE))
    monkeypatch.setattr(subject.model, "get_input_embeddings", lambda: None)
    with pytest.raises(AttributeError), added(subject, configuration):
        raise AssertionError
    monkeypatch.undo()
    assert trace(subject.model) == before


@pytest.mark.parametrize("technique", list(ROWS))
def test_initial_values_depend_on_the_seed_alone(
    technique: str, subjects: dict[str, Subject]
) -> None:
    subject, drawn = subjects["bert"], []
    for state, seed in enumerate((5, 5, 6)):
        torch.manual_seed(state)
        before = torch.get_rng_state()
        with added(subject, subject.only(technique), seed) as additions:
            held = [*trained(additions).values(), *additions.state().values()]
            drawn.append(torch.cat([x.detach().flatten() for x in held]))
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("technique", list(ROWS))
def test_mixed_precision_trains_every_parameter(
    technique: str, subjects: dict[str, Subject]
) -> None:
    subject = subjects["llama"]
    with added(subject, subject.only(technique)) as additions:
        parameters = shake(additions)
        with torch.autocast("cpu", torch.bfloat16):
            logits = subject.model(**subject.batch).logits
        logits.float().square().mean().backward()
        grads = [x.grad for x in parameters.values()]
    assert all(x is not None and x.isfinite().all() and x.any() for x in grads)


def test_additions_take_the_dtype_of_the_model() -> None:
    subject = make_subject("llama", "classification")
    subject.model.to(torch.bfloat16)
    modules = [Module(name, SIZE) for name in ("compacter", "parallel", "prefix", "serial")]
    configuration = subject.configure(*modules, token=Module("p_tuning", SIZE))
    with added(subject, configuration) as additions:
        assert {x.dtype for x in trained(additions).values()} == {torch.bfloat16}
        assert subject.predict().isfinite().all()
