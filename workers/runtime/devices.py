"""Which device and which precision a worker uses."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from peftsearch.errors import UserError


def choose_device(name: str = "auto", index: int = 0) -> str:
    """A torch device: `auto` takes a CUDA GPU where there is one.

    Args:
        index: Counts the processes of this machine's workers, which `auto` spreads over its GPUs.

    Raises:
        UserError: No such device on this machine.
    """
    if name == "auto":
        count = torch.cuda.device_count()
        return f"cuda:{index % count}" if count else "cpu"
    try:
        there = _is_there(torch.device(name))
    except (RuntimeError, AssertionError, ImportError):  # each kind of device says it its own way
        there = False
    if not there:
        gpus = "".join(f", cuda:{index}" for index in range(torch.cuda.device_count()))
        raise UserError(
            f"a device of this machine: auto, cpu{gpus}", repr(name), "name another device"
        )
    return name


def check_devices(name: str, each: int) -> None:
    """Whether this machine has so many devices for each of its workers; on CPUs they are
    processes.

    Raises:
        UserError: It has not, or the device that is named is one.
    """
    if each == 1 or name == "cpu":
        return
    if name != "auto":
        expected = f"the device auto or cpu for trials on {each} devices"
        raise UserError(expected, repr(name), "leave the device out")
    gpus = torch.cuda.device_count()
    if gpus % each:
        some = f"the {gpus} GPUs" if gpus > 1 else "the one GPU"
        raise UserError(
            f"devices of a trial among which {some} of this machine can be divided evenly",
            f"{each}",
            f"choose one of {_divisors(gpus)}, or the device cpu",
        )


def _divisors(count: int) -> str:
    return ", ".join(str(x) for x in range(1, count + 1) if count % x == 0)


def _is_there(device: torch.device) -> bool:
    """GPUs are counted: to use one would take hundreds of megabytes of it for this process."""
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    return torch.empty(1, device=device).device.type == device.type


def choose_precision(asked: str, device: str, dtype: str = "float32") -> str:
    """`float32` or `bfloat16`; `auto` takes bfloat16 where the hardware multiplies it faster.

    By capability, not by a timing, so that equal machines always decide alike: CUDA from compute
    capability 8.0 on, x86 with AMX, ARM with BF16. Elsewhere bfloat16 is emulated and slower than
    float32, and with AVX512-BF16 alone it was too: half as fast in training, two thirds in
    evaluation (an encoder of 6 layers and width 384, 16 and 64 rows of 32 to 128 tokens).

    Args:
        dtype: Of the backbone's weights; of bfloat16 ones there are no float32 products.
    """
    if dtype == "bfloat16":
        return dtype
    if asked != "auto":
        return asked
    return "bfloat16" if _is_fast(device) else "float32"


def autocast(precision: str, device: str) -> AbstractContextManager[Any]:
    """Matrix products in bfloat16; weights, losses and updates stay in float32."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=torch.bfloat16)


def _is_fast(device: str) -> bool:
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return device == "cpu" and has_fast_bfloat16(torch.cpu.get_capabilities())


def has_fast_bfloat16(capabilities: Mapping[str, Any]) -> bool:
    """Whether a CPU with these capabilities multiplies matrices of bfloat16 in hardware."""
    return any(capabilities.get(name) for name in ("amx_bf16", "bf16"))
