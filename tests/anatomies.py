"""Anatomies that tests share; no weights are needed for them."""

from peftsearch.spaces.anatomy import read_anatomy

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
