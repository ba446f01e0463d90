"""How much disk the adapters of a job will take."""

import pytest

from peftsearch.jobs.disk_need import foresee_disk, sample
from peftsearch.spaces.configurations.cost import adapter_bytes
from peftsearch.spaces.families.anatomy import HeadTensor
from peftsearch.spaces.space.presets import make_space
from tests.anatomies import BERT
from tests.search.jobs import lora
from tests.specs import make_spec


def test_the_first_count_as_they_are_and_the_rest_as_the_mean_of_the_space() -> None:
    spec = make_spec()
    space, one = make_space(spec), adapter_bytes(lora(1), BERT)
    mean = (foresee_disk(spec, space, [lora(1)], 11) - one) / 10
    sizes = [adapter_bytes(x, BERT) for x in sample(space)]
    assert mean == pytest.approx(sum(sizes) / len(sizes))
    assert one < mean < max(sizes)
    assert foresee_disk(spec, space, [lora(1), lora(8)], 1) == one


def test_each_adapter_has_its_head_and_none_is_beyond_the_bounds() -> None:
    spec = make_spec(objectives={"bounds": ["adapter_bytes <= 50 KB"]})
    head = (HeadTensor(name="head", shape=(2, 384)),)
    headed = spec.with_anatomy(BERT.model_copy(update={"head": head}))
    space = make_space(spec)
    bare = foresee_disk(spec, space, [lora(1)], 5)
    assert foresee_disk(headed, space, [lora(1)], 5) == bare + 5 * 4 * 768
    assert all(adapter_bytes(x, BERT) <= 50_000 for x in sample(space))
