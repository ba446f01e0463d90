"""Whole jobs through the command line: launch, look, export, resume."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.workers.runtime.threads import count_threads

from .conftest import write_job
from .programs import call, environment, errors, load_and_score, read


@pytest.fixture(scope="module")
def finished(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished job of 8 trials, run by two workers on one SQLite file."""
    folder = tmp_path_factory.mktemp("finished")
    write_job(folder, workshop, epochs=2)
    done = call("run", "job.toml", "--workers", "2", "--picture", "front.png", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "Pareto front of small" in done.stdout
    return folder


def trials(folder: Path) -> list[dict[str, Any]]:
    return list(read("show", "small", folder=folder)["trials"])


def test_every_trial_is_recorded_once(finished: Path) -> None:
    found = trials(finished)
    assert [trial["number"] for trial in found] == list(range(8))
    assert {trial["state"] for trial in found} == {"completed"}
    assert {trial["attempt"] for trial in found} == {1}
    assert len({(trial["key"], trial["seed"]) for trial in found}) == 8
    assert found[0]["origin"] == "probe"


def test_trials_carry_their_provenance(finished: Path) -> None:
    provenance = trials(finished)[0]["provenance"]
    assert {"versions", "model", "data", "device", "seed"} <= set(provenance)
    assert provenance["threads"] == count_threads(2)


def test_front_is_sorted_and_not_dominated(finished: Path) -> None:
    rows = read("front", "small", folder=finished)["front"]
    costs = [row["values"]["trainable_parameters"] for row in rows]
    quality = [row["values"]["accuracy"] for row in rows]
    assert costs == sorted(costs) and quality == sorted(quality)
    assert costs[0] == 0
    assert sum(row["knee"] for row in rows) == 1


def test_picture_is_a_png(finished: Path) -> None:
    assert (finished / "front.png").read_bytes().startswith(b"\x89PNG")


def test_jobs_lists_it(finished: Path) -> None:
    (job,) = read("jobs", folder=finished)
    assert (job["name"], job["state"], job["trials"]["completed"]) == ("small", "finished", 8)


@pytest.mark.parametrize("form", ["auto", "adapter", "merged"])
def test_export_loads_in_another_process(
    finished: Path, workshop: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "adapter"
    read("export", "small", "--pick", "best", "--out", out, "--form", form, folder=finished)
    rows = read("front", "small", folder=finished)["front"]
    validation = rows[-1]["values"]["accuracy"]
    assert load_and_score(workshop, out) == pytest.approx(validation, abs=0.12)


def test_the_same_command_resumes_and_the_budget_may_grow(finished: Path, tmp_path: Path) -> None:
    again = call("run", "job.toml", folder=finished)
    assert again.returncode == 0 and "is finished" in again.stderr
    text = (finished / "job.toml").read_text()
    grown = tmp_path / "grown.toml"
    grown.write_text(text.replace("trials = 8", "trials = 9"))
    assert call("run", grown, folder=finished).returncode == 0
    assert len(trials(finished)) == 9
    changed = tmp_path / "changed.toml"
    changed.write_text(text.replace("max_length = 16", "max_length = 12"))
    refused = call("run", changed, folder=finished)
    assert refused.returncode == 2
    assert "other values of task.max_length" in refused.stderr


def test_confirm_prints_intervals_and_keeps_its_runs(finished: Path) -> None:
    """Row 1 is the probe itself: it differs from the probe by nothing, and shares its runs."""
    first = call("confirm", "small", "--pick", "1", folder=finished)
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("95 % interval") == 5
    assert "in brackets the 95 % interval by rows and seeds" in first.stdout
    assert "picked - frozen features: " in first.stdout
    assert "picked - TF-IDF: " in first.stdout
    assert "picked - linear probe: +0.0000, 95 % interval [" in first.stdout
    assert first.stderr.count("training for the test split") == 6
    assert first.stderr.count("training for the validation split") == 5
    assert first.stderr.count("scoring on the test split") == 2
    assert "first reading of this test split" in first.stdout
    assert first.stdout.splitlines()[-1].startswith("In short: the picked point ")
    again = call("confirm", "small", "--pick", "1", folder=finished)
    assert again.stdout == first.stdout
    assert "training for" not in again.stderr and "scoring" not in again.stderr


def test_kept_adapters_are_scored_on_other_data_by_groups(
    finished: Path, workshop: Path, tmp_path: Path
) -> None:
    lines = (workshop / "data.csv").read_text().splitlines()
    rows = [f"{line},{'odd' if i % 2 else 'even'}" for i, line in enumerate(lines[1:41])]
    (tmp_path / "other.csv").write_text("\n".join(["text,label,turn", *rows]) + "\n")
    given = "confirm", "small", "--pick", "best", "--data", tmp_path / "other.csv"
    found = read(*given, "--by", "turn", folder=finished)
    assert (found["test_rows"], found["reading"]["number"]) == (40, 1)
    assert "also occur in the training split" in found["notes"][0]
    groups = {x["group"]: (x["rows"], x["mean"]) for x in found["by"]["groups"]}
    assert {name: rows for name, (rows, _) in groups.items()} == {"even": 20, "odd": 20}
    assert sum(value for _, value in groups.values()) / 2 == pytest.approx(
        found["arms"][0]["mean"]
    )
    again = read(*given, folder=finished)
    assert again["reading"] == found["reading"] and again["arms"] == found["arms"]
    refused = call(*given, "--seeds", "4", folder=finished)
    assert refused.returncode == 2 and len(errors(refused.stderr)) == 1


def test_dry_run_writes_nothing(workshop: Path, job_file: Path) -> None:
    forecast = read("run", job_file, "--dry-run", folder=job_file.parent)
    rows = [forecast[f"{name}_rows"] for name in ("train", "validation", "test")]
    assert rows == [280, 60, 60]
    assert (forecast["bounds"], forecast["share"]) == ([], None)
    floors = [f"logistic regression on {x}" for x in ("frozen features", "TF-IDF")]
    assert forecast["floors"] == floors
    assert forecast["trials"] == 8
    assert [path.name for path in job_file.parent.iterdir()] == ["job.toml"]


def test_a_dry_run_lists_what_the_job_then_trains_first(finished: Path, job_file: Path) -> None:
    """That of the job that was run, and no configuration that its results might change."""
    forecast = read("run", job_file, "--dry-run", folder=job_file.parent)
    assert 3 <= len(forecast["first"]) <= forecast["certain"] < forecast["trials"]
    listed = [Configuration.from_json(x).key for x in forecast["first"]]
    assert listed == [x["key"] for x in trials(finished)[: len(listed)]]


def test_a_dry_run_lists_no_more_than_the_budget_has_time_for(job_file: Path) -> None:
    text = re.sub("trials = .*", "minutes = 0.01", job_file.read_text())
    job_file.write_text(text)
    forecast = read("run", job_file, "--dry-run", folder=job_file.parent)
    assert forecast["trials"] == 1 == len(forecast["first"]) == forecast["certain"]


def test_a_dry_run_counts_the_rows_and_trainings_of_all_folds(job_file: Path) -> None:
    text = job_file.read_text()
    job_file.write_text(text.replace("max_length = 16", "max_length = 16\nfolds = 4"))
    forecast = read("run", job_file, "--dry-run", folder=job_file.parent)
    assert forecast["validation_rows"] == 340  # all but the test's 60, each held out once
    assert forecast["train_rows"] == 255
    assert "a trial is 4 such trainings" in forecast["length"]


def test_a_bound_is_estimated_or_refused_before_anything_runs(job_file: Path) -> None:
    folder, text = job_file.parent, f"{job_file.read_text()}hours = 1000\n"
    bounds = '["size <= 6 KB", "f1 >= 0.2"]'
    job_file.write_text(
        f'{text}[objectives]\nminimise = ["size", "training_seconds"]\nbounds = {bounds}\n'
    )
    forecast = read("run", job_file, "--dry-run", folder=folder)
    assert forecast["bounds"] == ["export_bytes <= 6 KB"]
    assert forecast["goals"] == ["accuracy", "export_bytes", "training_seconds"]
    assert forecast["limits"] == ["f1 >= 0.2"]
    assert 0 < forecast["share"]["met"] < forecast["share"]["of"]
    done = call("run", job_file, "--dry-run", folder=folder)
    stages = (
        "loading the libraries ...",
        "tokenising 280 training rows ...",
        "timing a few steps",
    )
    assert all(x in done.stderr for x in stages)
    told = done.stdout
    assert "export_bytes <= 6 KB; estimated: " in told
    assert "accuracy, file size and training time; the front keeps f1 >= 0.2" in told
    assert "8 trials or 1000 h 00 min; about 8 trials as fast as this machine" in told
    job_file.write_text(f'{text}[objectives]\nbounds = ["size <= 600 B"]\n')
    for options in ([], ["--dry-run"]):
        done = call("run", job_file, *options, folder=folder)
        assert done.returncode == 2
        (error,) = errors(done.stderr)
        assert "export_bytes <= 600 B, where the smallest possible is" in error
    assert [path.name for path in folder.iterdir()] == ["job.toml"]


def test_hours_end_a_job_and_more_hours_go_on(job_file: Path) -> None:
    """What runs is finished; what is queued waits for a larger budget."""
    folder, text = job_file.parent, job_file.read_text()
    job_file.write_text(text.replace("trials = 8", "hours = 0.00003"))
    assert call("run", job_file, "--workers", "2", folder=folder).returncode == 0
    states = [trial["state"] for trial in trials(folder)]
    assert 1 <= states.count("completed") <= 2
    assert set(states) <= {"completed", "queued"}
    job_file.write_text(text.replace("trials = 8", "trials = 4\nhours = 1"))
    assert call("run", job_file, folder=folder).returncode == 0
    assert [trial["state"] for trial in trials(folder)] == ["completed"] * 4


def test_one_worker_is_deterministic(job_file: Path, tmp_path: Path) -> None:
    """The same file and seed give the same configurations and the same qualities twice."""
    text = job_file.read_text().replace("trials = 8", "trials = 6") + "[search]\ndesign = 4\n"
    runs = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "job.toml").write_text(text)
        assert call("run", "job.toml", folder=folder).returncode == 0
        found = trials(folder)
        what = ("key", "seed", "state", "failure")
        qualities = [x["measurements"].get("accuracy") for x in found]
        assert len([x for x in qualities if x is not None]) > len(found) / 2
        runs.append([(*map(x.get, what), y) for x, y in zip(found, qualities, strict=True)])
        assert {"search", "repeat"} & {x["origin"] for x in found}
    assert runs[0] == runs[1]


def test_python_api(job_file: Path, tmp_path: Path) -> None:
    """A search in this process, without a main guard, and an adapter from it."""
    program = (
        "import sys, peftsearch\n"
        "result = peftsearch.search(sys.argv[1], storage='sqlite:///api.db')\n"
        "print(result.job.state, len(result.trials), result.pick('best').values['accuracy'])\n"
        "print(result.export('out', pick='best').form)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(job_file)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("finished 8 ")
    assert (tmp_path / "out" / "README.md").is_file()
