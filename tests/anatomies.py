"""Anatomies that tests share; no weights are needed for them."""

from peftsearch.spaces.families.family import read_anatomy

BERT = read_anatomy(
    {
        "model_type": "bert",
        "hidden_size": 384,
        "intermediate_size": 1536,
        "num_hidden_layers": 6,
    }
)
LLAMA = read_anatomy(
    {
        "model_type": "llama",
        "hidden_size": 64,
        "intermediate_size": 160,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
)
GPT2 = read_anatomy({"model_type": "gpt2", "n_embd": 64, "n_layer": 4, "n_head": 4}, "causal_lm")
T5 = read_anatomy(
    {"model_type": "t5", "d_model": 64, "d_ff": 160, "num_layers": 3, "num_heads": 1}, "seq2seq"
)
MODERNBERT = read_anatomy(
    {
        "model_type": "modernbert",
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 5,
    }
)
DINOV2 = read_anatomy(
    {
        "model_type": "dinov2",
        "hidden_size": 64,
        "num_hidden_layers": 4,
    },
    "image_classification",
)
MPNET = read_anatomy(
    {
        "model_type": "mpnet",
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 4,
    }
)
