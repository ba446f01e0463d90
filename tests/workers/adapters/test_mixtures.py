"""Many techniques of `peft` on one model at once."""

import numpy as np
import pytest
import torch

from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.configurations.groups import injected_groups
from peftsearch.workers.adapters import injection as injection_module
from peftsearch.workers.adapters.injection import Injection
from peftsearch.workers.adapters.masks import skip_calibration
from tests.workers.injections import (
    ROWS,
    anatomy_of,
    inject,
    make_mixture,
    make_model,
    parameters_of,
    predict,
    structure_of,
    train,
    values_of,
)


@pytest.mark.parametrize("part", range(3))
def test_many_techniques_share_one_model(part: int) -> None:
    anatomy = anatomy_of("bert")
    configuration = make_mixture(part, anatomy)
    assert sum(map(len, configuration.profile)) == len(ROWS[part::3])
    model = make_model("bert")
    before, structure = values_of(model), structure_of(model)
    injection = inject(model, "bert", configuration, seed=3)
    parameters = parameters_of(injection, configuration, "bert")
    assert sum(p.numel() for p in parameters.values()) == trainable_parameters(
        configuration, anatomy
    )
    start = {key: p.detach().clone() for key, p in parameters.items()}
    train(model, "bert", parameters)
    assert [key for key, p in parameters.items() if torch.equal(p, start[key])] == []
    predictions = predict(model, "bert")

    again = inject(fresh := make_model("bert"), "bert", configuration, 99, skip_calibration)
    again.load_state(injection.state())
    for key, parameter in parameters_of(again, configuration, "bert").items():
        parameter.data.copy_(parameters[key])
    assert torch.equal(predict(fresh, "bert"), predictions)

    injection.remove()
    model.requires_grad_(False)
    assert structure_of(model) == structure
    assert all(torch.equal(x, before[key]) for key, x in values_of(model).items())


@pytest.mark.parametrize("part", range(3))
def test_initial_values_depend_on_the_seed_alone(part: int) -> None:
    configuration = make_mixture(part, anatomy_of("bert"))

    def initial(seed: int) -> dict[str, torch.Tensor]:
        injection = inject(make_model("bert"), "bert", configuration, seed)
        return dict(parameters_of(injection, configuration, "bert")) | injection.state()

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


def test_an_error_within_injection_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    model, anatomy = make_model("bert"), anatomy_of("bert")
    configuration = make_mixture(0, anatomy)
    before, structure = values_of(model), structure_of(model)
    monkeypatch.setattr(injection_module, "mask_layers", lambda *_: 1 / 0)
    groups = injected_groups(configuration, anatomy)
    injection = Injection.prepare(model, groups)
    with pytest.raises(ZeroDivisionError):
        injection.inject(groups, anatomy, 0, skip_calibration)
    injection.remove()
    model.requires_grad_(False)
    assert structure_of(model) == structure
    assert all(torch.equal(x, before[key]) for key, x in values_of(model).items())
