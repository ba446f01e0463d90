import gc
import subprocess
import sys
import weakref

import pytest
import torch

from peftsearch.workers.runtime.memory import (
    MemoryMeter,
    keep_loaded,
    release_memory,
)

_BLOCK = 4 * 2**20


def _rise(blocks: int) -> int:
    """Read peak of `blocks` x 4 MiB, small enough for the C library to keep when freed."""
    meter = MemoryMeter("cpu")
    assert meter.bytes == 0
    held = [torch.ones(_BLOCK // 4) for _ in range(blocks)]
    meter.sample()
    del held
    meter.sample()
    return meter.bytes


def test_peak_is_above_the_start_and_survives_release() -> None:
    assert _rise(16) > 12 * _BLOCK


def test_an_equal_trial_reads_alike_after_the_first() -> None:
    _rise(16)
    assert _rise(16) > 12 * _BLOCK


def test_collections_visit_no_libraries_but_what_trials_leave() -> None:
    class Knot:
        """In a circle, as models are."""

        def __init__(self) -> None:
            self.me = self

    keep_loaded()
    alive = gc.get_freeze_count()
    watched = weakref.ref(Knot())
    release_memory()
    assert watched() is None
    assert alive > 100_000
    assert len(gc.get_objects()) < alive / 100


@pytest.mark.usefixtures("warm_test")
def test_what_a_caller_keeps_from_collections_stays_kept() -> None:
    """In a process of its own: threads that other tests left make and keep objects too."""
    found = subprocess.run([sys.executable, "-c", _CALLER], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


_CALLER = """
import gc
from peftsearch.workers.runtime.memory import keeping_loaded

def is_visited(watched):
    return any(x is watched for x in gc.get_objects())

gc.unfreeze()
with keeping_loaded():
    assert gc.get_freeze_count() > 100_000
assert gc.get_freeze_count() == 0
mark = [gc]
assert is_visited(mark)
gc.freeze()
with keeping_loaded():
    assert not is_visited(mark)
assert not is_visited(mark)
"""
