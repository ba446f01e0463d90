"""Models in other formats: the conversions on tiny real models, and on the samples themselves."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter, quantize
from numpy.typing import NDArray
from onnx import GraphProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
)

from peftsearch.samples import dinov2, smollm
from peftsearch.samples.fetch import fetch_sample
from peftsearch.samples.folders import write_model
from peftsearch.workers.batches.image_encoding import encode_images
from peftsearch.workers.data.images import read_images
from peftsearch.workers.data.sources import read_source

HEADS, KEY_HEADS, HEAD = 4, 2, 8
HIDDEN = HEADS * HEAD
EMBEDDINGS = "/backbone/embeddings"

# What mypy knows of these does not fit what they return.
MODEL: Any = AutoModel
DECODER: Any = AutoModelForCausalLM
TOKENIZER: Any = AutoTokenizer
PROCESSOR: Any = AutoImageProcessor


def normal(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    "kind, tolerance", [("F32", 0), ("F16", 1e-4), ("Q8_0", 1e-3), ("Q4_1", 1e-2)]
)
def test_llama_survives_the_way_through_gguf(tmp_path: Path, kind: str, tolerance: float) -> None:
    config = AutoConfig.for_model(
        "llama",
        vocab_size=32,
        hidden_size=HIDDEN,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_HEADS,
        tie_word_embeddings=True,
    )
    model = DECODER.from_config(config)
    write_gguf(model, GGMLQuantizationType[kind], tmp_path / "model.gguf")
    metadata, tensors = smollm.read_gguf(tmp_path / "model.gguf")
    assert metadata["llama.attention.head_count"] == HEADS
    write_model(tmp_path, config.to_dict(), tensors, "float32", "")
    loaded, report = DECODER.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values()), report
    for name, tensor in model.state_dict().items():
        difference = (loaded.state_dict()[name] - tensor).abs().max()
        assert difference <= tolerance, name


def write_gguf(model: Any, kind: GGMLQuantizationType, path: Path) -> None:
    """With rows of queries and keys in the order of llama.cpp's convert_hf_to_gguf.py."""
    names = {
        "embed_tokens": "token_embd",
        "norm": "output_norm",
        "q_proj": "attn_q",
        "k_proj": "attn_k",
        "v_proj": "attn_v",
        "o_proj": "attn_output",
        "gate_proj": "ffn_gate",
        "up_proj": "ffn_up",
        "down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    heads = {"q_proj": HEADS, "k_proj": KEY_HEADS}
    writer = GGUFWriter(path, "llama")
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    for key, tensor in model.model.state_dict().items():
        parts, values = key.split("."), tensor.numpy()
        if (n := heads.get(parts[-2])) is not None:
            halves = values.reshape(n, 2, HEAD // 2, HIDDEN)
            values = halves.swapaxes(1, 2).reshape(values.shape)
        own = kind if values.ndim == 2 else GGMLQuantizationType.F32
        prefix = f"blk.{parts[1]}." if parts[0] == "layers" else ""
        name = f"{prefix}{names[parts[-2]]}.weight"
        writer.add_tensor(name, quantize(values, own), raw_dtype=own)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_tokenizer_splits_digits_and_keeps_control_tokens(tmp_path: Path) -> None:
    tokens = ["<|none|>", "<|start|>", "<|end|>", *"0123456789", "a", "b", "\u0120", "ab"]
    metadata: dict[str, Any] = {
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": ["a b"],
        "tokenizer.ggml.token_type": [3, 3, 3] + [1] * (len(tokens) - 3),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.chat_template": "{{ messages[0]['content'] }}",
        "llama.context_length": 64,
    }
    smollm.write_tokenizer(metadata, tmp_path)
    tokenizer = TOKENIZER.from_pretrained(tmp_path)
    assert tokenizer.tokenize("ab 12<|end|>b") == ["ab", "\u0120", "1", "2", "<|end|>", "b"]
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id) == (2, 2, 1)
    chat = [{"role": "user", "content": "ba"}]
    assert tokenizer.apply_chat_template(chat, tokenize=False) == "ba"


def test_dinov2_gets_back_the_names_that_the_exporter_dropped(tmp_path: Path) -> None:
    config: Any = AutoConfig.for_model(
        "dinov2",
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=28,
        use_mask_token=False,
    )
    before = MODEL.from_config(config)
    before.save_pretrained(tmp_path)
    tensors = dinov2.read_onnx(io.BytesIO(as_onnx(tmp_path)))
    write_model(tmp_path, config.to_dict(), tensors, "float32", "")
    loaded, report = MODEL.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values()), report
    for name, tensor in before.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name


def as_onnx(folder: Path) -> bytes:
    """As torch's exporter leaves a model: matrices nameless and transposed, positions in two."""
    from safetensors.numpy import load_file

    graph = GraphProto(name="main")
    add_node(graph, "/decoder/MatMul", ["x", "activation"], {"decoder.weight": normal(2, 2)})
    for name, values in load_file(folder / "model.safetensors").items():
        if name == "embeddings.position_embeddings":
            add_node(graph, f"{EMBEDDINGS}/Concat_6", ["p0", "x"], {"p0": values[:, :1]})
            add_node(graph, f"{EMBEDDINGS}/Reshape_1", ["p1", "shape"], {"p1": values[:, 1:]})
        elif values.ndim == 2:
            node = "/backbone/" + name.removesuffix(".weight").replace(".", "/") + "/MatMul"
            nameless = f"onnx::{len(graph.initializer)}"
            inputs = ["x", nameless]
            add_node(graph, node.replace("/layer/", "/layer."), inputs, {nameless: values.T})
        else:
            graph.initializer.append(numpy_helper.from_array(values, f"backbone.{name}"))
    content: bytes = helper.make_model(graph).SerializeToString()
    return content


def add_node(
    graph: GraphProto, name: str, inputs: list[str], tensors: dict[str, NDArray[Any]]
) -> None:
    graph.node.append(helper.make_node(name.split("/")[-1], inputs, ["y"], name))
    stored = (numpy_helper.from_array(values, key) for key, values in tensors.items())
    graph.initializer.extend(stored)


@pytest.mark.slow
def test_decoder_knows_the_capital_of_france(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    folder = fetch_sample("demo:decoder", lambda line: None)
    tokenizer = TOKENIZER.from_pretrained(folder)
    model = DECODER.from_pretrained(folder, dtype=torch.float32)
    inputs = tokenizer("The capital of France is", return_tensors="pt")
    tokens = model.generate(**inputs, do_sample=False, max_new_tokens=2)
    assert tokenizer.decode(tokens[0]) == "The capital of France is Paris."
    chat = [{"role": "user", "content": "What is 2+2? Answer with one number."}]
    assert tokenizer.apply_chat_template(chat, tokenize=False).endswith("<|im_end|>\n")


@pytest.mark.slow
def test_vision_model_sees_more_than_random_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    folder = fetch_sample("demo:vision", lambda line: None)
    digits = fetch_sample("demo:digits", lambda line: None)
    table = read_source(str(digits), None, ("image", "label"))["train"]
    images = read_images(table, "image")[:300]
    processor = PROCESSOR.from_pretrained(folder, backend="pil")
    encoded = encode_images(processor, images, torch.tensor(table.columns["label"][:300]))
    model = MODEL.from_pretrained(folder).eval()
    torch.manual_seed(0)
    random = MODEL.from_config(model.config).eval()
    assert probe(model, encoded) > probe(random, encoded) + 0.05


def probe(model: Any, data: Any) -> float:
    """Test accuracy of a linear classifier on the class token and the patches' mean."""
    with torch.no_grad():
        states = [
            model(pixel_values=data.batch(range(i, i + 60))["pixel_values"]).last_hidden_state
            for i in range(0, len(data), 60)
        ]
    features = torch.cat([torch.cat((x[:, 0], x[:, 1:].mean(1)), 1) for x in states]).numpy()
    features = (features - features.mean(0)) / (features.std(0) + 1e-6)
    fitted = LogisticRegression(max_iter=500).fit(features[:200], data.labels[:200])
    return float(fitted.score(features[200:], data.labels[200:]))
