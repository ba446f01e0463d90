"""Reading real files of every format."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet
import pytest

from peftsearch.errors import UserError
from peftsearch.workers.data.sources import read_source

WANTED = ("text", "label")
ROWS = [
    {"text": "a, b", "label": "yes", "other": 1},
    {"text": 'say "no"\nplease', "label": "no", "other": 2},
    {"text": "ünï", "label": "yes", "other": 3},
]
CSV = 'text,label,other\n"a, b",yes,1\n"say ""no""\nplease",no,2\nünï,yes,3\n'
COLUMNS = {name: [row[name] for row in ROWS] for name in WANTED}


def read(path: Path, content: str | bytes) -> dict[str, list[Any]]:
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(data)
    tables = read_source(str(path), None, WANTED)
    assert list(tables) == ["train"]
    return dict(tables["train"].columns)


def refuse(path: Path, content: str | bytes) -> str:
    with pytest.raises(UserError) as caught:
        read(path, content)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_with_quotes_and_line_ends(tmp_path: Path, ending: str, mark: str) -> None:
    content = mark + 'text,label\n"a, b",yes\nc,no\n'.replace("\n", ending)
    columns = read(tmp_path / "d.csv", content)
    assert columns == {"text": ["a, b", "c"], "label": ["yes", "no"]}


def test_csv(tmp_path: Path) -> None:
    assert read(tmp_path / "d.csv", CSV) == COLUMNS


def test_tsv(tmp_path: Path) -> None:
    columns = read(tmp_path / "d.tsv", "label\ttext\nyes\ta, b\n")
    assert columns == {"text": ["a, b"], "label": ["yes"]}


@pytest.mark.parametrize(
    ("name", "between", "told"),
    [
        ("d.csv", ";", "with commas between them; got one column 'text;label', as if semicolons"),
        ("d.csv", "\t", "let its name end in .tsv"),
        ("d.tsv", ",", "let its name end in .csv"),
        ("d.tsv", ";", "save it with tabs"),
    ],
)
def test_other_delimiters_are_told(tmp_path: Path, name: str, between: str, told: str) -> None:
    assert told in refuse(tmp_path / name, f"text{between}label\na{between}yes\n")


def test_a_column_whose_name_holds_a_delimiter_is_read_where_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("text; as sent\na; b\n")
    assert read_source(str(path), None, ["Text; as sent"])["train"].columns == {
        "Text; as sent": ["a; b"]
    }


def test_csv_keeps_words_that_other_readers_take_for_missing(tmp_path: Path) -> None:
    columns = read(tmp_path / "d.csv", "text,label\nNone,NA\nnull,\n")
    assert columns == {"text": ["None", "null"], "label": ["NA", None]}


def test_jsonl(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(row) for row in ROWS) + "\n\n"
    assert read(tmp_path / "d.jsonl", lines) == COLUMNS


def test_jsonl_without_a_key_in_one_row_has_none_there(tmp_path: Path) -> None:
    columns = read(tmp_path / "d.jsonl", '{"text": "a", "label": 1}\n{"text": "b"}\n')
    assert columns["label"] == [1, None]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    assert read_source(str(path), None, WANTED)["train"].columns == COLUMNS


def test_saved_dataset(tmp_path: Path) -> None:
    datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "d"))
    tables = read_source(str(tmp_path / "d"), None, WANTED)
    assert tables["train"].columns == COLUMNS
    assert tables["train"].classes is None


def test_saved_dataset_dict_with_class_labels(tmp_path: Path) -> None:
    features = datasets.Features(
        text=datasets.Value("string"), label=datasets.ClassLabel(names=["worse", "better"])
    )
    rows = {"text": ["a", "b", "c"], "label": [1, 0, -1]}
    split = datasets.Dataset.from_dict(rows, features=features)
    saved = datasets.DatasetDict({"train": split, "test": split.select([0])})
    saved.save_to_disk(str(tmp_path / "d"))
    tables = read_source(str(tmp_path / "d"), None, WANTED)
    assert tables["train"].columns["label"] == ["better", "worse", None]
    assert tables["test"].columns["text"] == ["a"]
    assert tables["train"].classes == ("worse", "better")
    assert "[test]" in tables["test"].origin


def test_wrong_column_names_the_columns_and_the_nearest(tmp_path: Path) -> None:
    message = refuse(tmp_path / "d.csv", "txet,label,id\na,b,c\n")
    assert "txet, label, id" in message
    assert "did you mean 'txet'?" in message


def test_wrong_column_in_each_format(tmp_path: Path) -> None:
    frame = pyarrow.Table.from_pylist([{"review": "a", "label": 1}])
    pyarrow.parquet.write_table(frame, tmp_path / "d.parquet")
    (tmp_path / "d.jsonl").write_text('{"review": "a", "label": 1}\n')
    datasets.Dataset.from_list([{"review": "a", "label": 1}]).save_to_disk(str(tmp_path / "d"))
    for name in ("d.parquet", "d.jsonl", "d"):
        with pytest.raises(UserError, match="expected a column among review, label in"):
            read_source(str(tmp_path / name), None, WANTED)


@pytest.mark.parametrize("name", ["d.csv", "d.jsonl", "d.parquet", "d"])
def test_a_column_of_another_case_is_meant_in_each_format(name: str, tmp_path: Path) -> None:
    rows = [{"Text ": "a", "LABEL": "x"}, {"Text ": "b", "LABEL": "y"}]
    (tmp_path / "d.csv").write_text("Text ,LABEL\na,x\nb,y\n")
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "d.parquet")
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "d"))
    tables = read_source(str(tmp_path / name), None, WANTED)
    assert tables["train"].columns == {"text": ["a", "b"], "label": ["x", "y"]}


def test_a_column_of_the_very_name_is_meant_before_others(tmp_path: Path) -> None:
    columns = read(tmp_path / "d.csv", "Text,text,label\na,b,c\n")
    assert columns == {"text": ["b"], "label": ["c"]}


def test_of_two_columns_that_may_be_meant_none_is_taken(tmp_path: Path) -> None:
    message = refuse(tmp_path / "d.csv", "Text,TEXT,label\na,b,c\n")
    assert "expected a column among Text, TEXT, label" in message


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("d.csv", "", "empty"),
        ("d.csv", "text,label\n", "rows"),
        ("d.jsonl", "\n\n", "rows"),
        ("d.csv", "text,label\na,b\nc,d,e\n", "3 at line 3"),
        ("d.csv", "text,label\na,b\nc\n", "1 at line 3"),
        ("d.csv", 'text,label\n"a"x,b\n', "line 2"),
        ("d.csv", 'text,label\n"a,b\n', "line 2"),
        ("d.csv", b"text,label\n\xff\xfe,b\n", "UTF-8"),
        ("d.jsonl", '{"text": "a", "label": 1}\n{"text": }\n', "line 2"),
        ("d.jsonl", "[1]\n", "line 1 with a list"),
        ("d.parquet", "not parquet", "a Parquet file"),
        ("d.xlsx", "x", ".csv, .tsv, .json, .jsonl, .parquet"),
        ("data", "x", ".csv, .tsv, .json, .jsonl, .parquet"),
        ("d.parquet.gz", "x", ".csv, .tsv, .json, .jsonl, .parquet"),
    ],
)
def test_broken_file(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    assert words in refuse(tmp_path / name, content)


@pytest.mark.parametrize("source", ["nothing.csv", "/no/such/folder/d.parquet", "./data set"])
def test_missing_file(source: str) -> None:
    with pytest.raises(UserError, match="no file"):
        read_source(source, None, WANTED)


def test_folder_that_datasets_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(CSV)
    with pytest.raises(UserError, match="save_to_disk"):
        read_source(str(tmp_path), None, WANTED)


def test_empty_saved_dataset(tmp_path: Path) -> None:
    datasets.Dataset.from_dict({"text": [], "label": []}).save_to_disk(str(tmp_path / "d"))
    with pytest.raises(UserError, match="rows"):
        read_source(str(tmp_path / "d"), None, WANTED)


def test_unreachable_hub_is_one_line() -> None:
    """In a process of its own, as the hub's client reads its switch once, when imported."""
    code = f"""
import os
os.environ["HF_HUB_OFFLINE"] = "1"
from peftsearch.errors import UserError
from peftsearch.workers.data.sources import read_source
try:
    read_source("nobody/no-such-data", None, {WANTED!r})
except UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert "nobody/no-such-data" in done.stdout and "HF_HUB_OFFLINE is set" in done.stdout


@pytest.mark.parametrize("name", ["../other/data.arrow", "/etc/passwd", "..", "a/b.arrow", None])
def test_a_saved_set_leads_to_no_file_elsewhere(tmp_path: Path, name: str | None) -> None:
    datasets.Dataset.from_dict({"text": ["a"], "label": [0]}).save_to_disk(tmp_path / "set")
    state = tmp_path / "set" / "state.json"
    said = json.loads(state.read_text())
    said["_data_files"] = [{"filename": name}]
    state.write_text(json.dumps(said))
    with pytest.raises(UserError, match=r"plain names of files beside it; got .*state\.json"):
        read_source(str(tmp_path / "set"), None, ["text", "label"])


def test_a_set_of_splits_leads_to_no_split_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "../other"]}')
    with pytest.raises(UserError, match=r"got '\.\./other' in .*dataset_dict\.json"):
        read_source(str(tmp_path / "set"), None, ["text", "label"])


def test_a_folder_that_cannot_be_walked_is_told(unwalkable: Path) -> None:
    with pytest.raises(UserError, match="a (readable folder of data|folder with rows)"):
        read_source(str(unwalkable), None, ["text", "label"])
