"""What packages claim of their techniques is held against what they do."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.workers.training import foreign_techniques
from peftsearch.workers.training.foreign_techniques import check_same
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.runners import LORA, PROBE, open_runner

VERSION = ["0.1"]


@pytest.fixture
def runner(
    tmp_path: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrialRunner]:
    """As if LoRA came from another package."""

    def providers(names: Iterable[str]) -> dict[str, str]:
        return {x: f"stranger {VERSION[0]}" for x in names if x == "lora"}

    monkeypatch.setattr(foreign_techniques, "providers", providers)
    yield open_runner(tmp_path, folders["bert"])
    VERSION[0] = "0.1"


def test_a_trial_keeps_the_package_that_built_it(runner: TrialRunner) -> None:
    told = runner.evaluate(LORA, 3).provenance
    assert told["packages"] == {"lora": "stranger 0.1"}
    assert "packages" not in runner.evaluate(PROBE, 3).provenance
    check_same(LORA, told)
    check_same(LORA, {})  # of before packages were kept
    VERSION[0] = "0.2"
    line = "expected lora of stranger 0.1, which trained it; got lora of stranger 0.2; install"
    with pytest.raises(UserError, match=line):
        check_same(LORA, told)


def test_a_count_that_is_not_what_was_built_fails_the_trial(
    runner: TrialRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = trainable_parameters(LORA, runner.anatomy)
    monkeypatch.setattr(foreign_techniques, "trainable_parameters", lambda *_: -10)
    line = f"expected -10 trained numbers, as lora of stranger 0.1 says; got {real:,} in what"
    with pytest.raises(UserError, match=line):
        runner.evaluate(LORA, 3)
    runner.evaluate(PROBE, 3)
