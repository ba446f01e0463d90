import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.workers.runtime.devices import (
    autocast,
    check_devices,
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


@pytest.mark.parametrize(
    ("gpus", "each", "told"),
    [
        (4, 3, "the 4 GPUs of this machine can be divided evenly; got 3; choose one of 1, 2, 4"),
        (1, 2, "the one GPU of this machine can be divided evenly; got 2; choose one of 1, or"),
        (2, 4, "the 2 GPUs of this machine can be divided evenly; got 4"),
    ],
)
def test_devices_of_a_trial_divide_the_gpus(
    monkeypatch: pytest.MonkeyPatch, gpus: int, each: int, told: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(UserError) as refused:
        check_devices("auto", each)
    assert told in str(refused.value) and "\n" not in str(refused.value)
    check_devices("auto", gpus)
    check_devices("cpu", each)
    with pytest.raises(UserError, match="the device auto or cpu for trials on"):
        check_devices("cuda:0", each)


def test_a_worker_has_gpus_that_lie_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    found = [[choose_device("auto", worker * 2 + x) for x in range(2)] for worker in range(3)]
    assert found == [["cuda:0", "cuda:1"], ["cuda:2", "cuda:3"], ["cuda:0", "cuda:1"]]
