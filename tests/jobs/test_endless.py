"""Job files of any depth, length and letters end in one line, exit code 2."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import complete_spec, read_spec
from peftsearch.message_text import LONGEST_PATH

TEXTS = st.sampled_from(
    ["https://host/", "a/", "sqlite://", "demo:", "package:", "~", "\0", "'", "x", "\ud83d", " "]
)
KEYS = (
    "name",
    "model.path",
    "task.train",
    "task.text",
    "task.subset",
    "task.kind",
    "space.preset",
)


def job(folder: Path) -> dict[str, Any]:
    """A job as plain data whose model and data are not there."""
    task = {"train": "train.csv", "test": str(folder / "test.csv")}
    return {"name": "a", "model": {"path": "./m"}, "task": task, "budget": {"trials": 2}}


def check(error: UserError) -> None:
    """That it is one line, and short: a path that may be copied is whole up to 400 characters,
    and a reason may stand behind it."""
    assert len(str(error).splitlines()) == 1
    assert len(error.got) <= LONGEST_PATH + 60


@pytest.mark.parametrize("depth", [60, 500, 20_000])
@pytest.mark.parametrize(
    "pattern",
    [("x = ", "[", "]"), ("x = ", "{a=", "}"), ('{"x": ', "[", "]}"), ('{"x": ', '{"a":', "}")],
)
def test_nested_without_end(tmp_path: Path, pattern: tuple[str, str, str], depth: int) -> None:
    start, opening, closing = pattern
    value = "1" if "{" in opening else ""
    text = f"{start}{opening * depth}{value}{closing[:1] * depth}{closing[1:]}"
    if start.startswith("{") and "{" in opening:
        text += "}"
    (tmp_path / "job.toml").write_text(text[:90_000])
    with pytest.raises(UserError) as caught:
        read_spec(tmp_path / "job.toml")
    check(caught.value)


def test_a_file_without_end() -> None:
    with pytest.raises(UserError, match="at most 100,000 characters .*; got more"):
        read_spec("/dev/zero")


@pytest.mark.parametrize("text", ["k" * 90_000, "[" + "t" * 90_000 + "]", f'"{"q" * 90_000}" = 1'])
def test_a_key_without_end(tmp_path: Path, text: str) -> None:
    (tmp_path / "job.toml").write_text(text)
    with pytest.raises(UserError) as caught:
        read_spec(tmp_path / "job.toml")
    check(caught.value)


@given(st.sampled_from(KEYS), st.lists(TEXTS, min_size=1, max_size=3).map("".join))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_of_thousands_of_letters(tmp_path: Path, key: str, unit: str) -> None:
    data = job(tmp_path)
    *sections, name = key.split(".")
    place = data if not sections else data.setdefault(sections[0], {})
    place[name] = unit * 5000
    with pytest.raises(UserError) as caught:
        complete_spec(data, tmp_path)
    check(caught.value)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=20))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_of_any_key(tmp_path: Path, value: Any) -> None:
    for key in ("model", "task", "budget", "try", "objectives", "space", "training"):
        with pytest.raises(UserError) as caught:
            complete_spec(json.loads(json.dumps(job(tmp_path) | {key: value})), tmp_path)
        check(caught.value)
