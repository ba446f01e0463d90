"""What trainings came to, compared."""

import torch

from peftsearch.workers.training.outcome import Outcome

TIMED = {"training_seconds", "peak_memory_bytes"}


def assert_equal(found: Outcome, expected: Outcome) -> None:
    """One may have gone on from a rung; else they are the same, bit by bit, but for times."""
    assert found.tensors.keys() == expected.tensors.keys()
    for name, tensor in expected.tensors.items():
        assert torch.equal(found.tensors[name], tensor), name
    assert found.curve == expected.curve
    assert (found.predictions == expected.predictions).all()
    assert found.measurements.keys() == expected.measurements.keys()
    for name in expected.measurements.keys() - TIMED:
        assert found.measurements[name] == expected.measurements[name], name
    told = {k: x for k, x in found.provenance.items() if k != "resumed_step"}
    assert told == expected.provenance
