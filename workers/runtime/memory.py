"""Peak memory of a trial, and what is no trial's."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import torch


@dataclass
class MemoryMeter:
    """How far memory rose above what the worker held before the trial.

    On CUDA, the allocator's own peak. On the CPU, the largest resident set that was seen after a
    forward pass, when all activations are alive. Memory that earlier trials freed is given back to
    the system first; where the C library cannot do so (it is not glibc), later trials read low.
    """

    device: str
    start: int = 0
    peak: int = 0

    def __post_init__(self) -> None:
        if self._on_cuda:
            torch.cuda.reset_peak_memory_stats(self.device)
        else:
            release_memory()
        self.start = self.peak = self._read()

    @property
    def _on_cuda(self) -> bool:
        return torch.device(self.device).type == "cuda"

    def _read(self) -> int:
        if self._on_cuda:
            return int(torch.cuda.max_memory_allocated(self.device))
        return int(psutil.Process().memory_info().rss)

    def sample(self) -> None:
        """Note what is held now."""
        self.peak = max(self.peak, self._read())

    def take_up(self, peak: int) -> None:
        """Count the peak above the start of a former attempt as its own."""
        self.peak = max(self.peak, self.start + peak)

    @property
    def bytes(self) -> int:
        """Peak above the start."""
        return self.peak - self.start


def release_memory() -> None:
    """Give freed memory back to the system, where the C library has a way."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def free_memory(device: str) -> int:
    """Bytes that a new process may take: of a GPU all that it has, of the CPU what is free."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return int(psutil.virtual_memory().available)


def keep_loaded() -> None:
    """Let garbage collections pass over all that is alive: libraries, backbone and data stay.

    Each trial begins with a collection, which would otherwise visit half a million objects of the
    libraries and take longer than many a small trial's training.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def keeping_loaded() -> Iterator[None]:
    """`keep_loaded` for a while, in a process that is the caller's: afterwards its collections
    visit what they did before. One that has kept things so itself is left as it is."""
    if gc.get_freeze_count():
        yield
        return
    keep_loaded()
    try:
        yield
    finally:
        gc.unfreeze()
