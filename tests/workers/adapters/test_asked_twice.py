"""DeBERTa asks its linears of a layer twice: of the states, and of its table of distances."""

from typing import Any

import pytest
import torch
from torch import nn

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.adapters.comparisons import Comparison
from peftsearch.workers.adapters.experts import Experts
from peftsearch.workers.models.backbone import Backbone
from tests.workers.families import save_model
from tests.workers.lives import batch_of, load

WIDTH = 64


@pytest.fixture(scope="module")
def deberta(tmp_path_factory: pytest.TempPathFactory) -> Backbone:
    folder = tmp_path_factory.mktemp("model")
    sizes: dict[str, Any] = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH}
    sizes |= {"share_att_key": True, "relative_attention": True, "position_buckets": 6}
    save_model(folder, "deberta-v2", kind="classification", **sizes)
    return load(folder, "classification")


def configure(backbone: Backbone, module: Module) -> Configuration:
    return Configuration((Stratum(0, backbone.anatomy.layers, (module,)),), 1e-3)


def children(backbone: Backbone, kind: type[nn.Module]) -> list[Any]:
    return [x for x in backbone.model.modules() if isinstance(x, kind)]


def test_a_comparison_is_with_the_states_that_the_layer_reads(
    deberta: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Size] = []
    forward = Comparison.forward

    def watch(self: Comparison, read: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        seen.append(read.shape)
        return forward(self, read, given)

    monkeypatch.setattr(Comparison, "forward", watch)
    batch = batch_of(deberta)
    attachment = attach(deberta, configure(deberta, Module("apt", 2)), 3)
    try:
        deberta.model(**batch).loss.backward()
        assert set(seen) == {torch.Size([*batch["input_ids"].shape, WIDTH])}
        assert len(seen) == deberta.anatomy.layers
        assert all(bool(x.table.grad.abs().sum()) for x in children(deberta, Comparison))
    finally:
        attachment.detach()


def test_experts_are_balanced_over_all_that_they_are_asked(deberta: Backbone) -> None:
    batch = batch_of(deberta)
    attachment = attach(deberta, configure(deberta, Module("lora_moe", 4, ("query", "key"))), 3)
    try:
        deberta.model(**batch)
        counts = [len(x._balances) for x in children(deberta, Experts)]
        assert counts == [2] * 2 * deberta.anatomy.layers
        deberta.model(**batch)
        assert [len(x._balances) for x in children(deberta, Experts)] == counts
        each = [list(x._balances) for x in children(deberta, Experts)]
        told = [float(x.take_balance().detach()) for x in children(deberta, Experts)]
        assert told == pytest.approx([float((a + b).detach()) / 2 for a, b in each])
        assert all(x.take_balance() is None for x in children(deberta, Experts))
    finally:
        attachment.detach()
