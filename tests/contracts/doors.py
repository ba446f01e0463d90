"""The three ways to a job: the command line, the Python API, the HTTP API."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import tomli_w
from fastapi.testclient import TestClient

import peftsearch
from peftsearch.cli.app import main

Budget = Mapping[str, float]


@dataclass(frozen=True)
class Refusal:
    """What a door said instead of doing something.

    Attributes:
        kind: `conflict`, `missing` or `mistake`; a command's exit code tells no more than that.
    """

    kind: str
    line: str


class Door(Protocol):
    """What a person can do to a job; each gives None when it is done."""

    def launch(self, spec: Mapping[str, Any]) -> Refusal | None:
        """Make a job for other workers."""

    def resume(self, name: str, budget: Budget) -> Refusal | None:
        """Let it run on, with another budget unless that is empty; start no worker."""

    def stop(self, name: str) -> Refusal | None:
        """End it."""

    def delete(self, name: str) -> Refusal | None:
        """Remove it."""


@dataclass(frozen=True)
class CommandLine:
    """Real commands, in this process: the start of another costs two seconds each time, and
    tests/end_to_end starts them."""

    folder: Path
    url: str

    def launch(self, spec: Mapping[str, Any]) -> Refusal | None:
        (self.folder / "job.toml").write_text(tomli_w.dumps(spec))
        return self._call("run", "job.toml", "--workers", "0")

    def resume(self, name: str, budget: Budget) -> Refusal | None:
        options = [text for key, value in budget.items() for text in (f"--{key}", str(value))]
        return self._call("resume", name, "--workers", "0", *options)

    def stop(self, name: str) -> Refusal | None:
        return self._call("stop", name)

    def delete(self, name: str) -> Refusal | None:
        return self._call("delete", name, "--yes")

    def _call(self, *arguments: str) -> Refusal | None:
        code, out, err = self._run([*arguments, "--storage", self.url, "--json"])
        if code == 0:
            return None
        assert code == 2, err
        line = json.loads(out)["error"]
        assert err == f"error: {line}\n"
        return Refusal("mistake", line)

    def _run(self, arguments: list[str]) -> tuple[int, str, str]:
        """Exit code, output, errors."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PEFTSEARCH_")}
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, kept | {"HF_HUB_OFFLINE": "1"}, clear=True),
            mock.patch.object(sys, "argv", ["peftsearch", *arguments]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as end:
                return int(end.code or 0), out.getvalue(), err.getvalue()
        return 0, out.getvalue(), err.getvalue()


@dataclass(frozen=True)
class PythonApi:
    """The functions of `peftsearch`."""

    folder: Path
    url: str

    def launch(self, spec: Mapping[str, Any]) -> Refusal | None:
        path = self.folder / "job.toml"
        path.write_text(tomli_w.dumps(spec))
        return _tried(lambda: peftsearch.launch(path, self.url))

    def resume(self, name: str, budget: Budget) -> Refusal | None:
        return _tried(lambda: peftsearch.resume(name, self.url, **budget))  # type: ignore[arg-type]

    def stop(self, name: str) -> Refusal | None:
        return _tried(lambda: peftsearch.stop(name, self.url))

    def delete(self, name: str) -> Refusal | None:
        return _tried(lambda: peftsearch.delete(name, self.url))


def _tried(action: Callable[[], object]) -> Refusal | None:
    try:
        action()
    except peftsearch.Conflict as error:
        return Refusal("conflict", str(error))
    except peftsearch.NotFoundError as error:
        return Refusal("missing", str(error))
    except peftsearch.UserError as error:
        return Refusal("mistake", str(error))
    return None


@dataclass(frozen=True)
class HttpApi:
    """The routes of a service over the database."""

    client: TestClient

    def launch(self, spec: Mapping[str, Any]) -> Refusal | None:
        return self._ask("POST", "", {"spec": spec, "workers": 0})

    def resume(self, name: str, budget: Budget) -> Refusal | None:
        body = {"workers": 0} | ({"budget": dict(budget)} if budget else {})
        return self._ask("POST", f"/{name}/resume", body)

    def stop(self, name: str) -> Refusal | None:
        return self._ask("POST", f"/{name}/stop", {})

    def delete(self, name: str) -> Refusal | None:
        return self._ask("DELETE", f"/{name}", None)

    def _ask(self, method: str, path: str, body: Any) -> Refusal | None:
        answer = self.client.request(method, f"/api/v1/jobs{path}", json=body)
        if answer.is_success:
            return None
        kinds = {404: "missing", 409: "conflict", 422: "mistake"}
        return Refusal(kinds[answer.status_code], answer.json()["detail"])
