"""What a form is made of: the schema, starting points, techniques."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from peftsearch.service.starts import starts
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.jobspec.spec import find_mistakes
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.techniques.table import TECHNIQUES
from tests.conftest import NewDatabase

from .sites import client_of, open_site

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def client(new_sqlite: NewDatabase) -> Iterator[TestClient]:
    with client_of(open_site(new_sqlite())) as client:
        yield client


def test_schema_describes_the_keys(client: TestClient) -> None:
    schema = client.get("/api/v1/schema").json()
    task = schema["$defs"]["TaskSpec"]
    assert task["description"].endswith("A column that the kind does not read is None.")
    assert task["properties"]["prompt"]["description"] == "What a language model is given."
    assert task["properties"]["text"]["description"].endswith("loss on every token.")
    assert schema["$defs"]["TrainingSpec"]["properties"]["warmup"]["description"] == (
        "share of the steps"
    )
    assert "Attributes:" not in str(schema)
    assert schema["required"] == ["name", "model", "task", "budget"]


def test_starting_points_are_right_and_told_in_words(client: TestClient) -> None:
    found = client.get("/api/v1/presets").json()
    names = [start["name"] for start in found]
    assert names[0] == "demo" and "own" in names
    assert len({start["title"] for start in found}) == len(found) == len(starts())
    for start in found:
        assert find_mistakes(start["spec"]) == []
        assert start["description"].endswith(".")


def test_starting_points_are_the_examples() -> None:
    """One file each: what people read in `examples/` is what the form starts from."""
    found = {start.name: start.spec for start in starts()}
    told = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in EXAMPLES.glob("*.toml")}
    assert found == told


def test_objectives_say_how_their_values_are_written(client: TestClient) -> None:
    found = {row["name"]: row for row in client.get("/api/v1/objectives").json()["objectives"]}
    assert list(found) == list(OBJECTIVES)
    depth, size, accuracy = (found[x] for x in ("backward_depth", "adapter_bytes", "accuracy"))
    assert (depth["label"], depth["unit"], depth["style"]) == ("backward depth", "layers", "count")
    assert (size["style"], size["known"], size["maximise"]) == ("size", True, False)
    assert (accuracy["style"], accuracy["share"], accuracy["known"]) == ("score", True, False)


def test_kinds_of_task_say_what_they_read_and_measure(client: TestClient) -> None:
    found = {row["name"]: row for row in client.get("/api/v1/kinds").json()["kinds"]}
    assert list(found) == list(KINDS)
    assert found["causal_lm"]["columns"][1:] == [{"messages": "messages"}, {"text": "text"}]
    assert found["seq2seq"]["baseline"] == "base model" and not found["seq2seq"]["fresh_head"]
    assert found["regression"]["baseline"] == "linear probe"
    assert [row["name"] for row in found.values() if row["inputs"] == "images"] == [
        "image_classification"
    ]
    assert all(set(row["qualities"]) <= set(OBJECTIVES) for row in found.values())


def test_techniques(client: TestClient) -> None:
    found = client.get("/api/v1/techniques").json()["techniques"]
    assert [row["name"] for row in found] == list(TECHNIQUES)
    lora = next(row for row in found if row["name"] == "lora")
    assert (lora["group"], lora["exports_as"], lora["capacity_name"]) == (
        "lowrank",
        "peft",
        "rank",
    )
