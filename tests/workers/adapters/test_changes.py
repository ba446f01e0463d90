"""Changes of one linear that are our own: their start, what they compute, what is frozen."""

import itertools
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import Linear
from peftsearch.spaces.techniques.change_rows import CHANGE_ROWS
from peftsearch.spaces.techniques.technique import Technique
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.adapters.change_kinds import (
    CompetingKernel,
    FrozenInner,
    Kernel,
    OrthogonalInner,
    Tucker,
    orthogonal_rows,
)
from peftsearch.workers.adapters.changes import Change
from peftsearch.workers.adapters.ring_change import RingChange, ring, turned
from peftsearch.workers.runtime.seeds import stream
from tests.workers.tiny import load, save_model

LINEAR = Linear(path="linear", inputs=24, outputs=36, bias=True)
KINDS: list[Any] = [Tucker, FrozenInner, OrthogonalInner, Kernel, CompetingKernel, RingChange]
RANK = 4


def make(kind: Any, seed: int = 0, moved: float = 0.0) -> Change:
    """A change of `LINEAR`, its parameters moved away from the start by noise."""
    found: Change = kind(LINEAR, RANK, 0.0)
    found.start(stream(seed, "draws"), lambda purpose: stream(0, purpose))
    noise = torch.Generator().manual_seed(9)
    for parameter in found.parameters():
        parameter.data += moved * torch.randn(parameter.shape, generator=noise)
    return found.train(False)


def weight() -> torch.Tensor:
    return torch.randn(36, 24, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", KINDS)
def test_untrained_it_changes_nothing_to_the_last_bit(kind: Any) -> None:
    assert torch.equal(make(kind).change(weight()), torch.zeros(36, 24))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_token_gains_is_the_change_of_the_weight(kind: Any) -> None:
    child, x = make(kind, moved=0.1), torch.randn(2, 3, 24)
    change = child.change(weight())
    assert change.abs().max() > 1e-5
    torch.testing.assert_close(
        child(x, weight()), functional.linear(x, change), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_learns_after_a_first_step(kind: Any) -> None:
    child = make(kind, moved=0.1)
    child(torch.randn(5, 24), weight()).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in child.parameters())


def test_only_what_is_saved_differs_between_seeds() -> None:
    one, two = make(FrozenInner, 1), make(FrozenInner, 2)
    assert torch.equal(one.get_buffer("down"), two.get_buffer("down"))
    kernels = make(Kernel, 1), make(Kernel, 2)
    assert torch.equal(*(x.get_parameter("inputs") for x in kernels))
    turned_by = make(OrthogonalInner, 1), make(OrthogonalInner, 2)
    assert not torch.equal(*(x.get_buffer("rows") for x in turned_by))


def test_rows_are_those_of_one_orthogonal_matrix() -> None:
    signs = torch.tensor([1.0, -1.0]).repeat(12)
    whole = orthogonal_rows(torch.arange(24), signs)
    torch.testing.assert_close(whole @ whole.T, torch.eye(24), atol=1e-5, rtol=0)
    long = orthogonal_rows(torch.tensor([0, 1, 4000, 4095]), torch.ones(4096))
    torch.testing.assert_close(long @ long.T, torch.eye(4), atol=1e-5, rtol=0)


def test_adapters_without_a_row_in_common_do_not_meet() -> None:
    first, second = (make(OrthogonalInner, seed, moved=0.5) for seed in (1, 3))
    rows = torch.arange(8, dtype=torch.int32)
    for child, own in ((first, rows[:4]), (second, rows[4:])):
        child.load_state_dict({"rows": own}, strict=False)
    product = first.change(weight()) @ second.change(weight()).T
    assert first.change(weight()).abs().max() > 0.1 and product.abs().max() < 1e-4


def test_a_kernel_is_the_difference_of_distances() -> None:
    child = make(Kernel, moved=0.1)
    assert isinstance(child, Kernel)
    found = child.kernel()
    for i, j in itertools.product(range(0, 36, 7), range(0, 24, 5)):
        near = [(child.outputs[h, i] - child.inputs[h, j]).norm() for h in (0, 1)]
        torch.testing.assert_close(found[i, j], 0.1 * (near[0] - near[1]))


def test_a_tenth_of_the_entries_survives_by_its_magnitude() -> None:
    child = make(CompetingKernel, moved=0.1)
    assert isinstance(child, CompetingKernel)
    whole, found = Kernel.kernel(child), child.kernel()
    kept = found != 0
    assert kept.sum() == found.numel() - round(0.9 * found.numel())
    assert whole.abs()[kept].min() > whole.abs()[~kept].max()
    torch.testing.assert_close(found[kept], (whole * whole.abs())[kept])


def test_rings_are_traces_and_turns_are_kronecker_products() -> None:
    child = make(RingChange, moved=0.3)
    assert isinstance(child, RingChange)
    written = [core for core in child.written]
    read = [core for core in child.read]
    assert [len(x) for x in read] == [2, 3, 4] and [len(x) for x in written] == [3, 3, 4]
    found = child.residual()
    for i, j in itertools.product(range(0, 36, 5), range(0, 24, 7)):
        places = (i // 12, i // 4 % 3, i % 4), (j // 12, j // 4 % 3, j % 4)
        cores = [x[k] for x, k in zip((*written, *read), itertools.chain(*places), strict=True)]
        torch.testing.assert_close(found[i, j], reduce(torch.matmul, cores).trace())
    whole = reduce(torch.kron, [torch.eye(len(x)) + x for x in child.turn])
    torch.testing.assert_close(
        turned(weight(), child.turn), weight() @ whole, atol=1e-5, rtol=1e-5
    )
    assert ring([torch.ones(2, 1, 1)]).shape == (2, 1, 1)


@pytest.mark.parametrize("row", CHANGE_ROWS, ids=lambda row: str(row.name))
def test_a_model_of_sixteen_bits_freezes_the_same(row: Technique, tmp_path: Path) -> None:
    """So that an adapter that was trained in one format is the same in another."""
    folder, module = save_model(tmp_path / "model", "bert"), Module(row.name, 4, ("query",))
    frozen = []
    for dtype in (torch.float32, torch.bfloat16):
        backbone = load(folder)
        torch.nn.Module.to(backbone.model, dtype)
        configuration = Configuration((Stratum(0, backbone.anatomy.layers, (module,)),), 1e-3)
        attachment = attach(backbone, configuration, 0)
        children = [child for _, _, child in attachment.additions.changes.children]
        assert all(p.dtype == torch.float32 for x in children for p in x.parameters())
        frozen.append([dict(x.named_buffers()) | dict(x.named_parameters()) for x in children])
        attachment.detach()
    for one, two in zip(*frozen, strict=True):
        assert all(torch.equal(one[name], two[name]) for name in one)
