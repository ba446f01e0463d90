"""Injection of `peft` modules into a shared model, and their removal.

`peft` never sees the model: each group of equal modules is wrapped within a bare tree that holds
the group's linears alone, and the wrapped linears are then put into the model. So no group meets
another (some tuners write into every layer of their class), nothing is left on the model, and
techniques that share tensors between linears, which `inject_adapter_in_model` refuses, work too.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from peft.mapping import PEFT_TYPE_TO_TUNER_MAPPING
from peft.tuners.boft import layer as boft
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import nn

from peftsearch.spaces.configurations.groups import Group
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import technique

from .frozen_tensors import keep_start, read_frozen, widen_frozen, write_frozen
from .masks import ADAPTER, Calibrate, mask_layers, measure_gradients
from .peft_configs import peft_config

_SAMPLING = ("PveraConfig",)
"""Layers of `peft` that would add noise of their own in training mode; here they train without."""


def injected_parameters(model: nn.Module, names: Iterable[str]) -> dict[str, nn.Parameter]:
    """Injected parameters that `peft` trains of the linears `names`, by full name without the
    adapter's name. One that several linears share is named after the first of them."""
    found: dict[str, nn.Parameter] = {}
    seen: set[nn.Parameter] = set()
    for name, layer in _in_order(model, names).items():
        for inner, parameter in layer.named_parameters():
            beside = {"base_layer", *getattr(layer, "other_param_names", ())}
            if inner.partition(".")[0] not in beside and parameter not in seen:
                found[f"{name}.{_public(inner)}"] = parameter
                seen.add(parameter)
    return found


def _in_order(model: nn.Module, names: Iterable[str]) -> dict[str, nn.Module]:
    """The modules `names` in the model's order, by which some tuners number what they wrap."""
    wanted = set(names)
    return {name: module for name, module in model.named_modules() if name in wanted}


@dataclass
class Injection:
    """The modules that were replaced, by full name.

    Attributes:
        techniques: What wraps each of them.
        weights: Copies of the weights that the technique alters at once.
        dropout: Share to leave out in training, where a technique has a dropout.
    """

    model: nn.Module
    originals: dict[str, nn.Module]
    techniques: dict[str, str]
    weights: dict[str, torch.Tensor]
    dropout: float

    @classmethod
    def prepare(
        cls, model: nn.Module, groups: Mapping[Group, list[str]], dropout: float = 0.0
    ) -> "Injection":
        """Remember the linears before they are wrapped."""
        techniques = {name: group[0] for group, names in groups.items() for name in names}
        originals = {name: model.get_submodule(name) for name in techniques}
        weights = {
            name: linear.get_parameter("weight").detach().clone()
            for name, linear in originals.items()
            if technique(techniques[name]).alters
        }
        return cls(model, originals, techniques, weights, dropout)

    def inject(
        self,
        groups: Mapping[Group, list[str]],
        anatomy: Anatomy,
        seed: int,
        calibrate: Calibrate | None = None,
    ) -> None:
        """Wrap the linears; initial values depend on `seed` alone.

        Args:
            calibrate: Called once where a technique wants gradients of the weights, before
                anything is wrapped; `skip_calibration` where `load_state` follows.

        Raises:
            UserError: A technique wants gradients, and there is no `calibrate`.
        """
        wanting = [x for x, name in self.techniques.items() if technique(name).calibrates]
        gradients = measure_gradients({x: self.originals[x] for x in wanting}, calibrate)
        with forked_generators(self.model):
            torch.manual_seed(seed)
            for group, names in groups.items():
                config = peft_config(group, names, anatomy, self.dropout)
                wrapped = self._wrap(config, names)
                row = technique(group[0])
                if row.entries:
                    own = {x: gradients[x] for x in names if x in gradients}
                    mask_layers(wrapped, row, group[1], own)
                for name, layer in wrapped.items():
                    self._finish(name, layer)
                    _place(self.model, name, layer)

    def _wrap(self, config: Any, names: list[str]) -> dict[str, Any]:
        tree = nn.Module()
        for name, module in _in_order(self.model, names).items():
            _place(tree, name, module)
        with calm_peft():
            PEFT_TYPE_TO_TUNER_MAPPING[config.peft_type](tree, config, adapter_name=ADAPTER)
        return {name: tree.get_submodule(name) for name in names}

    def _finish(self, name: str, layer: Any) -> None:
        original = self.originals[name]
        layer.train(original.training)
        if technique(self.techniques[name]).kept:
            widen_frozen(layer)
        if name in self.weights:
            keep_start(layer, self.weights[name])

    def dropping(self) -> list[nn.Module]:
        """Modules that leave something out in training mode: the dropouts, and what holds them,
        since some ask their own mode first."""
        rows = {name: technique(kind) for name, kind in self.techniques.items()}
        found: list[nn.Module] = []
        for name in (name for name, row in rows.items() if row.dropout):
            layer = self.model.get_submodule(name)
            inner = [x for key, x in layer.named_children() if key.endswith("dropout")]
            found += [x for child in inner for x in child.modules()]
            found += [] if rows[name].peft in _SAMPLING else [layer]
        return found

    def parameters(self, names: Iterable[str]) -> dict[str, nn.Parameter]:
        """`injected_parameters` of the linears `names`."""
        return injected_parameters(self.model, names)

    def state(self) -> dict[str, torch.Tensor]:
        """Copies on the CPU, by full name, of what must be saved beside the trained parameters to
        build the same function from another seed or on another machine."""
        return {
            f"{name}.{key}": tensor.detach().to("cpu", copy=True).contiguous()
            for name, kind in self.techniques.items()
            for key, tensor in read_frozen(kind, self.model.get_submodule(name)).items()
        }

    def load_state(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Write what `state` gave."""
        for name, kind in self.techniques.items():
            layer = self.model.get_submodule(name)
            own = {key: tensors[f"{name}.{key}"] for key in read_frozen(kind, layer)}
            write_frozen(kind, layer, own, self.weights.get(name))

    def merge(self) -> None:
        """Fold the injected modules into the linears that they wrap; for good."""
        for name in self.originals:
            layer = self.model.get_submodule(name)
            if isinstance(layer, BaseTunerLayer):
                layer.merge(safe_merge=True)
        self.weights.clear()

    def remove(self) -> None:
        """Put the linears back; complete after any error, even one within `inject`."""
        for name, module in self.originals.items():
            _place(self.model, name, module)
        for name, weight in self.weights.items():
            self.originals[name].get_parameter("weight").data.copy_(weight)


def _place(root: nn.Module, name: str, module: nn.Module) -> None:
    """Set the module at a path; parents that are missing are made."""
    *path, child = name.split(".")
    for part in path:
        if part not in dict(root.named_children()):
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    setattr(root, child, module)


@contextmanager
def calm_peft() -> Iterator[None]:
    """BOFT would compile a kernel that one factor has no use for; BEFT warns that it cannot merge;
    `torch` asks whether indices of sparse tensors, ours always valid, shall be checked."""
    kernels: Any = boft
    kernels._FBD_CUDA = False
    checks: Any = torch.sparse.check_sparse_tensor_invariants
    if not checks.is_enabled():
        checks.disable()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Detected that the base layer has no bias", UserWarning)
        yield


@contextmanager
def forked_generators(model: nn.Module) -> Iterator[None]:
    """Global random streams, of the CPU and of the model's devices, are within what one makes
    them, and afterwards as they were. Some techniques draw on the device of their weights."""
    devices = sorted({p.device.index or 0 for p in model.parameters() if p.is_cuda})
    with torch.random.fork_rng(devices=devices):
        yield


def _public(inner: str) -> str:
    return ".".join(part for part in inner.split(".") if part != ADAPTER)
