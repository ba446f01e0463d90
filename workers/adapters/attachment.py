"""Attach a configuration to a shared model, and detach it without a trace."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.groups import Group, injected_groups
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.space.text_reading import check_reading
from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.heads import head_parameters, initialise_head
from peftsearch.workers.models.reader import Reader
from peftsearch.workers.runtime.seeds import derive, stream

from .additions import Additions
from .base_tensors import Owner, Snapshot, trained_base_tensors
from .injection import Injection, forked_generators
from .masks import Calibrate, skip_calibration
from .parameter_groups import HEAD


@dataclass
class Attachment:
    """One configuration on one model. Names are those of the model without injected modules.

    Attributes:
        groups: Names of the linears that are wrapped alike.
        seed: By which initial values were drawn.
        parameters: Trained parameters by full name, of each technique at each factor on its
            learning rate, and of the head.
    """

    model: nn.Module
    parameters: dict[Owner, dict[str, nn.Parameter]]
    injection: Injection
    additions: Additions
    snapshot: Snapshot
    groups: Mapping[Group, list[str]]
    seed: int

    @property
    def trained(self) -> dict[str, nn.Parameter]:
        """All trained parameters by full name."""
        return {k: v for group in self.parameters.values() for k, v in group.items()}

    @property
    def moved(self) -> list[nn.Parameter]:
        """All that gets gradients now, in the order of the model: what is trained, and what a
        hook asks for beside it."""
        woken = (x for x in self.model.parameters() if x.requires_grad)
        return list(dict.fromkeys((*woken, *self.trained.values())))

    @property
    def size(self) -> int:
        """Number of trained scalars, the head excluded."""
        owned = (group for (owner, _), group in self.parameters.items() if owner != HEAD)
        return sum(parameter.numel() for group in owned for parameter in group.values())

    def modules_of(self, name: str) -> dict[Group, dict[str, nn.Module]]:
        """What a technique wraps, and what it added beside the linears, by full name."""
        found: dict[Group, dict[str, nn.Module]] = {
            group: {x: self.model.get_submodule(x) for x in names}
            for group, names in self.groups.items()
            if group[0] == name
        }
        for module, path, child in self.additions.changes.children:
            if module.technique == name:
                found.setdefault((name, module.capacity, module.rate), {})[path] = child
        return found

    def lend(self, owner: Owner, base: Mapping[str, nn.Parameter]) -> dict[str, nn.Parameter]:
        """Let these tensors of the backbone be trained in place of what the owner trains, until
        `detach`, which puts them back.

        Returns:
            What the owner trained.
        """
        self.snapshot = self.snapshot.join(Snapshot.take(base.values()))
        before, self.parameters[owner] = self.parameters[owner], dict(base)
        _wake(before, False)
        _wake(base, True)
        return before

    def take_back(self, owner: Owner, before: Mapping[str, nn.Parameter]) -> None:
        """End what `lend` began: the tensors are as they were, and the owner trains its own."""
        _wake(self.parameters[owner], False)
        for parameter in self.parameters[owner].values():
            parameter.data.copy_(self.snapshot.saved[parameter])
        self.parameters[owner] = dict(before)
        _wake(before, True)

    @contextmanager
    def dropping(self, seed: int) -> Iterator[None]:
        """For the length of a training step, adapters leave out what their dropout says; what that
        is, is a function of the seed."""
        modules = [*self.injection.dropping(), *self.additions.dropping()]
        if not self.injection.dropout or not modules:
            yield
            return
        for module in modules:
            module.training = True
        try:
            with forked_generators(self.model):
                torch.manual_seed(seed)
                yield
        finally:
            for module in modules:
                module.training = False

    def widen(self) -> None:
        """Hold what is trained in float32, whatever the model's format: updates are far smaller
        than what they change."""
        for parameter in self.trained.values():
            if parameter.dtype != torch.float32:
                parameter.data = parameter.data.float()

    def tensors(self) -> dict[str, torch.Tensor]:
        """Copies of adapter and head on the CPU, by full name: what is trained in float32, and
        what a technique needs beside it to be built again."""
        trained = {
            name: parameter.detach().to("cpu", torch.float32, copy=True).contiguous()
            for name, parameter in self.trained.items()
        }
        return trained | self.injection.state() | self.additions.state()

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Write what `tensors` gave.

        Raises:
            UserError: A name or a shape differs; nothing is written then.
        """
        wrapped, added = self.injection.state(), self.additions.state()
        trained = self.trained
        expected = trained | wrapped | added
        if wrong := sorted(set(expected) ^ set(tensors)):
            side = "lacks" if wrong[0] in expected else "has unexpected"
            raise UserError(
                "an adapter of this configuration and model",
                f"one that {side} {wrong[0]}",
                "load it into the model it was trained on",
            )
        pooled = self._pooled()
        for name, parameter in expected.items():
            if parameter.shape != tensors[name].shape and not name.startswith(pooled):
                raise UserError(
                    f"{name} of shape {list(parameter.shape)}",
                    f"{list(tensors[name].shape)}",
                    "load it into the model it was trained on, with as many labels",
                )
        self.injection.load_state({name: tensors[name] for name in wrapped})
        self.additions.load_state({name: tensors[name] for name in added})
        for name, parameter in trained.items():
            if parameter.shape == tensors[name].shape:
                parameter.data.copy_(tensors[name])
            else:
                parameter.data = tensors[name].to(parameter)
                parameter.grad = None

    def _pooled(self) -> tuple[str, ...]:
        """Where names begin of tensors whose shapes the training chooses."""
        names = self.injection.techniques.items()
        return tuple(f"{name}." for name, kind in names if technique(kind).pooled)

    def merge(self) -> None:
        """Fold the injected modules into the model for good; `detach` can no longer undo it.

        Raises:
            UserError: A technique of the configuration does not merge; nothing is changed.
        """
        stays = sorted(name for name, _ in self.parameters if not _merges(name))
        if stays:
            raise UserError(
                "techniques that merge into the model", ", ".join(stays), "export another form"
            )
        self.injection.merge()
        self.injection.remove()
        self.additions.merge()
        for parameter in self.trained.values():
            parameter.requires_grad_(False)

    def detach(self) -> None:
        """Give the model back bit-identical: structure, weights, head and `requires_grad`."""
        self.additions.remove()
        self.injection.remove()
        self.snapshot.restore()


def attach(
    backbone: Backbone,
    configuration: Configuration,
    seed: int,
    calibrate: Calibrate = skip_calibration,
    dropout: float = 0.0,
) -> Attachment:
    """Inject, unfreeze and draw initial values, as a function of the seed alone; where the
    backbone has a start of the head, it starts there.

    Args:
        calibrate: Runs forward and backward on training batches, for techniques that choose what
            they train by its gradients, or start from its words; may be left out where `load`
            follows.
        dropout: Of the techniques that have one, within `Attachment.dropping`.

    Raises:
        UserError: The configuration does not fit the model.
    """
    model, heads = backbone.model, backbone.heads
    deviation = float(getattr(model.config, "initializer_range", 0.02))

    def draw_head() -> None:
        initialise_head(model, heads, deviation, stream(seed, "head"))
        for name, values in (backbone.start or {}).items():
            model.get_parameter(name).data.copy_(values)

    def calibrate_with_head() -> None:
        draw_head()
        calibrate()

    passes = skip_calibration if calibrate is skip_calibration else calibrate_with_head
    anatomy = backbone.anatomy
    check_reading(configuration.techniques, anatomy, backbone.kind)
    reader = backbone.reader
    attachment = attach_to(model, anatomy, heads, configuration, seed, passes, dropout, reader)
    attachment.widen()
    draw_head()
    return attachment


def attach_to(
    model: nn.Module,
    anatomy: Anatomy,
    heads: tuple[str, ...],
    configuration: Configuration,
    seed: int = 0,
    calibrate: Calibrate = skip_calibration,
    dropout: float = 0.0,
    reader: Reader | None = None,
) -> Attachment:
    """As `attach`, on any frozen model; the head keeps its values.

    Args:
        reader: The encoder by which prompts are made, where the anatomy has one.
    """
    check_configuration(configuration, anatomy)
    owners = trained_base_tensors(configuration, anatomy)
    base = {name: model.get_parameter(name) for name in owners}
    head = head_parameters(model, heads)
    snapshot = Snapshot.take([*base.values(), *head.values()])
    groups = injected_groups(configuration, anatomy)
    injection = Injection.prepare(model, groups, dropout)
    additions = Additions.prepare(model, anatomy, configuration, dropout, reader)
    try:
        injection.inject(groups, anatomy, derive(seed, "adapter"), calibrate)
        additions.add(derive(seed, "additions"), calibrate)
        parameters: dict[Owner, dict[str, nn.Parameter]] = {}
        for (name, _, factor), linears in groups.items():
            parameters.setdefault((name, factor), {}).update(injection.parameters(linears))
        for owner, added in additions.parameters().items():
            parameters.setdefault(owner, {}).update(added)
        for path, owner in owners.items():
            parameters.setdefault(owner, {})[path] = base[path]
        parameters[HEAD, 1.0] = head
        _train_only(model, parameters)
    except BaseException:
        additions.remove()
        injection.remove()
        snapshot.restore()
        raise
    return Attachment(model, parameters, injection, additions, snapshot, groups, seed)


def _wake(parameters: Mapping[str, nn.Parameter], trained: bool) -> None:
    for parameter in parameters.values():
        parameter.requires_grad_(trained)
        parameter.grad = None


def _train_only(model: nn.Module, parameters: Mapping[Owner, Mapping[str, nn.Parameter]]) -> None:
    model.requires_grad_(False)
    for group in parameters.values():
        for parameter in group.values():
            parameter.requires_grad_(True)


def _merges(owner: str) -> bool:
    return owner == HEAD or technique(owner).merges
