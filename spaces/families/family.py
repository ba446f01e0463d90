"""The model families that we know, and what each can be trained for.

One row reads a `config.json`; keys that older files leave out have the family's defaults, as in
`transformers` 5. Sizes that shape every layer must be there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from peftsearch.errors import UserError
from peftsearch.spaces.kinds.kind_table import KINDS, find_kind
from peftsearch.spaces.kinds.model_forms import (
    CHOICES,
    DECODER,
    ENCODER_DECODER,
    IMAGES,
    SEQUENCE,
    ModelForm,
)

from .anatomy import Anatomy
from .anatomy_sizes import check_sizes
from .decoders import (
    read_gemma,
    read_gemma2,
    read_gemma3,
    read_gpt2,
    read_llama,
    read_mistral,
    read_phi3,
    read_qwen2,
    read_qwen3,
    read_t5,
)
from .encoders import (
    Config,
    read_bert,
    read_deberta,
    read_deberta_v2,
    read_distilbert,
    read_modernbert,
    read_mpnet,
)
from .vision import read_dinov2, read_vit

_HEADS = ("num_attention_heads", "n_heads", "n_head", "num_heads")
_LABELS = (SEQUENCE,)
_ENCODER = (SEQUENCE, CHOICES)
_DECODER = (SEQUENCE, DECODER)
_BOTH = (SEQUENCE, ENCODER_DECODER)
_IMAGES = (IMAGES,)


@dataclass(frozen=True)
class Family:
    """One row.

    Attributes:
        read: The anatomy, given the configuration with its defaults, and the form of the model.
        forms: Forms that `transformers` has a class of the family for.
        defaults: Values of keys that a `config.json` may lack.
        positions: Size of the family's table of positions, where it has one.
        relays: Whether all that a layer gives to those above are hidden states, of which no token
            that counts depends on padding.
    """

    read: Callable[[Config, ModelForm], Anatomy]
    forms: tuple[ModelForm, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    positions: Callable[[Config], int] | None = None
    relays: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Our kinds of task that it can be trained for."""
        return tuple(row.name for row in KINDS.own.values() if row.form in self.forms)


def _table(config: Config) -> int:
    return int(config.get("max_position_embeddings", 512))


def _table_after_padding(config: Config) -> int:
    """RoBERTa's positions begin after that of its padding."""
    return _table(config) - int(config.get("pad_token_id", 1) or 0) - 1


def _plain(
    read: Callable[[Config], Anatomy], forms: tuple[ModelForm, ...], **defaults: Any
) -> Family:
    return Family(lambda config, form: read(config), forms, defaults, relays=True)


def _bert(prefix: str, **defaults: Any) -> Family:
    return _plain(lambda config: read_bert(config, prefix), _ENCODER, **defaults)


def _t5(feed_forward_proj: str) -> Family:
    defaults = {"feed_forward_proj": feed_forward_proj, "d_kv": 64}
    return Family(_read_t5, _BOTH, defaults)


def _read_t5(config: Config, form: ModelForm) -> Anatomy:
    return read_t5(config, "" if form is ENCODER_DECODER else "transformer.")


FAMILIES: Mapping[str, Family] = {
    "bert": replace(_bert("bert"), positions=_table),
    "roberta": replace(_bert("roberta"), positions=_table_after_padding),
    "xlm-roberta": replace(_bert("roberta"), positions=_table_after_padding),
    "electra": replace(_bert("electra", embedding_size=128), positions=_table),
    "distilbert": replace(_plain(read_distilbert, _ENCODER), positions=_table),
    "mpnet": replace(_plain(read_mpnet, _ENCODER), positions=_table_after_padding),
    "deberta": _plain(read_deberta, _LABELS),
    "deberta-v2": _plain(read_deberta_v2, _ENCODER),
    "modernbert": _plain(read_modernbert, _ENCODER),
    "llama": _plain(read_llama, _DECODER),
    "mistral": _plain(read_mistral, _DECODER, num_key_value_heads=8),
    "qwen2": _plain(read_qwen2, _DECODER, num_key_value_heads=32),
    "qwen3": _plain(read_qwen3, _DECODER, num_key_value_heads=32, head_dim=128),
    "gemma": _plain(read_gemma, _DECODER, num_key_value_heads=16, head_dim=256),
    "gemma2": _plain(read_gemma2, _DECODER, num_key_value_heads=4, head_dim=256),
    "gemma3_text": _plain(read_gemma3, _DECODER, num_key_value_heads=4, head_dim=256),
    "phi3": _plain(read_phi3, _DECODER),
    "gpt2": replace(
        _plain(read_gpt2, _DECODER),
        positions=lambda config: int(config.get("n_positions", 1024)),
    ),
    "t5": _t5("relu"),
    "mt5": _t5("gated-gelu"),
    "vit": _plain(read_vit, _IMAGES, qkv_bias=True),
    "dinov2": _plain(read_dinov2, _IMAGES, qkv_bias=True, mlp_ratio=4),
}


def read_anatomy(config: Mapping[str, Any], kind: str = "classification") -> Anatomy:
    """Anatomy of the model that a `config.json` describes.

    Args:
        config: The parsed `config.json`.
        kind: Kind of task; it decides the model's class, and so the paths of its modules.

    Raises:
        UserError: The family is unknown, cannot do such a task, or has layers of a kind that we
            do not know; or the configuration lacks a size.
    """
    family = str(config.get("model_type"))
    _check_layers(config, family)
    if family not in FAMILIES:
        raise UserError(
            f"a model family among {', '.join(sorted(FAMILIES))}",
            f"model_type {family!r}",
            "describe its layers under [model.anatomy] in the job file",
        )
    check_kind(family, kind)
    row = FAMILIES[family]
    try:
        complete = {**row.defaults, **config}
        limit = row.positions(complete) if row.positions else None
        anatomy = row.read(complete, find_kind(kind).form)
        sizes = {"heads": _first(complete, *_HEADS), "vocabulary": _first(complete, "vocab_size")}
        return check_sizes(anatomy.model_copy(update={"positions": limit, **sizes}))
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise UserError(
            "a config.json with the sizes of its layers",
            f"none ({type(error).__name__}: {error})",
            "check the model",
        ) from error


def _first(config: Config, *names: str) -> int | None:
    """The first of these sizes that a configuration has."""
    return next((int(config[name]) for name in names if config.get(name) is not None), None)


def check_kind(family: str, kind: str) -> None:
    """Whether a known family can do such a task.

    Raises:
        UserError: It cannot. Families without a row, which a user describes, pass.
    """
    form = find_kind(kind).form if kind in KINDS else None
    if family not in FAMILIES or form in FAMILIES[family].forms:
        return
    able = sorted(name for name, row in FAMILIES.items() if form in row.forms)
    raise UserError(
        f"a kind of task that {family} can do ({', '.join(FAMILIES[family].kinds)})",
        repr(kind),
        f"choose a model among {', '.join(able)}" if able else "correct task.kind",
    )


def _check_layers(config: Config, family: str) -> None:
    if "text_config" in config:
        raise UserError(
            "a model of text or of images alone",
            f"model_type {family!r}, which joins several",
            "use its text-only checkpoint",
        )
    if config.get("add_cross_attention"):
        raise UserError(
            "layers that attend to their own input",
            f"a {family} with add_cross_attention",
            "use a checkpoint without it",
        )
