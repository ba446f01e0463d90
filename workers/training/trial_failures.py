"""Why a trial failed, as a type that the store records; none of them ends the job."""

import torch

from peftsearch.errors import PeftsearchError, UserError
from peftsearch.message_text import one_line
from peftsearch.records.trial import FailureKind

_ALLOCATOR_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


class TrialFailure(PeftsearchError):
    """A trial that ended without measurements."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = one_line(message)

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


class NonFiniteLoss(TrialFailure):
    """The loss became infinite or not a number; usually the learning rate is too high."""

    def __init__(self, step: int, loss: float) -> None:
        super().__init__(FailureKind.NON_FINITE_LOSS, f"the loss was {loss} at step {step}")


class Collapsed(TrialFailure):
    """The loss is far above that of a constant answer; usually the learning rate is too high."""

    def __init__(self, step: int, bound: float) -> None:
        words = f"up to step {step} four losses in five were above {bound:.3g}"
        super().__init__(FailureKind.COLLAPSED, f"{words}, twice that of a constant answer")


class TrialTimeout(TrialFailure):
    """The trial ran longer than `training.timeout_minutes`."""

    def __init__(self, minutes: float) -> None:
        super().__init__(FailureKind.TIMEOUT, f"ran longer than {minutes:g} minutes")


def classify(error: BaseException) -> TrialFailure:
    """The failure that `error` means; anything unforeseen is a bug, with the first of its lines
    and the last."""
    if isinstance(error, TrialFailure):
        return error
    if _is_out_of_memory(error):
        return TrialFailure(FailureKind.OUT_OF_MEMORY, _both_ends(error))
    if isinstance(error, UserError):
        return TrialFailure(FailureKind.DATA, str(error))
    return TrialFailure(FailureKind.BUG, _both_ends(error))


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # The CPU's allocator raises a plain RuntimeError.
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(word in text for word in _ALLOCATOR_WORDS)


def _both_ends(error: BaseException) -> str:
    lines = [x.strip() for x in str(error).splitlines() if x.strip()]
    ends = " ... ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))
    return f"{type(error).__name__}: {ends}" if lines else type(error).__name__
