"""Every technique of `peft` on real tiny models: counts, training, files, merging, no trace."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from peftsearch.spaces.anatomy import Anatomy, Linear, Stack
from peftsearch.spaces.configuration import Configuration, Module, Stratum
from peftsearch.spaces.cost import adapter_bytes, trainable_parameters
from peftsearch.spaces.errors import UserError
from peftsearch.spaces.families import read_anatomy
from peftsearch.spaces.fitting import misfit
from peftsearch.spaces.techniques import TECHNIQUES, Technique
from peftsearch.workers import injection as injection_module
from peftsearch.workers.injection import Injection, injected_groups
from peftsearch.workers.masks import Calibrate, skip_calibration

from .families import IMAGE_SIZE, SIZES, VISION, build_model

ROWS = [row for row in TECHNIQUES.values() if row.injects and row.peft]
CORE = [row.name for row in ROWS if row.status == "core"]
EXPERIMENTAL = [row.name for row in ROWS if row.status == "experimental"]
ROTATION = ("bert", "llama", "gpt2", "vit")
T5 = {"d_model": 64, "d_kv": 16, "d_ff": 128}
CHANGES: dict[str, dict[str, Any]] = {
    "distilbert": {"dim": 64, "hidden_dim": 128},
    "gpt2": {"n_embd": 64, "n_inner": 128},
    "t5": T5,
    "mt5": T5,
}
WIDE = {"hidden_size": 64, "intermediate_size": 128}


def _kind(family: str) -> str:
    return "image_classification" if family in VISION else "classification"


@cache
def _anatomy(family: str) -> Anatomy:
    return read_anatomy(_model(family).config.to_dict(), _kind(family))


def _model(family: str) -> Any:
    changes = CHANGES.get(family, WIDE) | ({} if family in VISION else {"pad_token_id": 0})
    model = build_model(family, _kind(family), **changes).eval()
    return model.requires_grad_(False)


def _modules(name: str, anatomy: Anatomy) -> list[Module]:
    """One module for each of the two smallest capacities, on all roles that take both."""
    row, stacks = TECHNIQUES[name], anatomy.stacks
    roles = [x for x in row.roles or tuple(anatomy.linears) if x in anatomy.linears]
    found: list[Module] = []
    for capacity in row.capacities or (0,):
        fit = tuple(x for x in roles if not any(misfit(row, s, (x,), capacity) for s in stacks))
        found += [Module(name, capacity, fit)] if fit else []
    return found[:2]


def _configure(name: str, anatomy: Anatomy) -> Configuration | None:
    """Layer 0 frozen, then both capacities; None where the row fits no linear."""
    modules = _modules(name, anatomy)
    if not modules:
        return None
    strata = (
        Stratum(0, 1),
        Stratum(1, 2, (modules[0],)),
        Stratum(2, anatomy.layers, (modules[-1],)),
    )
    return Configuration(strata, 1e-3)


def _rotate() -> Iterator[tuple[str, str]]:
    """Each experimental row with one family that it fits."""
    for i, name in enumerate(EXPERIMENTAL):
        turned = [ROTATION[(i + k) % len(ROTATION)] for k in range(len(ROTATION))]
        yield next((family, name) for family in turned if _configure(name, _anatomy(family)))


CASES: list[Any] = [(family, name) for name in CORE for family in ("bert", "llama")]
CASES += _rotate()
OTHERS: list[Any] = [
    pytest.param(family, name, marks=pytest.mark.matrix)
    for name in (*CORE, *EXPERIMENTAL)
    for family in SIZES
    if (family, name) not in CASES and _configure(name, _anatomy(family))
]


def _batch(family: str) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    if family in VISION:
        return {"pixel_values": torch.randn(6, 3, IMAGE_SIZE, IMAGE_SIZE, generator=draw)}
    tokens = torch.randint(3, 32, (6, 9), generator=draw)
    tokens[:, -1] = 2  # T5 classifies by its last end token
    return {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}


def _loss(model: Any, family: str) -> Any:
    return model(**_batch(family), labels=torch.arange(6) % 2).loss


def _predict(model: Any, family: str) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = model(**_batch(family)).logits
    return logits


def _inject(
    model: Any,
    family: str,
    configuration: Configuration,
    seed: int,
    calibrate: Calibrate | None = None,
) -> Injection:
    """Ready to train: calibrated on the batch, and nothing but its parameters trained."""
    groups = injected_groups(configuration, _anatomy(family))
    injection = Injection.prepare(model, groups)
    calibrate = calibrate or (lambda: _loss(model, family).backward())
    injection.inject(groups, _anatomy(family), seed, calibrate)
    model.requires_grad_(False)
    for parameter in _parameters(injection, configuration, family).values():
        parameter.requires_grad_(True)
    return injection


def _parameters(
    injection: Injection, configuration: Configuration, family: str
) -> dict[str, nn.Parameter]:
    groups = injected_groups(configuration, _anatomy(family))
    return {k: p for x in groups.values() for k, p in injection.parameters(x).items()}


def _train(model: Any, family: str, parameters: dict[str, nn.Parameter]) -> None:
    optimizer = torch.optim.Adam(parameters.values(), lr=1e-2)
    for _ in range(3):
        _loss(model, family).backward()
        optimizer.step()
        optimizer.zero_grad()


def _structure(model: Any) -> list[Any]:
    modules = [
        (name, id(x), type(x), x.training, sorted(vars(x)), len(x._forward_hooks))
        for name, x in model.named_modules()
    ]
    return modules + [(name, id(x), x.requires_grad) for name, x in model.named_parameters()]


def _values(model: Any) -> dict[str, torch.Tensor]:
    return {name: x.clone() for name, x in model.state_dict().items()}


@pytest.mark.parametrize(("family", "name"), CASES + OTHERS)
def test_technique_trains_saves_reloads_merges_and_leaves_no_trace(family: str, name: str) -> None:
    anatomy = _anatomy(family)
    configuration = _configure(name, anatomy)
    assert configuration is not None
    model = _model(family)
    untouched, before, structure = _predict(model, family), _values(model), _structure(model)
    names = [key for key, _ in model.named_parameters()]

    injection = _inject(model, family, configuration, seed=3)
    parameters = _parameters(injection, configuration, family)
    assert sum(p.numel() for p in parameters.values()) == trainable_parameters(
        configuration, anatomy
    )
    start = {key: p.detach().clone() for key, p in parameters.items()}
    _train(model, family, parameters)
    assert [key for key, p in parameters.items() if torch.equal(p, start[key])] == []
    predictions = _predict(model, family)
    assert not torch.equal(predictions, untouched)
    trained = {key: p.detach().clone() for key, p in parameters.items()}
    state = injection.state()
    saved = sum(x.nbytes for x in (*trained.values(), *state.values()))
    assert saved == adapter_bytes(configuration, anatomy)

    injection.remove()
    model.requires_grad_(False)
    assert _structure(model) == structure
    assert all(torch.equal(x, before[key]) for key, x in _values(model).items())

    model = _model(family)
    again = _inject(model, family, configuration, seed=99, calibrate=skip_calibration)
    again.load_state({key: torch.zeros_like(tensor) for key, tensor in state.items()})
    again.load_state(state)
    loaded = _parameters(again, configuration, family)
    assert list(loaded) == list(trained)
    for key, parameter in loaded.items():
        parameter.data.copy_(trained[key])
    assert torch.equal(_predict(model, family), predictions)

    if TECHNIQUES[name].merges:
        again.merge()
        again.remove()
        assert [key for key, _ in model.named_parameters()] == names
        torch.testing.assert_close(_predict(model, family), predictions, atol=1e-4, rtol=1e-4)


def _mixture(part: int, anatomy: Anatomy) -> Configuration:
    """A third of all rows at once, each on one role of one layer that it fits."""
    free = [(layer, role) for layer in range(anatomy.layers) for role in sorted(anatomy.linears)]
    carried: list[list[Module]] = [[] for _ in range(anatomy.layers)]
    for row in ROWS[part::3]:
        for layer, role in free:
            fits = [x for x in _modules(row.name, anatomy) if role in x.roles]
            if fits:
                carried[layer].append(Module(row.name, fits[0].capacity, (role,)))
                free.remove((layer, role))
                break
    strata = tuple(Stratum(i, i + 1, tuple(modules)) for i, modules in enumerate(carried))
    return Configuration(strata, 1e-3)


@pytest.mark.parametrize("part", range(3))
def test_many_techniques_share_one_model(part: int) -> None:
    anatomy = _anatomy("bert")
    configuration = _mixture(part, anatomy)
    assert sum(map(len, configuration.profile)) == len(ROWS[part::3])
    model = _model("bert")
    before, structure = _values(model), _structure(model)
    injection = _inject(model, "bert", configuration, seed=3)
    parameters = _parameters(injection, configuration, "bert")
    assert sum(p.numel() for p in parameters.values()) == trainable_parameters(
        configuration, anatomy
    )
    start = {key: p.detach().clone() for key, p in parameters.items()}
    _train(model, "bert", parameters)
    assert [key for key, p in parameters.items() if torch.equal(p, start[key])] == []
    predictions = _predict(model, "bert")

    again = _inject(fresh := _model("bert"), "bert", configuration, 99, skip_calibration)
    again.load_state(injection.state())
    for key, parameter in _parameters(again, configuration, "bert").items():
        parameter.data.copy_(parameters[key])
    assert torch.equal(_predict(fresh, "bert"), predictions)

    injection.remove()
    model.requires_grad_(False)
    assert _structure(model) == structure
    assert all(torch.equal(x, before[key]) for key, x in _values(model).items())


@pytest.mark.parametrize("part", range(3))
def test_initial_values_depend_on_the_seed_alone(part: int) -> None:
    configuration = _mixture(part, _anatomy("bert"))

    def initial(seed: int) -> dict[str, torch.Tensor]:
        injection = _inject(_model("bert"), "bert", configuration, seed)
        return dict(_parameters(injection, configuration, "bert")) | injection.state()

    torch.manual_seed(1)
    first, numbers = initial(5), torch.random.get_rng_state()
    drawn = np.random.get_state()[1].copy()  # type: ignore[index]
    torch.rand(17)
    second, other = initial(5), initial(6)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)
    torch.manual_seed(1)
    assert torch.equal(numbers, torch.random.get_rng_state())
    assert (drawn == np.random.get_state()[1]).all()  # type: ignore[index]


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
    fit = [x for x in tried if row.misfit(linear, x) is None]
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


def test_an_error_within_injection_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    model, anatomy = _model("bert"), _anatomy("bert")
    configuration = _mixture(0, anatomy)
    before, structure = _values(model), _structure(model)
    monkeypatch.setattr(injection_module, "mask_layer", lambda *_: 1 / 0)
    groups = injected_groups(configuration, anatomy)
    injection = Injection.prepare(model, groups)
    with pytest.raises(ZeroDivisionError):
        injection.inject(groups, anatomy, 0, skip_calibration)
    injection.remove()
    model.requires_grad_(False)
    assert _structure(model) == structure
    assert all(torch.equal(x, before[key]) for key, x in _values(model).items())


@pytest.mark.parametrize("name", ["sparse_magnitude", "sparse_gradient"])
def test_sparse_rows_train_the_entries_that_they_name(name: str) -> None:
    model = _model("bert")
    configuration = Configuration(
        (Stratum(0, 2), Stratum(2, 3, (Module(name, 10, ("query",)),))), 1e-3
    )
    (path,) = next(iter(injected_groups(configuration, _anatomy("bert")).values()))
    weight = model.get_submodule(path).weight.requires_grad_(True)
    _loss(model, "bert").backward()
    scores = weight if name == "sparse_magnitude" else weight.grad
    best = scores.detach().abs().flatten().topk(40).indices.sort().values
    weight.requires_grad_(False).grad = None
    injection = _inject(model, "bert", configuration, seed=0)
    assert injection.state()[f"{path}.entries"].tolist() == best.tolist()


def test_gradient_masks_ask_for_a_calibration_pass_or_saved_entries() -> None:
    model, anatomy = _model("bert"), _anatomy("bert")
    configuration = _configure("sparse_gradient", anatomy)
    assert configuration is not None
    groups = injected_groups(configuration, anatomy)
    structure = _structure(model)
    injection = Injection.prepare(model, groups)
    for calibrate in (None, lambda: None):
        with pytest.raises(UserError, match="training batches"):
            injection.inject(groups, anatomy, 0, calibrate)
        injection.remove()
        assert _structure(model) == structure
    injection.inject(groups, anatomy, 0, skip_calibration)
    with pytest.raises(UserError, match="skipped"):
        _predict(model, "bert")
    injection.load_state(injection.state())
    assert _predict(model, "bert").isfinite().all()
