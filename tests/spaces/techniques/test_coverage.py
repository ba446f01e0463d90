"""Families of a technique, as the table of techniques names them."""

from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.techniques.coverage import families_of, usual_anatomy
from peftsearch.spaces.techniques.table import technique


def test_every_family_has_a_usual_size() -> None:
    for family in FAMILIES:
        anatomy = usual_anatomy(family)
        assert anatomy.hidden == 768
        assert anatomy.layers in (12, 24)  # encoder and decoder


def test_lora_fits_everywhere() -> None:
    assert families_of(technique("lora")) == tuple(FAMILIES)


def test_biases_need_biases() -> None:
    families = families_of(technique("bitfit"))
    assert {"bert", "gpt2", "vit", "qwen2"} <= set(families)
    assert not {"llama", "mistral", "t5"} & set(families)


def test_virtual_tokens_need_a_text_model_of_one_stack() -> None:
    families = families_of(technique("prompt"))
    assert {"bert", "llama"} <= set(families)
    assert not {"vit", "t5"} & set(families)
