"""What a spec from a network may name: nothing outside the roots, however it is written."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.jobs import confinement
from peftsearch.jobs.confinement import Confinement
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec

from .folders import CONFIG

ROWS = "text,label\nhello,1\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`root/` with a model, data and links; `other/` beside it, with the same."""
    place = tmp_path_factory.mktemp("confined").resolve()
    for name in ("root", "other", "root-too"):
        (place / name / "model").mkdir(parents=True)
        (place / name / "model" / "config.json").write_text(json.dumps(CONFIG))
        (place / name / "data.csv").write_text(ROWS)
    root = place / "root"
    (root / "folder").mkdir()
    (root / "out").symlink_to(place / "other")
    (root / "out.csv").symlink_to(place / "other" / "data.csv")
    (root / "nowhere.csv").symlink_to(place / "other" / "none.csv")
    (root / "in.csv").symlink_to(root / "data.csv")
    (root / "loop.csv").symlink_to(root / "loop.csv")
    (root / "name").symlink_to(place / "other" / "model")
    return place


def make(place: Path, **changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "name": "x",
        "model": {"path": str(place / "root" / "model")},
        "task": {"train": str(place / "root" / "data.csv")},
        "budget": {"trials": 1},
    }
    for key, value in changes.items():
        section, name = key.split("_")
        spec.setdefault(section, {})[name] = value
    return spec


def complete(place: Path, **changes: Any) -> JobSpec:
    root = place / "root"
    return complete_spec(make(place, **changes), root, (root,))


KEYS = ["model_path", "task_train", "task_validation", "task_test", "space_configurations"]
OUTSIDE = [
    "{place}/other/data.csv",
    "{place}/other/none.csv",
    "{place}/root-too/data.csv",
    "{place}/root/../other/data.csv",
    "{place}",
    "../other/data.csv",
    "../root-too/data.csv",
    "folder/../../other/data.csv",
    "none/../../other/data.csv",
    "./../other/model",
    "..",
    "out/data.csv",
    "out/model",
    "out.csv",
    "nowhere.csv",
    "loop.csv",
    "name",
    "out/not-there-yet",
    "/etc/passwd",
    "/",
    "~",
    "~/data.csv",
    "~root/data.csv",
    "~nobody-of-this-name/data.csv",
    "//server/share/data.csv",
    "\\\\server\\share\\data.csv",
    "C:\\data.csv",
    "file:///etc/passwd",
    "file:{place}/other/data.csv",
    "s3://bucket/data.csv",
    "memory://data.csv",
    "http://127.0.0.1/data.csv",
    "zip://data.csv::{place}/other/a.zip",
    "hf://datasets/a/b/data.csv",
    "simplecache::http://127.0.0.1/data.csv",
    "package:../other/model",
    "package:a/b",
    "package:",
    "data.csv\0",
    "a\nb",
    "\ud800",
    "",
    "x" * 5000,
]


@pytest.mark.parametrize("value", OUTSIDE)
@pytest.mark.parametrize("key", KEYS)
def test_outside_is_refused_before_anything_is_read(
    place: Path, key: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*arguments: object) -> None:
        raise AssertionError("it was read")

    monkeypatch.setattr("peftsearch.jobs.jobfile.read_config", read)
    monkeypatch.setattr("peftsearch.jobs.jobfile.fetch_sample", read)
    monkeypatch.setattr("peftsearch.jobs.jobfile.read_list", read)
    with pytest.raises(UserError) as caught:
        complete(place, **{key: value.format(place=place)})
    assert caught.value.where == key.replace("_", ".")
    if value or key != "space_configurations":
        assert caught.value.expected.startswith("a path within the service's data folders")


def test_refusal_does_not_tell_whether_a_file_is_there(place: Path) -> None:
    messages = set()
    for name in ("data.csv", "none.csv"):
        with pytest.raises(UserError) as caught:
            complete(place, task_train=str(place / "other" / name))
        messages.add(str(caught.value).replace(name, "NAME"))
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("value", "real"),
    [
        ("data.csv", "root/data.csv"),
        ("./data.csv", "root/data.csv"),
        ("folder/../data.csv", "root/data.csv"),
        ("{place}/root/data.csv", "root/data.csv"),
        ("{place}/other/../root/data.csv", "root/data.csv"),
        ("in.csv", "root/data.csv"),
        ("none.csv", "root/none.csv"),
        ("out/../data.csv", None),
    ],
)
def test_inside(place: Path, value: str, real: str | None) -> None:
    value = value.format(place=place)
    if real is None:  # `..` after a link leads beside what it points to
        with pytest.raises(UserError, match="a path within"):
            complete(place, task_train=value)
    else:
        assert complete(place, task_train=value).task.train == str(place / real)


@pytest.mark.parametrize("value", ["user/data", "data-set", "user/data.v2"])
def test_hub_ids_stay(place: Path, value: str) -> None:
    assert complete(place, task_train=value).task.train == value


def test_hub_id_that_is_a_folder_where_the_service_works(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    with pytest.raises(UserError, match="a path within"):
        complete(place, task_train="other/model")
    monkeypatch.chdir(place / "root")
    complete(place, task_train="other/model")


def test_packages_and_samples_may_be_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "peftsearch.jobs.jobfile.fetch_sample", lambda name, report: place / "sample"
    )
    assert complete(place, task_train="demo:data").task.train == str(place / "sample")
    with pytest.raises(UserError, match="no package 'no-such-package'"):
        complete(place, model_path="package:no-such-package")


def test_subset_is_a_name(place: Path) -> None:
    assert complete(place, task_subset="en-1.0").task.subset == "en-1.0"
    with pytest.raises(UserError, match="the name of a subset"):
        complete(place, task_subset="../x")


def test_without_roots_any_path_may_be_named(place: Path) -> None:
    data = make(place, task_train=str(place / "other" / "data.csv"))
    assert complete_spec(data, place / "root").task.train == str(place / "other" / "data.csv")


@pytest.mark.parametrize("value", ["~nobody-of-this-name/data", "x" * 5000])
def test_unusable_paths_are_the_users_mistake(place: Path, value: str) -> None:
    with pytest.raises(UserError) as caught:
        complete_spec(make(place, task_train=value), place / "root")
    assert caught.value.where == "task.train"


def test_root_that_is_itself_a_link(place: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place / "root")
    spec = make(place, task_train="data.csv")
    found = complete_spec(spec, tmp_path / "link", (tmp_path / "link",))
    assert found.task.train == str(place / "root" / "data.csv")


PARTS = st.sampled_from(
    ["..", ".", "", "out", "out.csv", "data.csv", "other", "root", "folder", "in.csv", "~", "name"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PARTS, max_size=6), st.booleans(), st.booleans())
@example(["out", "..", "other", "data.csv"], False, False)
def test_what_passes_is_within(place: Path, parts: list[str], above: bool, full: bool) -> None:
    """Whatever is let through leads into the root by the operating system's own rules."""
    root, value = place / "root", "/".join(parts)
    value = f"{place}/{value}" if above else f"{root}/{value}" if full else value
    spec = parse_spec(make(place, task_train=value))
    try:
        Confinement((root,)).check(spec, root)
    except UserError:
        return
    real = os.path.realpath(os.path.join(root, value))
    assert real == str(root) or real.startswith(f"{root}/")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_gets_an_answer(place: Path, value: str) -> None:
    spec = parse_spec(make(place)).model_copy(deep=True)
    task = spec.task.model_copy(update={"train": value})
    try:
        confinement.Confinement((place / "root",)).check(
            spec.model_copy(update={"task": task}), place / "root"
        )
    except UserError as error:
        assert error.where == "task.train"


@pytest.mark.parametrize("value", OUTSIDE)
def test_a_text_of_reference_outside_is_refused_before_it_is_read(place: Path, value: str) -> None:
    wanted = {"reference": value.format(place=place), "also": ["feature_drift"]}
    spec = make(place) | {"objectives": wanted}
    with pytest.raises(UserError, match="within the service's data folders"):
        complete_spec(spec, place / "root", (place / "root",))


def test_a_text_of_reference_inside_is_taken(place: Path) -> None:
    (place / "root" / "reference.txt").write_text("a passage\n" * 8)
    wanted = {"reference": "reference.txt", "also": ["feature_drift"]}
    spec = complete_spec(make(place) | {"objectives": wanted}, place / "root", (place / "root",))
    assert spec.objectives.reference == str(place / "root" / "reference.txt")


@pytest.mark.parametrize("target", ["other/data.csv", "other", "other/none", "itself", "/etc"])
@pytest.mark.parametrize("key", ["task_train", "model_path"])
def test_a_folder_whose_links_lead_out_is_refused(tmp_path: Path, key: str, target: str) -> None:
    """As an unpacked archive may hold them; also by way of another folder within."""
    for name in ("root/pack/deep", "root/more", "other"):
        (tmp_path / name).mkdir(parents=True)
    link = tmp_path / "root" / "more" / "link"
    link.symlink_to(link if target == "itself" else tmp_path / target)
    (tmp_path / "root" / "pack" / "deep" / "more").symlink_to(tmp_path / "root" / "more")
    spec = parse_spec(make(tmp_path, **{key: "pack"}))
    with pytest.raises(UserError, match="links that stay within") as caught:
        Confinement((tmp_path / "root",)).check(spec, tmp_path / "root")
    assert caught.value.where == key.replace("_", ".")
    assert "'link'" in caught.value.got


def test_a_folder_whose_links_stay_is_taken(tmp_path: Path) -> None:
    """As the cache of the hub lays its files."""
    for name in ("root/model", "root/blobs"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "root" / "blobs" / "one").write_text("{}")
    (tmp_path / "root" / "model" / "config.json").symlink_to("../blobs/one")
    (tmp_path / "root" / "blobs" / "back").symlink_to("../model")
    spec = parse_spec(make(tmp_path, model_path="model"))
    Confinement((tmp_path / "root",)).check(spec, tmp_path / "root")
