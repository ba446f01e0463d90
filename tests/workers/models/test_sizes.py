"""Sizes that the weights do not have are refused before anything of them is allocated."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from peftsearch.errors import UserError
from peftsearch.records.preparation import HeadChoice
from peftsearch.spaces.configurations.head_tensors import POOLED
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.models.backbone import load_backbone
from peftsearch.workers.models.chosen_head import use_head
from peftsearch.workers.models.sizes import check_size, count_base, foresee_base, foresee_heads
from tests.workers.families import VISION
from tests.workers.tiny import ALL_FAMILIES, complete, load, save_model, spec_on

from .configs import change

HUGE = 10**9
GIBIBYTE = 2**30


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Fails who allocates more than 2 GiB beyond what the process holds."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with Path("/proc/self/statm").open() as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + 2 * GIBIBYTE, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(
    ("family", "key"),
    [
        ("bert", "vocab_size"),
        ("bert", "hidden_size"),
        ("bert", "intermediate_size"),
        ("bert", "max_position_embeddings"),
        ("bert", "num_hidden_layers"),
        ("bert", "num_labels"),
        ("llama", "vocab_size"),
        ("gpt2", "n_positions"),
        ("t5", "d_ff"),
    ],
)
@pytest.mark.usefixtures("little_memory")
def test_a_size_that_no_machine_holds(tmp_path: Path, family: str, key: str) -> None:
    folder = save_model(tmp_path / "m", family)
    change(folder, **{key: HUGE})
    with pytest.raises(UserError, match=r"config\.json") as caught:
        load(folder)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_a_model_is_as_large_as_its_weights(tmp_path: Path, family: str) -> None:
    """Of every family: nothing that loads is refused."""
    kind = find_kind("image_classification" if family in VISION else "classification")
    check_size(save_model(tmp_path / "m", family, kind=kind.name), kind, 3)


@pytest.mark.parametrize(("key", "value"), [("layers", 0), ("layers", 10**6), ("hidden", -4)])
def test_an_anatomy_beyond_measure_is_no_spec(
    folders: dict[str, Path], key: str, value: int
) -> None:
    data = complete(spec_on(folders["bert"])).to_json()
    part = data["model"]["anatomy"] if key == "hidden" else data["model"]["anatomy"]["stacks"][0]
    part[key] = value
    with pytest.raises(UserError, match="layers"):
        parse_spec(data)


@pytest.mark.parametrize(
    ("family", "kind", "pooled"),
    [
        ("bert", "classification", False),
        ("bert", "classification", True),
        ("vit", "image_classification", True),
        ("gpt2", "causal_lm", False),
    ],
)
def test_the_frozen_weights_are_foreseen_as_a_worker_counts_them(
    tmp_path: Path, family: str, kind: str, pooled: bool
) -> None:
    folder, row = save_model(tmp_path / "m", family, kind=kind), find_kind(kind)
    backbone = load_backbone(spec_on(folder, task={"train": "t", "kind": kind}), 2, "cpu")
    use_head(backbone, HeadChoice("mean" if pooled else "model", "random"), {})
    held = count_base(backbone.model, backbone.heads, backbone.dtype)
    assert foresee_base(folder, row, 2, pooled, backbone.dtype) == held


@pytest.mark.parametrize("family", ["bert", "roberta", "llama", "t5"])
def test_heads_are_foreseen_as_loading_finds_them(family: str, tmp_path: Path) -> None:
    kind = find_kind("classification")
    folder = save_model(tmp_path / "model", family)
    assert foresee_heads(folder, kind, 2) == (*load(folder).heads, POOLED)
    assert foresee_heads(folder, find_kind("causal_lm"), 1) == ()


def test_a_pooler_that_the_files_lack_may_be_of_the_head(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "model", "bert")
    held = load_file(folder / "model.safetensors")
    renamed = {
        name.removeprefix("bert.").replace("LayerNorm.weight", "LayerNorm.gamma"): x
        for name, x in held.items()
        if "pooler" not in name and "classifier" not in name
    }
    save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
    found = foresee_heads(folder, find_kind("classification"), 2)
    assert set(found) == {"bert.pooler.dense", "classifier", POOLED}
