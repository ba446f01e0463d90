"""The example of three objectives, on a small model, from its job file to an adapter."""

import shutil
import tomllib
from pathlib import Path

import pytest

from peftsearch.spaces.jobspec.jobtext import write_text

from .programs import call, load_and_score, read

EXAMPLE = Path(__file__).parents[2] / "examples" / "three.toml"
TRIALS = 10


@pytest.fixture(scope="module")
def finished(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of its finished job."""
    folder = tmp_path_factory.mktemp("three")
    told = tomllib.loads(EXAMPLE.read_text())
    told["model"]["path"] = f"{workshop}/model"
    told["task"] = {"train": f"{workshop}/data.csv", "max_length": 16, "metric": "accuracy"}
    told["objectives"]["bounds"] = ["f1_macro >= 0.3"]
    told["budget"] = {"trials": TRIALS}
    told["training"] = {"epochs": 2}
    told["search"] = {"design": 6, "recipes": "none"}
    (folder / "job.toml").write_text(write_text(told))
    done = call("run", "job.toml", "--picture", "front.png", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "Each is unbeaten in accuracy, file size and training time" in " ".join(
        done.stdout.split()
    )
    return folder


def test_the_front_is_not_beaten_in_all_three_and_keeps_the_limit(finished: Path) -> None:
    rows = [row["values"] for row in read("front", "three", folder=finished)["front"]]
    names = ("export_bytes", "training_seconds")
    points = [(-x["accuracy"], *(x[name] for name in names)) for x in rows]
    assert rows and all(x["f1_macro"] >= 0.3 for x in rows)
    assert not any(
        a != b and all(x <= y for x, y in zip(a, b, strict=True)) for a in points for b in points
    )
    assert [x["export_bytes"] for x in rows] == sorted(x["export_bytes"] for x in rows)
    assert (finished / "front.png").read_bytes().startswith(b"\x89PNG")
    origins = [x["origin"] for x in read("show", "three", folder=finished)["trials"]]
    assert "search" in origins and len(origins) == TRIALS


def test_its_knee_is_taken_home_and_the_same_file_resumes(
    finished: Path, workshop: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(finished, tmp_path / "copy")
    read("export", "three", "--pick", "knee", "--out", tmp_path / "out", folder=folder)
    rows = read("front", "three", folder=folder)["front"]
    (knee,) = [row for row in rows if row["knee"]]
    accuracy = knee["values"]["accuracy"]
    assert load_and_score(workshop, tmp_path / "out") == pytest.approx(accuracy, abs=0.15)
    again = call("run", "job.toml", folder=folder)
    assert again.returncode == 0, again.stderr
    assert len(read("show", "three", folder=folder)["trials"]) == TRIALS
    text = (folder / "job.toml").read_text().replace('"training_seconds"', '"backward_depth"')
    (folder / "job.toml").write_text(text)
    assert "objectives" in call("run", "job.toml", folder=folder).stderr
