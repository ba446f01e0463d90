"""Bytes of all tensors that are alive at a time, without what the process holds beside them."""

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter


class TensorBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts within: the storages of the tensors that are given, and of all that operations make.

    Attributes:
        alive: Bytes now.
        peak: Bytes at the most.
    """

    def __init__(self, held: Iterable[torch.Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.alive = self.peak = 0
        self._known: dict[int, weakref.ref[torch.UntypedStorage]] = {}
        for tensor in held:
            self._add(tensor)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled here, and keeping it out of compilation is dear for each of the
        operations."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        outputs = func(*args, **kwargs or {})
        for output in (outputs,) if isinstance(outputs, torch.Tensor) else tree_iter(outputs):
            if isinstance(output, torch.Tensor) and not output.is_sparse:
                self._add(output)
        return outputs

    def _add(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key in self._known and self._known[key]() is not None:
            return

        def remove(reference: object) -> None:
            self.alive -= size
            if self._known.get(key) is reference:
                del self._known[key]

        self._known[key] = weakref.ref(storage, remove)
        self.alive += size
        self.peak = max(self.peak, self.alive)
