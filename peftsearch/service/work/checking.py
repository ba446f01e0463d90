"""The full check of one job spec, run as a program: a spec comes in, what was found goes out.

It stands in a process of its own, since model configurations and data are read here: the service
keeps neither in its memory, and a reader that crashes or hangs takes nothing else with it.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError, located
from peftsearch.jobs.all_mistakes import find_all_mistakes, mistakes_of
from peftsearch.jobs.data_columns import find_columns
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.jobs.local_devices import check_device
from peftsearch.jobs.settling import settle
from peftsearch.records.preparation import Preparation
from peftsearch.samples.packages import FetchError
from peftsearch.spaces.jobspec.mistakes import Mistake
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.presets import make_space
from peftsearch.workers.data.task_data import TaskData, load_for_launch


def check(request: dict[str, Any]) -> dict[str, Any]:
    """What a check found: `spec`, `notes` and `configurations`, or `mistakes`.

    Args:
        request: `spec` as plain data, `folder` where its paths begin, and `roots`, folders that
            they must not leave, or None; in place of a spec a `source` whose columns are asked
            for; or a `device` alone.
    """
    try:
        if "taught" in request:
            return forecast(request)
        if "device" in request:
            with located("device"):
                check_device(request["device"])
            return {}
        if "source" in request:
            asked = request["source"], request["subset"], *_places(request), request["whole"]
            return {"columns": find_columns(*asked)}
        spec = complete_spec(request["spec"], *_places(request))
        with located("task"):
            data = load_for_launch(spec)
        settled = settle(spec, data)
    except UserError as error:
        return _tell_all(request, error)
    except FetchError as error:
        hint = "check the network of the machine that the service runs on"
        return _tell([Mistake("", "a sample that can be fetched", str(error), hint)])
    return {
        "spec": settled.spec.to_json(),
        "notes": [*data.notes, *settled.notes, f"the quality is {settled.quality}"],
        "configurations": count_bases(make_space(spec)),
        "data": describe_data(data),
    }


def _places(request: dict[str, Any]) -> tuple[Path, list[Path] | None]:
    roots = request["roots"]
    return Path(request["folder"]), roots and [Path(x) for x in roots]


def _tell_all(request: dict[str, Any], error: UserError) -> dict[str, Any]:
    """The mistake that a check ended with, and of a spec all others that can be known."""
    if "spec" not in request:
        return _tell([Mistake.of(error)])
    return _tell(find_all_mistakes(request["spec"], *_places(request), mistakes_of(error)))


def _tell(mistakes: Sequence[Mistake]) -> dict[str, Any]:
    return {"mistakes": [asdict(x) for x in mistakes]}


def forecast(request: dict[str, Any]) -> dict[str, Any]:
    """What a complete spec would come to, or `mistakes`.

    Args:
        request: The `spec`, its `workers`, and what earlier jobs teach it as `taught`.
    """
    from peftsearch.jobs.forecast import forecast_job
    from peftsearch.live.forecast_rows import first_lines, forecast_rows, tell_later

    try:
        spec = parse_spec(request["spec"])
        taught = Preparation.from_json(request["taught"])
        found = forecast_job(spec, request["workers"], taught=taught)
    except UserError as error:
        return _tell([Mistake.of(error)])
    return {
        "rows": [{"name": name, "text": text} for name, text in forecast_rows(found, spec)],
        "first": first_lines(found, spec),
        "later": tell_later(found),
        "notes": list(found.notes),
        "trials": found.trials,
        "seconds": list(found.to_json()["seconds"]),
        "disk_bytes": found.disk,
    }


def describe_data(data: TaskData) -> dict[str, Any]:
    """Rows of each split, and how many each class has."""
    counts: dict[str, Counter[Any]] = {
        "train": Counter(data.train.labels),
        "validation": Counter(x for fold in data.folds for x in fold.validation.labels),
    }
    return {
        "train_rows": len(data.train.texts),
        "validation_rows": data.held_out,
        "test_rows": data.test_rows,
        "held": data.held,
        "folds": len(data.folds),
        "classes": [
            {"name": name, **{part: found[index] for part, found in counts.items()}}
            for index, name in enumerate(data.label_names)
        ],
    }


def main() -> None:
    """Answer one request of standard input, on what standard output was at the start."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)  # libraries print what they like
        json.dump(check(json.load(sys.stdin)), answer)


if __name__ == "__main__":
    main()
