"""What a builder does to a model, and builders that are wrong."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import nn

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.techniques import table
from peftsearch.spaces.techniques.technique import Technique
from peftsearch.workers.adapters.sites import Changes, Site
from tests.workers.subjects import Subject, added, make_subject, trace

ROW = Technique(
    "shift",
    "shifts the MLP's outputs",
    "outputs",
    "this test",
    group="bias",
    layer=lambda stack, capacity: stack.linears["mlp_out"].outputs,
    build=f"{__name__}:add_shift",
)


class Shift(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), 0.5))


def add_shift(site: Site) -> None:
    linear = site.linear("mlp_out")
    child = Shift(site.stack.linears["mlp_out"].outputs)
    site.put(f"{site.layer}.shift", child, linear)
    hook = linear.register_forward_hook(lambda module, inputs, output: output + child.weight)
    site.changes.hook([hook])
    site.merge(lambda: linear.bias.data.add_(child.weight.data))


def add_silently(site: Site) -> None:
    site.put(f"{site.layer}.shift", Shift(4), site.model)


@pytest.fixture
def subject() -> Subject:
    return make_subject("bert", "classification")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Lets a row be one of the table while the test runs."""
    table.technique.cache_clear()
    yield monkeypatch
    table.technique.cache_clear()


def _add_row(install: pytest.MonkeyPatch, row: Technique) -> None:
    install.setitem(table.TECHNIQUES.own, row.name, row)


def test_merging_leaves_a_plain_model_that_does_the_same(
    subject: Subject, install: pytest.MonkeyPatch
) -> None:
    _add_row(install, ROW)
    before, plain = subject.predict(), trace(subject.model)
    with added(subject, subject.configure(Module("shift"))) as additions:
        moved = subject.predict()
        assert not torch.equal(moved, before)
        additions.merge()
        assert trace(subject.model) == plain
        torch.testing.assert_close(subject.predict(), moved)


def test_a_row_that_merges_must_say_how(subject: Subject, install: pytest.MonkeyPatch) -> None:
    _add_row(install, replace(ROW, build=f"{__name__}:add_silently"))
    plain = trace(subject.model)
    with (
        pytest.raises(UserError, match="never calls site.merge"),
        added(subject, subject.configure(Module("shift"))),
    ):
        pass
    assert trace(subject.model) == plain


def test_what_cannot_be_imported_is_named(subject: Subject, install: pytest.MonkeyPatch) -> None:
    _add_row(install, replace(ROW, build="nowhere_at_all:add"))
    with (
        pytest.raises(UserError, match="`build` of shift; got nowhere_at_all:add: ModuleNotFound"),
        added(subject, subject.configure(Module("shift"))),
    ):
        pass


def test_a_part_of_the_model_is_not_replaced(subject: Subject) -> None:
    changes, name = Changes(subject.model), f"{subject.anatomy.layer_name(0)}.output"
    with pytest.raises(ValueError, match="shift: the model has .*output already"):
        changes.put(Module("shift"), name, Shift(4), subject.model)
    assert changes.children == []


def test_what_is_shared_is_made_once_and_forgotten(subject: Subject) -> None:
    changes = Changes(subject.model)
    first: list[int] = changes.share("key", list)
    assert changes.share("key", list) is first
    changes.revert()
    assert changes.share("key", list) is not first
