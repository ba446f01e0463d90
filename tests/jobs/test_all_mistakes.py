"""One answer tells all that is wrong with a job file, and what is no job file."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.all_mistakes import read_job
from peftsearch.jobs.jobfile import DataForJob

from .folders import JOB, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path)


def test_a_right_file_is_read(folder: Path) -> None:
    assert read_job(folder / "job.toml").model.path == str(folder / "model")


def test_mistakes_of_keys_model_and_space_come_together(folder: Path) -> None:
    """The wrong key of a column hides the misspelt one beside it from a single look."""
    text = JOB.replace('"model"', '"modell"') + 'epochs = 3\n[space]\nroles = ["nose"]\n'
    (folder / "job.toml").write_text(text.replace("[task]", '[task]\nprompt = "a"\nlable = "b"'))
    with pytest.raises(UserError) as refused:
        read_job(folder / "job.toml")
    told = {x.where for x in (refused.value, *refused.value.others)}
    assert {"task.prompt", "task.lable", "model.path"} < told
    assert len(told) == 4


def test_a_model_and_data_that_are_not_there_come_together(folder: Path) -> None:
    """Of the data too, that of the validation."""
    text = JOB.replace('"model"', '"modell"').replace("tickets.csv", "ticket.csv")
    text = text.replace("[task]", '[task]\nvalidation = "seen.csv"')
    (folder / "job.toml").write_text(text)
    with pytest.raises(UserError) as refused:
        read_job(folder / "job.toml")
    told = {x.where: str(x) for x in (refused.value, *refused.value.others)}
    assert told.keys() == {"model.path", "task.train", "task.validation"}
    assert "no file" in told["task.train"] and "seen.csv" in told["task.validation"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("d.csv", "text,label\na,b\n"), ("d.jsonl", "{}\n"), ("d.json", "[{}]"), ("d.tsv.gz", "")],
)
def test_data_is_no_job_file(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataForJob, match="which looks like data; name it under task.train"):
        read_job(tmp_path / name)


def test_a_folder_is_no_job_file(tmp_path: Path) -> None:
    with pytest.raises(DataForJob, match="which is a folder"):
        read_job(tmp_path)


def test_json_of_a_job_is_one(folder: Path) -> None:
    (folder / "job.json").write_text('{"name": "a b"}')
    with pytest.raises(UserError) as refused:
        read_job(folder / "job.json")
    assert not isinstance(refused.value, DataForJob)
