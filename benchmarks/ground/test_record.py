"""The recorder of grids, on a tiny model: what it writes of a training, and how it goes on."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from benchmarks.ground import pairs, record
from benchmarks.ground.averages import Averages
from benchmarks.ground.watching import mend_end, read_spool
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.specs import make_spec
from tests.workers.families import save_model
from tests.workers.runners import write_texts

TASK = {"max_length": 16, "metric": "accuracy"}
COUNT = 4


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> pairs.Pair:
    """160 texts and a model of three layers."""
    folder = tmp_path_factory.mktemp("tiny")
    save_model(folder / "model", "bert")
    data = write_texts(folder / "data.csv")
    return pairs.Pair(lambda: str(folder / "model"), lambda: str(data), TASK)


@pytest.fixture
def recorder(tiny: pairs.Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command, in a folder of its own; `work` names a machine's."""
    monkeypatch.setattr(pairs, "PAIRS", {"tiny": tiny})
    monkeypatch.setattr(record, "HERE", tmp_path / "ground")
    monkeypatch.setattr(record, "PIECE", 2)

    def run(work: str, *options: str) -> list[dict[str, Any]]:
        arguments = ["record", "tiny", "--draw", str(COUNT), "--epochs", "1", *options]
        monkeypatch.setattr("sys.argv", [*arguments, "--work", str(tmp_path / work)])
        record.main()
        return record.read_pieces(tmp_path / "ground" / "tiny", "tiny-tiny-0")

    return run


def fail_after(monkeypatch: pytest.MonkeyPatch, good: int, error: BaseException) -> list[int]:
    """Trainings beyond `good` raise; the number of those that were begun."""
    plain, begun = TrialRunner._measure, [0]

    def measure(self: TrialRunner, *arguments: Any) -> Any:
        begun[0] += 1
        if begun[0] > good:
            raise error
        return plain(self, *arguments)

    monkeypatch.setattr(TrialRunner, "_measure", measure)
    return begun


def test_a_training_is_written_with_what_a_job_does_not_keep(recorder: Any) -> None:
    rows = recorder("here")
    assert len({row["key"] for row in rows}) == COUNT
    for row in rows:
        assert row["failure"] is None
        assert 0 <= row["test_accuracy"] <= 1
        if row["adapted_layers"]:
            assert all(0 <= row[f"accuracy_{at}"] <= 1 for at in record.LOOKS)
            assert row["accuracy_at_end"] == row["accuracy"]
            assert all(0 <= row[f"accuracy_average_{at}"] <= 1 for at in record.LOOKS)
            assert len(row["losses"]) == len(rows[-1]["losses"])
    folder = record.HERE / "tiny"
    assert [pq.read_metadata(x).num_rows for x in sorted(folder.glob("*.parquet"))] == [2, 2]
    told = json.loads(pq.read_schema(folder / "tiny-tiny-0-000.parquet").metadata[b"ground"])
    assert "path" not in told["spec"]["model"] and str(folder.parents[1]) not in json.dumps(told)
    floors = json.loads((folder / "tiny-tiny-0.json").read_text())["floors"]
    assert all("accuracy" in scores for scores in floors.values())


@pytest.mark.parametrize("work", ["here", "another machine"])
def test_what_is_recorded_is_not_trained_again(
    work: str, recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_after(patch, 3, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            recorder("here")
    before = record.read_pieces(record.HERE / "tiny", "tiny-tiny-0")
    assert len(before) == 3
    floors = json.loads((record.HERE / "tiny" / "tiny-tiny-0.json").read_text())["floors"]
    assert floors
    begun = fail_after(monkeypatch, COUNT, AssertionError("too many"))
    rows = recorder(work)
    assert begun == [COUNT - 3]
    assert rows[:3] == before
    assert len({row["key"] for row in rows}) == COUNT


def test_a_first_row_that_knows_little_takes_nothing_from_the_others(tmp_path: Path) -> None:
    spec = make_spec("x")
    failed = {"key": "a", "failure": "bug", "cpu_seconds": 1.0}
    rows = [failed, {"key": "b", "failure": None, "cpu_seconds": 9.0, "accuracy": 0.5}]
    record.write_piece(tmp_path / "x-000.parquet", rows, spec, {})
    first, second = record.read_pieces(tmp_path, "x")
    assert first == failed | {"accuracy": None} and second == rows[1]


def test_shares_of_several_processes_are_gathered(recorder: Any, tmp_path: Path) -> None:
    for share in (1, 2):
        assert not recorder(f"share{share}", "--share", f"{share}/2")
    rows = recorder("none", "--gather", str(tmp_path / "share?" / "tiny-tiny-0.jsonl"))
    assert len({row["key"] for row in rows}) == COUNT == len(rows)


def test_spools_that_grew_are_gathered_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came later of the first one moves nothing of the second out of a full piece."""
    monkeypatch.setattr(record, "PIECE", 2)
    monkeypatch.setattr(record, "describe", lambda row, anatomy: row)
    spec, row = make_spec("x"), {"seed": 0, "failure": None, "cpu_seconds": 1.0}
    spools: list[list[dict[str, Any]]] = [[row | {"key": f"{name}0"}] for name in "ab"]
    for k in (1, 2, 3):
        record.write_pieces(tmp_path, [x for spool in spools for x in spool], spec)
        for name, spool in zip("ab", spools, strict=True):
            spool.append(row | {"key": f"{name}{k}"})
    found = [x["key"] for x in record.read_pieces(tmp_path, spec.name)]
    assert found == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_half_a_line_of_a_killed_recorder_is_no_training(tmp_path: Path) -> None:
    spool = tmp_path / "x.jsonl"
    spool.write_text('{"key": "a", "seed": 0}\n{"key": "b", "se')
    assert [x["key"] for x in read_spool(spool)] == ["a"]
    mend_end(spool)
    with spool.open("a") as file:
        file.write('{"key": "c", "seed": 0}\n')
    assert [x["key"] for x in read_spool(spool)] == ["a", "c"]


def test_a_look_at_recent_weights_leaves_the_training_as_it_was() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    averages = Averages([weight], (2, 4))
    for step in range(1, 5):
        weight.data.fill_(step)
        averages.step()
        if step in (2, 4):
            averages.paused = True
            averages.step()  # a tick of an evaluation
            with averages.applied():
                assert weight.tolist() == ([2.0] * 2 if step == 2 else [3.5] * 2)
            assert weight.tolist() == [step] * 2
            averages.paused = False


def test_a_training_that_fails_is_a_row_too(
    recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_after(monkeypatch, COUNT - 1, RuntimeError("of no use"))
    rows = recorder("here")
    assert [row["failure"] for row in rows][:-1] == [None] * (COUNT - 1)
    assert rows[-1]["message"] == "RuntimeError: of no use"
