"""The container files, as far as they can be held to the code without building them."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import typer
import yaml

from peftsearch.cli.app import app
from peftsearch.service.guard.access import is_open

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
LINES = [x for x in TEXT.replace("\\\n", " ").splitlines() if x and not x.startswith("#")]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))


def arguments(instruction: str) -> list[str]:
    """What follows it, of each of its lines."""
    return [x.partition(" ")[2] for x in LINES if x.split()[0] == instruction]


def check_command(words: list[str]) -> None:
    """It is one of ours, with options that it has."""
    command: Any = typer.main.get_command(app)
    options = {x for p in command.commands[words[0]].params for x in p.opts}
    assert {x for x in words if x.startswith("--")} <= options


def test_what_is_copied_is_there_and_all_that_is_built() -> None:
    copied = [shlex.split(x)[:-1] for x in arguments("COPY") if not x.startswith("--from")]
    sources = {name for names in copied for name in names}
    assert all((ROOT / name).exists() for name in sources)
    links = {x.readlink().name for x in (ROOT / "peftsearch").iterdir() if x.is_symlink()}
    assert links <= sources
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert not sources & {*ignored}
    assert "deploy/.env" in ignored


def test_python_and_torch_are_those_of_the_tests() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    least = settings["project"]["requires-python"].removeprefix(">=")
    assert {x.split()[0] for x in arguments("FROM")} == {f"python:{least}-slim"}
    seen = (ROOT / "constraints.txt").read_text("utf-8")
    assert seen.startswith(f"# What the tests have seen: CPython {least} ")
    assert "\ntorch==" in seen


def test_commands_and_variables_are_ours() -> None:
    check_command(json.loads(arguments("CMD")[-1]))
    check_command(COMPOSE["services"]["worker"]["command"])
    command: Any = typer.main.get_command(app)
    named = {p.envvar for x in command.commands.values() for p in x.params if p.envvar}
    given = {*re.findall(r"(PEFTSEARCH_\w+)=", "\n".join(arguments("ENV")))}
    assert given <= named
    assert {*COMPOSE["x-storage"]} <= named


def test_the_image_is_no_root_s_and_tells_whether_it_lives() -> None:
    assert arguments("USER") == ["1000:1000"]
    assert LINES.index("USER 1000:1000") > LINES.index("VOLUME /data") - 3
    (check,) = arguments("HEALTHCHECK")
    (port,) = arguments("EXPOSE")
    path = re.search(rf"127\.0\.0\.1:{port}(/[\w/]++)", check)
    assert path and is_open(path[1])


def test_services_belong_together() -> None:
    services = COMPOSE["services"]
    assert {*services} == {"database", "dashboard", "worker"}
    for name in ("dashboard", "worker"):
        assert services[name]["volumes"] == ["data:/data"]
        assert services[name]["image"] == "peftsearch"
    assert "PEFTSEARCH_TOKEN" not in services["worker"]["environment"]
    assert services["dashboard"]["ports"] == [f"127.0.0.1:{arguments('EXPOSE')[0]}:8321"]
    build = services["dashboard"]["build"]
    assert (ROOT / "deploy" / build["context"] / build["dockerfile"]).is_file()
    assert not re.search(r"PASSWORD: \w", (ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
