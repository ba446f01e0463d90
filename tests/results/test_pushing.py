"""Pushes to a hub on this machine, by the client that pushes to the real one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .hub import TOKEN, Hub, run_hub

REPO = "ann/film-adapter"
PLACES = {"/home/ann/data/rows.csv": "rows.csv", "/home/ann/data": "..."}
_PUSH = """
import json, sys
from pathlib import Path
from peftsearch.errors import PeftsearchError
from peftsearch.results.exports.pushing import check_target
folder, repo, private, places = json.loads(sys.argv[1])
try:
    print(check_target(repo, private).push(Path(folder), places, "film: trial 3 as peft"))
except PeftsearchError as error:
    print(error, file=sys.stderr)
    raise SystemExit(error.exit_code)
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with run_hub() as hub:
        yield hub


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "README.md").write_text("---\ntags:\n- peftsearch\n---\n# film\n")
    (folder / "job.toml").write_text('name = "film"\n[task]\ntrain = "rows.csv"\n')
    (folder / "adapter_model.safetensors").write_bytes(b"weights" * 100)
    return folder


def push(
    hub: str, folder: Path, repo: str = REPO, private: bool = False, token: str = TOKEN
) -> "subprocess.CompletedProcess[str]":
    """In a process of its own: the client reads its endpoint as it is imported."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    home = {"HF_ENDPOINT": hub, "HF_HOME": str(folder.parent / "hf"), "HF_HUB_DISABLE_XET": "1"}
    given = json.dumps([str(folder), repo, private, PLACES])
    return subprocess.run(
        [sys.executable, "-c", _PUSH, given],
        env=kept | home | ({"HF_TOKEN": token} if token else {}),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_repository_has_the_export_and_no_path(hub: Hub, export: Path) -> None:
    done = push(hub.url, export, private=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{hub.url}/{REPO}"
    held = hub.repos[REPO]
    assert held["adapter_model.safetensors"] == b"weights" * 100
    assert b'train = "rows.csv"' in held["job.toml"]
    assert b"/home/ann" not in b"".join(held.values())
    assert hub.private[REPO]
    assert hub.messages == ["film: trial 3 as peft"]


def test_an_earlier_export_is_replaced_whole(hub: Hub, export: Path) -> None:
    hub.repos[REPO] = {"README.md": b"", "job.toml": b"", "model.safetensors": b"old"}
    hub.private[REPO] = False
    done = push(hub.url, export)
    assert done.returncode == 0, done.stderr
    assert {*hub.repos[REPO]} == {"README.md", "job.toml", "adapter_model.safetensors"}
    assert len(hub.messages) == 1


@pytest.mark.parametrize(
    ("held", "private", "said"),
    [
        ({"model.bin": b"another's"}, False, "which holds model.bin"),
        ({"README.md": b"", "job.toml": b""}, True, "which is public"),
    ],
)
def test_a_repository_of_something_else_is_left_alone(
    hub: Hub, export: Path, held: dict[str, bytes], private: bool, said: str
) -> None:
    hub.repos[REPO], hub.private[REPO] = dict(held), False
    done = push(hub.url, export, private=private)
    assert done.returncode == 2
    assert said in done.stderr
    assert hub.repos[REPO] == held


@pytest.mark.parametrize(
    ("repo", "token", "said"),
    [
        ("no/such/name", TOKEN, "a repository such as USER/NAME"),
        (REPO, "", "a login at the hub, to push; got none"),
        (REPO, "hf_of_nobody", "401"),
    ],
)
def test_who_may_not_is_told_before_anything(
    hub: Hub, export: Path, repo: str, token: str, said: str
) -> None:
    done = push(hub.url, export, repo, token=token)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert token not in done.stderr or not token
    assert len(done.stderr.strip().splitlines()) == 1
    assert not hub.repos


def test_a_token_that_may_only_read_is_refused(hub: Hub, export: Path) -> None:
    hub.refuses["/repos/create"] = 403
    done = push(hub.url, export)
    assert done.returncode == 2
    assert f"leave to write {REPO} at the hub; got 403" in done.stderr
    assert not hub.repos


@pytest.mark.parametrize("part", ["/commit/", "/objects/", "/preupload/"])
def test_a_push_that_breaks_off_leaves_what_was_there(hub: Hub, export: Path, part: str) -> None:
    held = {"README.md": b"old", "job.toml": b""}
    hub.repos[REPO], hub.private[REPO] = dict(held), False
    hub.refuses[part] = 400
    done = push(hub.url, export)
    assert done.returncode == 1
    assert f"{REPO} is as it was: run the same command again" in done.stderr
    assert hub.repos[REPO] == held
    hub.refuses.clear()
    assert push(hub.url, export).returncode == 0


def test_a_hub_that_is_away_is_one_line(export: Path) -> None:
    done = push("http://127.0.0.1:9", export)
    assert done.returncode == 1
    assert "the hub did not take ann/film-adapter" in done.stderr.splitlines()[-1]


def test_a_text_that_names_a_folder_is_not_sent(hub: Hub, export: Path) -> None:
    (export / "adapter_config.json").write_text('{"base": "/home/ann/data/model"}')
    done = push(hub.url, export)
    assert done.returncode == 1
    assert "adapter_config.json of the export names '/home/ann/data'" in done.stderr
    assert not hub.repos
