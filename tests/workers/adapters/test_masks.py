"""Entries that sparse techniques choose: by magnitude, and by gradients."""

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.groups import injected_groups
from peftsearch.workers.adapters.injection import Injection
from peftsearch.workers.adapters.masks import skip_calibration
from tests.workers.injections import (
    anatomy_of,
    compute_loss,
    configure,
    inject,
    make_model,
    predict,
    structure_of,
)


@pytest.mark.parametrize("name", ["sparse_magnitude", "sparse_gradient"])
def test_sparse_rows_train_the_entries_that_they_name(name: str) -> None:
    model = make_model("bert")
    configuration = Configuration(
        (Stratum(0, 2), Stratum(2, 3, (Module(name, 10, ("query",)),))), 1e-3
    )
    (path,) = next(iter(injected_groups(configuration, anatomy_of("bert")).values()))
    weight = model.get_submodule(path).weight.requires_grad_(True)
    compute_loss(model, "bert").backward()
    scores = weight if name == "sparse_magnitude" else weight.grad
    best = scores.detach().abs().flatten().topk(40).indices.sort().values
    weight.requires_grad_(False).grad = None
    injection = inject(model, "bert", configuration, seed=0)
    assert injection.state()[f"{path}.entries"].tolist() == best.tolist()


def test_gradient_masks_ask_for_a_calibration_pass_or_saved_entries() -> None:
    model, anatomy = make_model("bert"), anatomy_of("bert")
    configuration = configure("sparse_gradient", anatomy)
    assert configuration is not None
    groups = injected_groups(configuration, anatomy)
    structure = structure_of(model)
    injection = Injection.prepare(model, groups)
    for calibrate in (None, lambda: None):
        with pytest.raises(UserError, match="training batches"):
            injection.inject(groups, anatomy, 0, calibrate)
        injection.remove()
        assert structure_of(model) == structure
    injection.inject(groups, anatomy, 0, skip_calibration)
    with pytest.raises(UserError, match="skipped"):
        predict(model, "bert")
    injection.load_state(injection.state())
    assert predict(model, "bert").isfinite().all()
