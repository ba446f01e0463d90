"""One text of a configuration fits models of other depths and families."""

import pytest
from hypothesis import given

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.configurations.written import read_written, written_form
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT, GPT2, LLAMA
from tests.spaces.examples import resize
from tests.spaces.strategies import points

TEXT = {
    "learning_rate": 1e-3,
    "strata": [
        {"start": 0.0, "stop": 0.5, "modules": [{"technique": "ia3"}]},
        {
            "start": 0.5,
            "stop": 1.0,
            "modules": [{"technique": "lora", "capacity": 4, "roles": ["all"]}],
            "layers": "upper",
        },
    ],
}


@pytest.mark.parametrize("anatomy", [BERT, LLAMA, GPT2], ids=lambda x: x.family)
def test_one_text_fits_every_family(anatomy: Anatomy) -> None:
    found = read_written(TEXT, anatomy)
    half = anatomy.layers // 2
    assert [x.stop for x in found.strata] == [half, anatomy.layers]
    assert found.strata[1].modules[0].roles == tuple(sorted(anatomy.linears))
    top = (anatomy.layers - half + 1) // 2
    assert found.strata[1].layers == tuple(range(anatomy.layers - top, anatomy.layers))
    if anatomy is not GPT2:  # which stores its weights transposed
        check_configuration(found, anatomy)


def test_a_fused_matrix_stands_for_its_parts() -> None:
    module = {"technique": "lora", "capacity": 4, "roles": ["query", "value"]}
    data = {"learning_rate": 1e-3, "strata": [{"start": 0.0, "stop": 1.0, "modules": [module]}]}
    (stratum,) = read_written(data, GPT2).strata
    assert stratum.modules[0].roles == ("query_key_value",)


def test_what_a_model_lacks_stays_for_the_check() -> None:
    module = {"technique": "lora", "capacity": 4, "roles": ["mlp_gate"]}
    data = {"learning_rate": 1e-3, "strata": [{"start": 0.0, "stop": 1.0, "modules": [module]}]}
    with pytest.raises(UserError, match="got 'mlp_gate'"):
        check_configuration(read_written(data, BERT), BERT)


def test_an_unknown_placement_is_named() -> None:
    strata = [{"start": 0.0, "stop": 1.0, "layers": "middle"}]
    with pytest.raises(UserError, match="layers is a list, all, or one of alternate"):
        read_written({"learning_rate": 1e-3, "strata": strata}, BERT)


def test_writing_and_reading_on_the_same_model_is_one_training() -> None:
    modules = (Module("lora", 4, ("query", "value"), rate=0.3),)
    strata = (Stratum(0, 2), Stratum(2, 2), Stratum(2, 5, (Module("bitfit"),)))
    made = Configuration((*strata, Stratum(5, 6, modules)), 2e-3, Module("prompt", 4))
    assert read_written(written_form(made, BERT), BERT).key == made.key
    deeper = resize(BERT, 12)
    found = read_written(written_form(made, BERT), deeper)
    assert [x.stop for x in found.strata] == [4, 10, 12]


@given(points())
def test_what_can_be_written_means_the_same(drawn: tuple[Space, tuple[int, ...]]) -> None:
    space, point = drawn
    made = space.decode(point)
    try:
        data = written_form(made, space.anatomy)
    except UserError:
        assert any(x.layers is not None for x in made.strata)
    else:
        assert read_written(data, space.anatomy).key == made.key
