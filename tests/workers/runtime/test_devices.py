import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.workers.runtime.devices import (
    autocast,
    choose_device,
    choose_precision,
    has_fast_bfloat16,
)


@pytest.mark.parametrize("name", ["no-such-device", "gpu", "", "cuda:99", "meta:x", "xpu"])
def test_unknown_device_is_one_short_line(name: str) -> None:
    with pytest.raises(UserError, match="a device of this machine: auto, cpu") as refused:
        choose_device(name)
    assert len(str(refused.value)) < 120 + 8 * torch.cuda.device_count()


def test_auto_is_a_device_that_works() -> None:
    assert torch.ones(2, device=choose_device("auto")).sum() == 2
    assert choose_device("cpu") == "cpu"


def test_bfloat16_is_automatic_only_where_hardware_has_it() -> None:
    assert not has_fast_bfloat16({"avx512_bf16": True})  # half as fast as float32
    assert has_fast_bfloat16({"avx512_bf16": False, "amx_bf16": True})
    assert not has_fast_bfloat16({"avx2": True, "avx512_bf16": False})
    fast = has_fast_bfloat16(torch.cpu.get_capabilities())
    assert choose_precision("auto", "cpu") == ("bfloat16" if fast else "float32")
    assert choose_precision("bfloat16", "cpu") == "bfloat16"
    assert choose_precision("float32", "cuda") == "float32"


def test_autocast_changes_products_only_when_asked() -> None:
    x = torch.ones(4, 4)
    with autocast("bfloat16", "cpu"):
        assert (x @ x).dtype is torch.bfloat16
    with autocast("float32", "cpu"):
        assert (x @ x).dtype is torch.float32
