"""The file of a closed space: what it may hold, and how a wrong line is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import Conflict, UserError
from peftsearch.jobs import life
from peftsearch.jobs.jobfile import complete_spec, read_spec
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store

from .folders import JOB, write_folder


def lora(rank: int, **changes: Any) -> dict[str, Any]:
    module = {"technique": "lora", "capacity": rank, "roles": ["query"]}
    whole = {"start": 0.0, "stop": 1.0, "modules": [module]}
    return {"learning_rate": 1e-3, "strata": [whole]} | changes


LISTED = [lora(1), lora(2), lora(4)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path, f'{JOB}[space]\nconfigurations = "list.jsonl"\n')


def read(folder: Path, text: str) -> JobSpec:
    (folder / "list.jsonl").write_text(text)
    return read_spec(folder / "job.toml")


TEXTS = {
    "lines": "\n\n".join(map(json.dumps, LISTED)) + "\n",
    "list": json.dumps(LISTED),
    "spread": "\n" + json.dumps(LISTED, indent=2) + "\n",
    "byte order mark": "\ufeff" + "\r\n".join(map(json.dumps, LISTED)),
    "front": json.dumps([{"row": 1, "configuration": x} for x in LISTED]),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_file_is_json_lines_or_a_list(folder: Path, text: str) -> None:
    assert list(read(folder, text).space.listed) == LISTED


def test_the_same_list_may_stand_in_the_job_file(folder: Path) -> None:
    listed = read(folder, TEXTS["lines"]).to_json()
    (folder / "list.jsonl").unlink()
    again = complete_spec(listed, folder)
    assert again == complete_spec(again.to_json(), folder)
    assert again.space.listed == tuple(LISTED)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("{", "a configuration as JSON in line 3 of list.jsonl; got no JSON"),
        ("{} {}", "line 3 of list.jsonl; got '{}' after it"),
        ("[1]", "line 3 of list.jsonl; got"),
        ('{"learning_rate": NaN}', "line 3 of list.jsonl; got NaN"),
        ('{"learning_rate": 1%s}' % ("0" * 5000), "line 3 of list.jsonl; got what no program"),
        ('{"a": %s}' % ("[" * 100_000), "line 3 of list.jsonl; got what no program"),
        ("{}", "learning_rate and strata of start, stop, modules in line 3 of list.jsonl"),
        (json.dumps(lora(1, learning_rate=2.0)), "between 0 and 1 in line 3 of list.jsonl"),
        (json.dumps(lora(1, learning_rate=1e999)), "line 3 of list.jsonl; got Infinity"),
        (json.dumps(lora(1, epochs=2)), "where it is not searched in line 3 of list.jsonl"),
        (json.dumps(lora(-1)), "a capacity >= 0 for lora in line 3 of list.jsonl"),
        ('{"recipe": "best"}', "a recipe among .* in line 3 of list.jsonl; got 'best'"),
    ],
)
def test_a_wrong_line_is_named(folder: Path, item: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as found:
        read(folder, f"{json.dumps(LISTED[0])}\n\n{item}\n")
    assert found.value.where == "space.configurations"
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[\n{},\n3\n]", "line 3 of list.jsonl; got 3"),
        ("[{}\n{}]", "line 2 of list.jsonl; got neither a comma"),
        ("[\n{}", "line 2 of list.jsonl; got neither a comma"),
        ("[{}]\nx", "got more after the end of the list"),
        ("[\n\n{\n'a'}]", "line 4 of list.jsonl; got no JSON"),
        ("[]", "at least one configuration; got none in list.jsonl"),
        (" \n", "at least one configuration; got none in list.jsonl"),
    ],
)
def test_a_wrong_list_is_told_by_its_line(folder: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(folder, text)


def test_a_value_that_the_job_does_not_search_is_named(folder: Path) -> None:
    listed = [lora(1), lora(1, epochs=3)]
    data = read(folder, TEXTS["lines"]).to_json() | {"training": {"epochs": [1, 2]}}
    data["space"] = {"configurations": listed}
    with pytest.raises(
        UserError, match=r"epochs among 1, 2 in a configuration in configuration 2"
    ):
        complete_spec(data, folder)


def test_files_that_cannot_be_read(folder: Path) -> None:
    with pytest.raises(UserError, match="a file of configurations; got no file"):
        read_spec(folder / "job.toml")
    (folder / "list.jsonl").mkdir()
    with pytest.raises(UserError, match="no file"):
        read_spec(folder / "job.toml")
    (folder / "list.jsonl").rmdir()
    (folder / "list.jsonl").write_bytes(b"\xff\xfe{")
    with pytest.raises(UserError, match="a readable file of configurations"):
        read_spec(folder / "job.toml")


def test_too_many_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peftsearch.jobs.listed.MOST", 2)
    with pytest.raises(UserError, match="at most 2 configurations; got 3"):
        read(folder, TEXTS["lines"])


def test_a_job_keeps_its_list_and_not_its_file(folder: Path) -> None:
    spec = read(folder, TEXTS["lines"])
    with Store.open(f"sqlite:///{folder}/x.db") as store:
        life.create(store, spec)
        (folder / "list.jsonl").unlink()
        life.stop(store, "tickets")
        assert life.resume(store, "tickets").spec.space.listed == tuple(LISTED)
        shorter = read(folder, json.dumps(LISTED[:2]))
        with pytest.raises(Conflict, match=r"other values of space\.configurations"):
            life.create_or_resume(store, shorter)
        assert life.create_or_resume(store, read(folder, TEXTS["list"])).spec == spec
