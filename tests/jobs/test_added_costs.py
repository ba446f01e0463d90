"""A cost of another package that fails: refused at the launch, or the job stops and says why."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peftsearch import extensions
from peftsearch.jobs.inline import work_inline
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.records.job import JobState
from peftsearch.spaces.jobspec.objectives import CostError
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.conftest import NewDatabase
from tests.recipes import install
from tests.specs import make_spec
from tests.workers.runners import open_runner
from tests.workers.tiny import save_model

from .folders import CONFIG

MODULE = """
from peftsearch.spaces.jobspec.objectives import Objective

ROW = Objective("odd", "odd", False, cost=lambda configuration, anatomy: {value})
"""
FAILING = {
    "float('nan')": "got nan",
    "float('inf')": "got inf",
    "-1": "got -1",
    "1 / 0": "ZeroDivisionError",
    "1 / len(configuration.techniques)": "ZeroDivisionError",
    "None": "TypeError",
}
OBJECTIVES = ({"cost": "odd"}, {"also": ["odd"]}, {"bounds": ["odd <= 3"]})
Add = Callable[[str], None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Installs a package whose objective `odd` has this expression as its cost."""
    monkeypatch.syspath_prepend(tmp_path)

    def install_package(value: str) -> None:
        (tmp_path / "odd_cost.py").write_text(MODULE.format(value=value))
        groups = {"peftsearch.objectives": {"odd": "odd_cost:ROW"}}
        install({"name": "strange", "version": "1.0", "entry-points": groups}, tmp_path)
        extensions._points.cache_clear()

    yield install_package
    sys.modules.pop("odd_cost", None)
    extensions._points.cache_clear()


def complete(folder: Path, objectives: dict[str, object]) -> JobSpec:
    (folder / "model").mkdir()
    (folder / "model" / "config.json").write_text(json.dumps(CONFIG))
    spec = make_spec(anatomy=None, objectives=objectives, space={"preset": "lora"})
    return complete_spec(spec.to_json(), folder)


@pytest.mark.parametrize("objectives", OBJECTIVES, ids=str)
@pytest.mark.parametrize("value", FAILING)
def test_a_cost_that_fails_is_refused_at_the_launch(
    add: Add, tmp_path: Path, value: str, objectives: dict[str, object]
) -> None:
    add(value)
    with pytest.raises(CostError, match="odd of strange 1.0 to be a finite number") as caught:
        complete(tmp_path, objectives)
    assert FAILING[value] in str(caught.value)
    assert (caught.value.where, "\n" in str(caught.value)) == ("objectives", False)


def test_a_cost_that_is_one_is_taken(add: Add, tmp_path: Path) -> None:
    add("2")
    spec = complete(tmp_path, {"cost": "odd", "bounds": ["odd <= 3"]})
    assert spec.objectives.cost == "odd"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> TrialRunner:
    folder = tmp_path_factory.mktemp("costs")
    return open_runner(folder, save_model(folder / "bert", "bert"), epochs=1)


@pytest.mark.parametrize("objectives", OBJECTIVES, ids=str)
def test_a_cost_that_fails_later_stops_the_job(
    add: Add,
    tmp_path: Path,
    runner: TrialRunner,
    new_sqlite: NewDatabase,
    objectives: dict[str, object],
) -> None:
    add("float('nan')")
    spec = JobSpec.model_validate(runner.spec.to_json() | {"objectives": objectives})
    with Store.open(new_sqlite()) as store:
        job = store.create_job(spec)
        with pytest.raises(CostError, match="strange 1.0"):
            work_inline(store, job, runner, tmp_path)
        assert store.find_job(job.name).state is JobState.STOPPED
        assert store.trials(job.id) == []
        assert store.workers(job.id) == []
