"""A machine that others use is told of."""

import pytest

from peftsearch.workers.runtime.busy import say_load


@pytest.mark.parametrize(("load", "cpus", "told"), [(0.3, 2, 0), (3.0, 2, 0), (12.3, 2, 1)])
def test_a_machine_that_others_use_is_told(load: float, cpus: int, told: int) -> None:
    said = say_load(load, cpus)
    assert bool(said) is bool(told)
    assert not said or "a load of 12 on 2 CPUs" in said
