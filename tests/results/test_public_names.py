"""Texts for people elsewhere name no path of this machine."""

from pathlib import Path

import pytest

from peftsearch.results.exports.public_names import find_places, hub_id, name_paths, public_name
from peftsearch.samples import minilm
from peftsearch.samples.fetch import fetch_sample, name_sample
from tests.specs import make_spec


@pytest.mark.parametrize(
    ("source", "name", "hub"),
    [
        ("org/name", "org/name", "org/name"),
        ("bert-base", "bert-base", "bert-base"),
        ("package:models", "package:models", None),
        ("/home/ann/model", "model", None),
        ("/home/ann/model/", "model", None),
        ("~/model", "model", None),
        ("../data/x.csv", "x.csv", None),
        ("C:\\Users\\ann\\x.csv", "x.csv", None),
        ("/", "...", None),
    ],
)
def test_a_source(source: str, name: str, hub: str | None) -> None:
    assert (public_name(source), hub_id(source)) == (name, hub)


def test_samples_are_called_as_job_files_call_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    fetched = str(fetch_sample("demo:digits", print))
    assert public_name(fetched) == name_sample(fetched) == "demo:digits"
    model = tmp_path / f"{minilm.PACKAGE.name}-{minilm.PACKAGE.version}"
    assert public_name(str(model)) == "demo:model"
    assert name_paths(f"of {model}") == "of demo:model"
    assert public_name(str(tmp_path / "other" / "digits")) == "digits"
    assert name_sample("org/model") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no file '/home/ann/x.csv'; give one", "no file 'x.csv'; give one"),
        ("accuracy and/or F1 of q+v, 3/4", "accuracy and/or F1 of q+v, 3/4"),
        ("see https://a.org/b/c and (/tmp/d)", "see https://a.org/b/c and (d)"),
        ("file=/home/ann/x.csv", "file=x.csv"),
        ("of `C:\\Users\\ann\\x.csv`", "of `x.csv`"),
        ("one / two", "one / two"),
        ("a\n  /b/c\n", "a\n  c\n"),
        ("", ""),
    ],
)
def test_paths_in_a_text(text: str, told: str) -> None:
    assert name_paths(text) == told


def test_places_of_a_job_may_hold_blanks_and_plain_data_is_walked() -> None:
    spec = make_spec(task={"train": "/home/ann lee/my data/train.csv"})
    places = find_places(spec, Path("/home/ann lee/jobs.files"))
    data = {"a": ["rows of /home/ann lee/my data/train.csv", 1, None], "b": ("/home/ann lee/x",)}
    assert name_paths(data, places) == {"a": ["rows of train.csv", 1, None], "b": [".../x"]}
