"""What may be asked of an engine."""

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.engines import plan as plans
from peftsearch.workers.engines.plan import EnginePlan, make_plan


def test_each_engine_can_be_asked_for() -> None:
    assert make_plan("local", None, None, None, 4) == plans.LOCAL_PLAN
    assert make_plan("external", None, None, None, 0).name == "external"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("dask", None, None, None, 1), "local, ray or external; got 'dask'"),
        (("local", "auto", None, None, 1), "an address of Ray with the engine ray; got 'local'"),
        (("external", None, 2.0, 1.0, 1), "CPUs of each worker and GPUs of each worker with"),
        (("external", None, None, None, 2), "an engine that starts them; got 'external'"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    asked: tuple[str, str | None, float | None, float | None, int], told: str
) -> None:
    with pytest.raises(UserError) as caught:
        make_plan(*asked)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'none installed; pip install "peftsearch\[ray\]"'):
        make_plan("ray", None, None, None, 1)
    assert make_plan("local", None, None, None, 1) == EnginePlan()


def test_devices_of_a_trial_have_a_cpu_and_a_gpu_each() -> None:
    assert make_plan("local", None, None, None, 1, 2) == EnginePlan(cpus=2.0, devices=2)
    with pytest.raises(UserError, match="an engine that starts workers; got 'external'"):
        make_plan("external", None, None, None, 0, 2)


def test_ray_keeps_a_gpu_for_each_device_of_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "find_spec", lambda name: name)
    assert make_plan("ray", None, None, 2.0, 1, 2).gpus == 2
    with pytest.raises(UserError, match="each of the 2 devices of a trial; got 0.5 for each"):
        make_plan("ray", None, None, 0.5, 1, 2)
