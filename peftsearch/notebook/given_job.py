"""From the arguments of a call to the spec of an ordinary job."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.message_text import show, suggest
from peftsearch.spaces.jobspec.objectives import fold_name
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.kinds.kind_table import KINDS, find_kind

from .given_columns import Text, find_columns
from .given_rows import Given, name_as, read_given, read_given_file
from .kept_rows import keep_rows

MINUTES = 10.0
"""The budget of a call that names none."""
_SPLITS = ("train", "validation", "test")
_PLACES = ("storage", "device", "files", "evaluate", "progress")
"""Further arguments of a search: not what, but where and how."""
_TEXT_AND_LABEL = {"text", "label"}
_UNNAMED = "unnamed"


@dataclass(frozen=True)
class GivenJob:
    """What a call asked for.

    Attributes:
        splits: Rows, or the path of a file, by `train`, `validation` and `test`; None where a part
            of the training rows is held out.
        sections: Whole sections and keys of a job file, by their names.
        function: Name of the function that trains; None for the built-in training.
    """

    splits: Mapping[str, Any]
    model: str | Path | Mapping[str, Any] | None
    text: Text = None
    label: str | None = None
    kind: str | None = None
    metric: str | None = None
    trials: int | None = None
    minutes: float | None = None
    name: str | None = None
    space: str | Mapping[str, Any] | None = None
    objectives: Mapping[str, Any] | None = None
    sections: Mapping[str, Any] | None = None
    function: str | None = None

    def check_beside(self, spec: object) -> None:
        """Refuse arguments that nobody knows, arguments beside a spec, which says all of it, and
        none of both.

        Raises:
            UserError: It is so.
        """
        for name in self.sections or {}:
            _check_name(name)
        rest = {**vars(self), **self.splits, **(self.sections or {})}
        rest = {x: y for x, y in rest.items() if x not in ("splits", "sections", "function")}
        named = [x for x, y in rest.items() if y is not None]
        if spec is not None and named:
            expected, got = "a spec, or arguments in its place", f"a spec and {named[0]}="
            raise UserError(expected, got, f"leave out {named[0]}=, or write it into the spec")
        missing = [x for x in ("train", "model") if rest[x] is None]
        if spec is None and missing:
            got = f"no {' and no '.join(missing)}"
            raise UserError("a job file, or train= and model=", got, "give them")

    def write(self, root: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The spec as plain data, with rows in files; and notes of what was guessed.

        Without a name the job is called by a hash of all that is asked for but the budget, so that
        the same call goes on with the same job.

        Args:
            root: Folder of the jobs' files.

        Raises:
            UserError: An argument or the rows are wrong; no file is written then.
        """
        given = {
            split: read_given(rows, split)
            for split, rows in self.splits.items()
            if rows is not None and not isinstance(rows, str | Path)
        }
        task, notes = self._make_task(given.get("train"))
        if task.keys() >= _TEXT_AND_LABEL:
            bare = [x for x in given if isinstance(self.splits[x], tuple)]
            given |= {x: name_as(given[x], task["text"], task["label"]) for x in bare}
        data = self._assemble(task)
        spec = parse_spec(data)
        beside = spec.task.group, spec.objectives.by
        task |= {x: str(keep_rows(y, spec.task.columns, beside, root)) for x, y in given.items()}
        name = self.name or _make_name(spec, task, given)
        return {**data, "task": task, "name": name}, notes

    def _make_task(self, train: Given | None) -> tuple[dict[str, Any], tuple[str, ...]]:
        task = dict(_section(self.sections, "task"))
        paths = {x: f"{x}.parquet" if y is not None else None for x, y in self.splits.items()}
        paths |= {x: str(y) for x, y in self.splits.items() if isinstance(y, str | Path)}
        said = {"kind": self._kind, "metric": self.metric, "text": self.text, "label": self.label}
        task |= {x: y for x, y in {**paths, **said}.items() if y is not None}
        row = find_kind(str(task.get("kind", "classification")))
        train = train or self._open_file(task)
        if train is None or set(row.columns[0]) != _TEXT_AND_LABEL:
            return task, ()
        text, label = (task.get(x) for x in ("text", "label"))
        task["text"], task["label"], note = find_columns(train, text, label, not row.classes)
        return task, () if note is None else (note,)

    def _open_file(self, task: Mapping[str, Any]) -> Given | None:
        """The training rows where they are a file that is there; else who loads them tells."""
        path = Path(str(task.get("train")))
        given = isinstance(self.splits["train"], str | Path) and path.is_file()
        return read_given_file(path) if given else None

    @property
    def _kind(self) -> str | None:
        """As it was said, else the first that has the metric; None where neither is said."""
        if self.kind is not None or not isinstance(self.metric, str):
            return self.kind
        metric = fold_name(self.metric)
        return next((x.name for x in KINDS.usable() if metric in x.qualities), None)

    def _assemble(self, task: Mapping[str, Any]) -> dict[str, Any]:
        sections = {**(self.sections or {}), "task": task}
        model = self.model if isinstance(self.model, Mapping) else {"path": str(self.model)}
        space = {"preset": self.space} if isinstance(self.space, str) else self.space
        known = {"model": model, "space": space, "objectives": self.objectives}
        sections |= {x: y for x, y in known.items() if y is not None}
        if self.function is not None:
            sections["training"] = _section(sections, "training") | {"function": self.function}
        limits = {"trials": self.trials, "minutes": self.minutes}
        budget = _section(sections, "budget") | {x: y for x, y in limits.items() if y is not None}
        sections["budget"] = budget or {"minutes": MINUTES}
        return {**sections, "name": self.name or _UNNAMED}


def _check_name(name: str) -> None:
    """Refuse a keyword that is neither an argument of `search` nor a section of a job file."""
    sections = {x.alias or name for name, x in JobSpec.model_fields.items()}
    if name not in sections:
        expected = "an argument of search, or a section of a job file"
        known = sections.union(GivenJob.__dataclass_fields__, _SPLITS, _PLACES)
        hint = suggest(name, known, f"sections are {', '.join(sorted(sections))}")
        raise UserError(expected, f"{name}=", hint)


def _section(sections: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    found = (sections or {}).get(name, {})
    if not isinstance(found, Mapping):
        expected = f"{name}= with keys of the section [{name}] of a job file"
        raise UserError(expected, show(found), "give a mapping")
    return dict(found)


def _make_name(spec: JobSpec, task: Mapping[str, Any], given: Mapping[str, Given]) -> str:
    """Of the same call the same, wherever its files lie."""
    data = spec.to_json()
    del data["budget"]
    data["task"] |= {x: Path(task[x]).name for x in given}
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return f"{spec.task.kind.replace('_', '-')}-{digest[:8]}"
