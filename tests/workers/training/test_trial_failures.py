import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.records.trial import FailureKind
from peftsearch.workers.training.trial_failures import NonFiniteLoss, TrialTimeout, classify


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (MemoryError(), FailureKind.OUT_OF_MEMORY, "MemoryError"),
        (torch.OutOfMemoryError("CUDA out of memory."), FailureKind.OUT_OF_MEMORY, "CUDA out"),
        (NonFiniteLoss(7, float("nan")), FailureKind.NON_FINITE_LOSS, "loss was nan at step 7"),
        (TrialTimeout(1.5), FailureKind.TIMEOUT, "longer than 1.5 minutes"),
        (UserError("a file", "none", "make one"), FailureKind.DATA, "got none; make one"),
        (KeyError("x"), FailureKind.BUG, "KeyError: 'x'"),
        (RuntimeError("long\nstory\nshort"), FailureKind.BUG, "RuntimeError: long ... short"),
        (AssertionError(), FailureKind.BUG, "AssertionError"),
    ],
)
def test_every_error_has_a_kind(error: Exception, kind: FailureKind, message: str) -> None:
    failure = classify(error)
    assert failure.kind is kind
    assert message in failure.message
    assert "\n" not in str(failure)


def test_what_the_cpu_allocator_really_raises_is_out_of_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert classify(caught.value).kind is FailureKind.OUT_OF_MEMORY
