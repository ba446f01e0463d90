"""The encoder of a job while it acts: it reads each text beside the model, by its own tokens.

Its inputs come with the model's, under names of their own, and are taken out of every call before
the model sees them. So a batch is the same for all configurations, and the time that the encoder
takes is a part of those requests alone whose prompts it makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.workers.runtime.quiet import quiet_transformers

from .checkpoints import reason
from .encoders import KEY, named_as_encoder, read_encoder
from .locations import fetch_model
from .model_files import ModelFiles
from .sizes import count_base
from .tokenizers import has_beyond, load_tokenizer

PREFIX = "reader_"
"""Before the names of its inputs."""
_AGAIN = "download the model again"


@dataclass(eq=False)
class Reader:
    """A frozen encoder with its tokenizer, always in float32 and in eval mode.

    Attributes:
        files: That it was loaded from.
    """

    model: Any
    tokenizer: Any
    anatomy: Anatomy
    files: ModelFiles
    _given: Mapping[str, torch.Tensor] = field(default_factory=dict, repr=False)

    def __deepcopy__(self, memo: Any) -> Self:
        """Frozen, so that a copy of a model that it reads for shares it."""
        return self

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self.files.folder

    @property
    def sha256(self) -> str:
        """The fingerprint of the weight files (`locations.join_hashes`)."""
        return self.files.sha256

    @property
    def size(self) -> Workload:
        """What of a workload is known of it without data."""
        return Workload(base_bytes=count_base(self.model, (), "float32"))

    def cut(self, task: TaskSpec) -> TaskSpec:
        """The task as it reads it: texts are cut to as many of its own tokens as of the model's,
        or to what it can read."""
        return cut_to(self.anatomy, task)

    def watch(self, model: nn.Module) -> None:
        """Take its inputs out of every call of a model, for good; asked twice, it is done once."""
        hooks = model._forward_pre_hooks.values()
        if not any(getattr(hook, "__self__", None) is self for hook in hooks):
            model.register_forward_pre_hook(self._take, with_kwargs=True, prepend=True)

    def read(self) -> tuple[torch.Tensor, torch.Tensor]:
        """States of the texts of the call that is under way, `b x n x h`, and which of them are no
        padding, `b x n`; texts of choices lie one after the other.

        Raises:
            UserError: The call had none of its inputs.
        """
        if not self._given:
            raise UserError(
                f"inputs of the encoder beside the model's: {PREFIX}input_ids and its like",
                "none",
                f"add what its tokenizer gives, each name after {PREFIX!r}",
            )
        with torch.no_grad():
            states: torch.Tensor = self.model(**self._given)[0]
        return states.float(), self._given["attention_mask"]

    def _take(
        self, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        own = {name: x for name, x in kwargs.items() if name.startswith(PREFIX)}
        self._given = {name.removeprefix(PREFIX): x.flatten(0, -2) for name, x in own.items()}
        return args, {name: x for name, x in kwargs.items() if name not in own}


def cut_to(encoder: Anatomy, task: TaskSpec) -> TaskSpec:
    """As `Reader.cut`, of an encoder that nobody has loaded."""
    limit = min(task.tokens, encoder.positions or task.tokens)
    return task.model_copy(update={"max_length": limit})


def load_reader(path: str, device: str) -> Reader:
    """An encoder as `model.encoder` names it, frozen.

    Raises:
        UserError: It is missing, corrupt, without a tokenizer, or no encoder of texts.
    """
    with named_as_encoder():
        anatomy, folder = read_encoder(path), fetch_model(path)
        files = ModelFiles(path, folder)
        tokenizer = open_tokenizer(folder)
        model = _load_body(folder)
        rows = int(model.get_input_embeddings().weight.shape[0])
        if has_beyond(tokenizer, rows):
            got = f"a tokenizer that knows more, in {folder}"
            raise UserError(f"tokens below {rows:,}, as many as are embedded", got, _AGAIN)
        nn.Module.to(model, device)
        return Reader(model, tokenizer, anatomy, files)


def open_tokenizer(folder: Path) -> Any:
    """The tokenizer of an encoder's folder.

    Raises:
        UserError: There is none.
    """
    with named_as_encoder():
        return load_tokenizer(folder)


def _load_body(folder: Path) -> Any:
    """Without a pooler, which nothing here reads.

    Raises:
        UserError: It does not load, or the files lack a tensor of it.
    """
    from transformers import AutoModel

    try:
        with quiet_transformers():
            model, report = AutoModel.from_pretrained(
                folder,
                dtype=torch.float32,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
            )
    except Exception as error:
        raise UserError(f"a loadable encoder in {folder}", reason(error), _AGAIN) from error
    lost = sorted(x for x in report["missing_keys"] if not x.startswith("pooler."))
    if lost:
        got, hint = f"none for {lost[0]}", f"name another as {KEY}"
        raise UserError("weights with every tensor of the encoder", got, hint)
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    model.requires_grad_(False)
    return model.train(False)
