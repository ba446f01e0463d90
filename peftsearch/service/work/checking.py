"""The full check of one job spec, run as a program: a spec comes in, what was found goes out.

It stands in a process of its own, since model configurations and data are read here: the service
keeps neither in its memory, and a reader that crashes or hangs takes nothing else with it.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError, located
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.jobs.local_devices import check_device
from peftsearch.jobs.settling import settle
from peftsearch.message_text import show
from peftsearch.samples.packages import FetchError
from peftsearch.spaces.jobspec.mistakes import Mistake
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.presets import make_space
from peftsearch.workers.data.task_data import TaskData, load_data

_COLUMNS = ("text", "choices", "label", "prompt", "response", "messages", "image", "group")
"""Keys of a task that name columns of its data."""


def check(request: dict[str, Any]) -> dict[str, Any]:
    """What a check found: `spec`, `notes` and `configurations`, or a `mistake`.

    Args:
        request: `spec` as plain data, `folder` where its paths begin, and `roots`, folders that
            they must not leave, or None; or a `device` alone.
    """
    try:
        if "device" in request:
            with located("device"):
                check_device(request["device"])
            return {}
        roots = request["roots"]
        folder = Path(request["folder"])
        spec = complete_spec(request["spec"], folder, roots and [Path(x) for x in roots])
        data = _read_data(spec)
        settled = settle(spec, data)
    except UserError as error:
        return {"mistake": asdict(Mistake.of(error))}
    except FetchError as error:
        hint = "check the network of the machine that the service runs on"
        return {"mistake": asdict(Mistake("", "a sample that can be fetched", str(error), hint))}
    return {
        "spec": settled.spec.to_json(),
        "notes": [*data.notes, *settled.notes, f"the quality is {settled.quality}"],
        "configurations": count_bases(make_space(spec)),
    }


def _read_data(spec: JobSpec) -> TaskData:
    try:
        return load_data(spec)
    except UserError as error:
        error.where = error.where or _blame(spec, error)
        raise


def _blame(spec: JobSpec, error: UserError) -> str:
    """The key that names a column which is not there, or else the one whose source is named."""
    for name in _COLUMNS if error.expected.startswith("a column among ") else ():
        named = getattr(spec.task, name)
        each = [named] if isinstance(named, str) else named or []
        if error.got in [show(x) for x in each]:
            return f"task.{name}"
    message = str(error)
    for name in ("validation", "test", "train"):
        value = getattr(spec.task, name)
        if value is not None and value in message:
            return f"task.{name}"
    return "task"


def main() -> None:
    """Answer one request of standard input, on what standard output was at the start."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)  # libraries print what they like
        json.dump(check(json.load(sys.stdin)), answer)


if __name__ == "__main__":
    main()
