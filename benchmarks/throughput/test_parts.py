"""Whoever times parts of a worker finds them: they are named where they stand."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["timed_worker", "our_trials"])
def test_each_part_is_there_to_be_timed(module: str) -> None:
    """In a process of its own, since what is timed stays so."""
    names = f"from benchmarks.throughput.{module} import time_parts"
    code = f"{names}; from benchmarks.throughput.timers import Timers; time_parts(Timers())"
    subprocess.run([sys.executable, "-c", code], check=True)
