"""A search, its baselines after it and an ablation, by the real commands on a small model."""

from pathlib import Path

import pytest

from peftsearch.spaces.jobspec.jobtext import write_text

from .programs import call, read


@pytest.fixture(scope="module")
def finished(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished job, whose job file asks for baselines."""
    folder = tmp_path_factory.mktemp("baselines")
    told = {
        "name": "small",
        "model": {"path": f"{workshop}/model"},
        "task": {"train": f"{workshop}/data.csv", "max_length": 16, "metric": "accuracy"},
        "training": {"epochs": 1},
        "budget": {"trials": 4},
        "search": {"recipes": "none", "repeats": 0.0},
        "baselines": {"run": True, "ranks": [1, 2], "rates": 1, "places": 1},
    }
    (folder / "job.toml").write_text(write_text(told))
    done = call("run", "job.toml", folder=folder)
    assert done.returncode == 0, done.stderr
    assert (
        "baselines of small: " in done.stderr
        and " answer the validation rows again" in done.stderr
    )
    assert "baselines: at no more than the cost of the LoRA sweep's best" in done.stdout or (
        "baselines: nothing on the front costs as little as the best of the LoRA sweep"
        in done.stdout
    )
    return folder


def test_what_the_search_made_is_left_and_all_baselines_have_ended(finished: Path) -> None:
    searched = read("show", "small", folder=finished)
    assert len(searched["trials"]) == 4 and searched["state"] == "finished"
    beside = read("show", "small.baselines", folder=finished)
    assert beside["state"] == "finished"
    assert {x["state"] for x in beside["trials"]} == {"completed"}
    told = searched["baselines"]
    assert told["trained"] and told["waiting"] == 0
    known = {x["role"] for x in told["baselines"] if x["values"]}
    assert {"sweep", "full"} <= known
    made = [x for x in told["differences"].values() if x is not None]
    assert made and all(x["paired"] for x in made)


def test_the_same_again_trains_nothing(finished: Path) -> None:
    before = read("show", "small.baselines", folder=finished)["trials"]
    done = call("baselines", "small", folder=finished)
    assert done.returncode == 0 and "nothing is left to train" in done.stderr
    assert read("show", "small.baselines", folder=finished)["trials"] == before


def test_an_ablation_and_the_report_that_shows_both(finished: Path) -> None:
    found = read("ablate", "small", "--pick", "trial 1", "--seeds", "1", folder=finished)
    assert found["ablation"] and all(x["quality"] is not None for x in found["ablation"])
    assert all(x["paired"] for x in found["ablation"])
    done = call("report", "small", "--pick", "trial 1", "--out", "report", folder=finished)
    assert done.returncode == 0, done.stderr
    page = (finished / "report" / "report.html").read_text("utf-8")
    assert "Beside what everybody does" in page and "Trained for this purpose" in page
