"""Every reader gives as many rows as the file holds, or refuses it."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image

from peftsearch.errors import UserError
from peftsearch.workers.data.image_folders import read_image_folder
from peftsearch.workers.data.sources import read_source
from peftsearch.workers.data.table import Table

COUNT = 120
WANTED = ("text", "label")
STRAY = {9: '"begins', 49: 'ends"', 59: '"both"', 80: 'with "two" inside', 110: '"'}
ROWS = [
    {"text": f"{STRAY.get(i, 'plain')} {i}{STRAY.get(i, '')}", "label": "ab"[i % 2]}
    for i in range(COUNT)
]


def delimited(delimiter: str, quoting: Any) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, quotechar='"')
    writer.writerow(WANTED)
    writer.writerows([row["text"], row["label"]] for row in ROWS)
    return buffer.getvalue()


def plain(delimiter: str) -> str:
    lines = [delimiter.join((row["text"], row["label"])) for row in ROWS]
    return "\n".join([delimiter.join(WANTED), *lines]) + "\n"


def write_text(name: str, make: Callable[[], str]) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        content = make().encode()
        path = folder / name
        path.write_bytes(gzip.compress(content) if name.lower().endswith(".gz") else content)
        return path

    return write


def write_parquet(folder: Path) -> Path:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), folder / "d.PARQUET")
    return folder / "d.PARQUET"


def write_shards(folder: Path) -> Path:
    for number in range(3):
        rows = pyarrow.Table.from_pylist(ROWS[number * 40 : number * 40 + 40])
        pyarrow.parquet.write_table(rows, folder / f"train-0000{number}-of-00003.parquet")
    return folder


def write_saved(folder: Path) -> Path:
    datasets.Dataset.from_list(ROWS).save_to_disk(str(folder / "d"), num_shards=3)
    return folder / "d"


def lines() -> str:
    return "\n".join(map(json.dumps, ROWS))


WRITERS: dict[str, Callable[[Path], Path]] = {
    "csv": write_text("d.csv", lambda: delimited(",", csv.QUOTE_MINIMAL)),
    "upper-case csv": write_text("D.CSV", lambda: delimited(",", csv.QUOTE_MINIMAL)),
    "csv.gz": write_text("d.csv.gz", lambda: delimited(",", csv.QUOTE_MINIMAL)),
    "tsv": write_text("d.tsv", lambda: plain("\t")),
    "tsv.gz": write_text("d.TSV.GZ", lambda: plain("\t")),
    "quoted tsv": write_text("d.tsv", lambda: delimited("\t", csv.QUOTE_ALL)),
    "jsonl": write_text("d.jsonl", lines),
    "jsonl.gz": write_text("d.jsonl.gz", lines),
    "json": write_text("d.json", lambda: json.dumps(ROWS)),
    "json.gz": write_text("d.json.gz", lambda: json.dumps(ROWS, indent=1)),
    "json with lines": write_text("d.json", lines),
    "parquet": write_parquet,
    "folder of parquet": write_shards,
    "folder of datasets": write_saved,
}


def read(path: Path) -> Table:
    (table,) = read_source(str(path), None, WANTED).values()
    return table


@pytest.mark.parametrize("name", WRITERS)
def test_rows_read_are_the_rows_of_the_file(tmp_path: Path, name: str) -> None:
    table = read(WRITERS[name](tmp_path))
    assert table.columns == {key: [row[key] for row in ROWS] for key in WANTED}


def test_images_read_are_the_images_of_the_folder(tmp_path: Path) -> None:
    for i in range(12):
        folder = tmp_path / "ab"[i % 2]
        folder.mkdir(exist_ok=True)
        Image.new("L", (2, 2), i).save(folder / f"{i}.{'PNG' if i % 3 else 'jpg'}")
    (tmp_path / "a" / "notes.txt").write_text("no image")
    table = read_image_folder(tmp_path, ("image", "label"))["train"]
    assert len(table.columns["image"]) == 12
    assert table.notes == (f"1 file of {tmp_path} is no image, and left out",)


def test_quotes_of_a_tsv_stay_and_are_told(tmp_path: Path) -> None:
    table = read(write_text("d.tsv", lambda: 'text\tlabel\n"a"\tx\nb"\ty\n')(tmp_path))
    assert table.columns["text"] == ['"a"', 'b"']
    assert table.notes == (
        f"1 field of {table.origin} begins and ends with a quote, which is kept",
    )


def test_a_tsv_that_fits_with_quotes_alone_is_told(tmp_path: Path) -> None:
    content = 'text\tlabel\n"a\tb"\tx\n"c\nd"\ty\n'
    table = read(write_text("d.tsv", lambda: content)(tmp_path))
    assert table.columns["text"] == ["a\tb", "c\nd"]
    assert table.notes == (
        f"{table.origin} is read with quoted fields: without quotes its lines do not fit",
        f"1 of 2 rows of {table.origin} runs over several lines, by quoted fields",
    )


def test_rows_over_several_lines_of_a_csv_are_told(tmp_path: Path) -> None:
    content = 'text,label\na,x\n"b,y\nc",z\n'
    table = read(write_text("d.csv", lambda: content)(tmp_path))
    assert table.notes == (
        f"1 of 2 rows of {table.origin} runs over several lines, by quoted fields",
    )


def test_columns_that_nobody_reads_may_have_any_header(tmp_path: Path) -> None:
    content = "text,label,,,id,id\na,x,,,1,2\nb,y,,,3,4,,\n"
    table = read(write_text("d.csv", lambda: content)(tmp_path))
    assert table.columns == {"text": ["a", "b"], "label": ["x", "y"]}
    rows = pyarrow.table([["a"], ["x"], [1], [2]], names=["text", "label", "id", "id"])
    pyarrow.parquet.write_table(rows, tmp_path / "d.parquet")
    assert read(tmp_path / "d.parquet").columns == {"text": ["a"], "label": ["x"]}


def test_a_column_that_is_there_twice(tmp_path: Path) -> None:
    path = write_text("d.csv", lambda: "text,label,text\na,x,b\n")(tmp_path)
    with pytest.raises(UserError, match="2 columns of that name"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.json", b'{"text": "a", "label": 1}', "a JSON array of objects, or JSON lines"),
        ("d.json", b'[{"text": "a", "label": 1}, 3]', "a int at row 2"),
        ("d.json", b"[" * 100_000, "a JSON array of objects, or JSON lines"),
        ("d.jsonl", b"[" * 100_000, "JSON in each line"),
        ("d.csv.gz", b"text,label\na,b\n", "a readable data file"),
        (
            "d.csv.gz",
            gzip.compress(b"text,label\n" + b"a,b\n" * 999, mtime=0)[:-20],
            "a readable data file",
        ),
        ("d.jsonl.gz", gzip.compress(lines().encode(), mtime=0)[:-20], "a readable data file"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        read(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_missing_part_of_a_split(tmp_path: Path) -> None:
    write_shards(tmp_path)
    (tmp_path / "train-00001-of-00003.parquet").unlink()
    with pytest.raises(UserError, match="all 3 Parquet files of the split 'train'; got 2"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("files", "splits"),
    [
        (("train.parquet", "validation.parquet"), {"train", "validation"}),
        (("train/0000.parquet", "train/0001.parquet", "test/0000.parquet"), {"train", "test"}),
        (("data/train-00000-of-00001.parquet",), {"train"}),
        (("part-00000-abc.parquet", "part-00001-abc.parquet"), {"train"}),
    ],
)
def test_splits_of_a_folder_of_parquet(
    tmp_path: Path, files: tuple[str, ...], splits: set[str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS[:4]), tmp_path / name)
    tables = read_source(str(tmp_path), None, WANTED)
    assert set(tables) == splits
    assert sum(len(table.columns["text"]) for table in tables.values()) == 4 * len(files)


def test_halves_of_surrogate_pairs_are_replaced_and_told(tmp_path: Path) -> None:
    content = [
        {"text": "half \ud83d", "label": "a"},
        {"text": "whole \U0001f600", "label": "b"},
        {"text": ["\ude00", {"role": "\ud83dx"}], "label": "a"},
    ]
    for name, text in (
        ("d.jsonl", "\n".join(map(json.dumps, content))),
        ("d.json", json.dumps(content)),
    ):
        (tmp_path / name).write_text(text)
        table = read(tmp_path / name)
        assert table.columns["text"] == [
            "half �",
            "whole \U0001f600",
            ["�", {"role": "�x"}],
        ]
        assert len(table.notes) == 1
        assert table.notes[0].startswith(f"2 rows of {table.origin} hold halves of surrogate")


@pytest.mark.parametrize(("rows", "told"), [(9, 1), (10, 0)])
def test_prompts_of_several_lines_each_are_no_news(tmp_path: Path, rows: int, told: int) -> None:
    """Of few rows, all may be what a stray quote has swallowed."""
    content = "text,label\n" + '"b,y\nc",z\n' * rows
    table = read(write_text("d.csv", lambda: content)(tmp_path))
    assert len(table.columns["text"]) == rows
    assert len(table.notes) == told
