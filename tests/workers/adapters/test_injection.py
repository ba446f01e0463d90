"""Every technique of `peft` on real tiny models: counts, training, files, merging, no trace."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import adapter_bytes, trainable_parameters
from peftsearch.spaces.configurations.groups import injected_groups
from peftsearch.spaces.families.anatomy import Anatomy, Linear, Stack
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique
from peftsearch.workers.adapters.injection import Injection
from peftsearch.workers.adapters.masks import skip_calibration
from tests.workers.families import SIZES
from tests.workers.injections import (
    ROWS,
    anatomy_of,
    configure,
    inject,
    make_model,
    parameters_of,
    predict,
    structure_of,
    train,
    values_of,
)

CORE = [row.name for row in ROWS if row.status == "core"]
EXPERIMENTAL = [row.name for row in ROWS if row.status == "experimental"]
ROTATION = ("bert", "llama", "gpt2", "vit")


def _rotate() -> Iterator[tuple[str, str]]:
    """Each experimental row with one family that it fits."""
    for i, name in enumerate(EXPERIMENTAL):
        turned = [ROTATION[(i + k) % len(ROTATION)] for k in range(len(ROTATION))]
        yield next((family, name) for family in turned if configure(name, anatomy_of(family)))


CASES: list[Any] = [(family, name) for name in CORE for family in ("bert", "llama")]
CASES += _rotate()
OTHERS: list[Any] = [
    pytest.param(family, name, marks=pytest.mark.matrix)
    for name in (*CORE, *EXPERIMENTAL)
    for family in SIZES
    if (family, name) not in CASES and configure(name, anatomy_of(family))
]


@pytest.mark.parametrize(("family", "name"), CASES + OTHERS)
def test_technique_trains_saves_reloads_merges_and_leaves_no_trace(family: str, name: str) -> None:
    anatomy = anatomy_of(family)
    configuration = configure(name, anatomy)
    assert configuration is not None
    model = make_model(family)
    untouched, before, structure = predict(model, family), values_of(model), structure_of(model)
    names = [key for key, _ in model.named_parameters()]

    injection = inject(model, family, configuration, seed=3)
    parameters = parameters_of(injection, configuration, family)
    assert sum(p.numel() for p in parameters.values()) == trainable_parameters(
        configuration, anatomy
    )
    start = {key: p.detach().clone() for key, p in parameters.items()}
    train(model, family, parameters)
    there = {key: p for key, p in parameters.items() if p.numel()}  # pooled: may be none
    assert [key for key, p in there.items() if torch.equal(p, start[key])] == []
    predictions = predict(model, family)
    assert not torch.equal(predictions, untouched)
    trained = {key: p.detach().clone() for key, p in parameters.items()}
    state = injection.state()
    saved = sum(x.nbytes for x in (*trained.values(), *state.values()))
    assert saved == adapter_bytes(configuration, anatomy)

    injection.remove()
    model.requires_grad_(False)
    assert structure_of(model) == structure
    assert all(torch.equal(x, before[key]) for key, x in values_of(model).items())

    model = make_model(family)
    again = inject(model, family, configuration, seed=99, calibrate=skip_calibration)
    again.load_state({key: torch.zeros_like(tensor) for key, tensor in state.items()})
    again.load_state(state)
    loaded = parameters_of(again, configuration, family)
    assert list(loaded) == list(trained)
    for key, parameter in loaded.items():
        parameter.data = trained[key].clone()  # pooled: in the file's shape
    assert torch.equal(predict(model, family), predictions)

    if TECHNIQUES[name].merges:
        again.merge()
        again.remove()
        assert [key for key, _ in model.named_parameters()] == names
        torch.testing.assert_close(predict(model, family), predictions, atol=1e-4, rtol=1e-4)


@settings(max_examples=120, deadline=None)
@given(
    row=st.sampled_from(ROWS),
    inputs=st.integers(2, 96),
    outputs=st.integers(2, 96),
    bias=st.booleans(),
    data=st.data(),
)
def test_formula_holds_for_a_linear_of_any_shape(
    row: Technique, inputs: int, outputs: int, bias: bool, data: st.DataObject
) -> None:
    linear = Linear(path="linear", inputs=inputs, outputs=outputs, bias=bias)
    tried = (*row.capacities, *range(1, 30)) if row.capacities else (0,)
    fit = [x for x in tried if row.restriction(linear, x) is None]
    assume(fit)
    stack = Stack(layers=1, layer_path="{layer}", linears={"key": linear}, norms=())
    anatomy = Anatomy(family="bare", hidden=inputs, stacks=(stack,))
    module = Module(row.name, data.draw(st.sampled_from(fit)), ("key",))
    configuration = Configuration((Stratum(0, 1, (module,)),), 1e-3)
    model = nn.Sequential(nn.ModuleDict({"linear": nn.Linear(inputs, outputs, bias)}))
    groups = injected_groups(configuration, anatomy)
    injection = Injection.prepare(model, groups)
    injection.inject(groups, anatomy, 0, skip_calibration)
    parameters = injection.parameters(["0.linear"]).values()
    assert sum(p.numel() for p in parameters) == trainable_parameters(configuration, anatomy)
    assert sum(x.nbytes for x in (*parameters, *injection.state().values())) == adapter_bytes(
        configuration, anatomy
    )
