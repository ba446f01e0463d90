"""Specs as a database keeps them: what a document leaves out that was written before a key was."""

from collections.abc import Mapping
from typing import Any

from peftsearch.spaces.configurations.recipes import RENAMED

from .bounds import plain_bound
from .section import Section
from .spec import JobSpec, parse_spec

SAID = "said"
"""What a document holds beside the spec: dotted keys that the job file said, sorted. Those of
before that key lack it."""

LEFT = "left"
"""And of a job that moved: URLs that its adapters were kept below before, sorted."""

BEFORE: Mapping[str, Mapping[str, Any]] = {
    "model": {"dtype": "float32"},
    "task": {"reading": 1, "max_length": 128},
    "training": {
        "epochs": 1.0,
        "checkpoints": 1,
        "standardise_labels": False,
        "stop_collapsed": False,
    },
    "head": {"pooling": "model", "start": "random", "relative": True},
    "objectives": {"free_below": "0"},
    "search": {"recipes": "published", "learn_from": ("none",)},
}
"""By section: keys whose default is not what was done before they were, with what was done.

A job keeps its spec whole, so that a key which is not there is one that its version did not have:
the job goes on as it began. In a new job file the same key left out means the default."""

ONCE: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "training": {"checkpoints": (3,)},
    "search": {"recipes": (True,)},
}
"""By section: keys with what were their defaults once. Documents of that time hold them, whether
the job file said so or left them out, and mean them still."""


def document_of(spec: JobSpec) -> dict[str, Any]:
    """A new job's document: the spec as plain data, and which of its keys the job file said."""
    parts = {name: part for name, part in spec if isinstance(part, Section)}
    said = (f"{name}.{key}" for name, part in parts.items() for key in part.model_fields_set)
    return {**spec.to_json(), SAID: sorted(said)}


def rewritten(document: Mapping[str, Any], spec: JobSpec) -> dict[str, Any]:
    """A document with the budget, the anatomy and, where it has one, the place for adapters of a
    spec, and else as it was: what it lacks tells which version wrote it."""
    data = spec.to_json()
    model = {**document["model"], "anatomy": data["model"]["anatomy"]}
    place = {} if spec.artefacts is None else _moved(document, spec.artefacts)
    return {**document, **place, "model": model, "budget": data["budget"]}


def _moved(document: Mapping[str, Any], place: str) -> dict[str, Any]:
    known = {*places_of(document), place}
    left = {LEFT: sorted(known - {place})} if len(known) > 1 else {}
    return {"artefacts": place, **left}


def places_of(document: Mapping[str, Any]) -> set[str]:
    """The URL that a job's adapters are kept below, and those that it had before."""
    own = document.get("artefacts")
    return {*document.get(LEFT, ()), *([own] if own else [])}


def plain_spec(document: Any) -> Any:
    """The spec in a document, as it stands there, damaged ones too."""
    if not isinstance(document, Mapping):
        return document
    return {key: value for key, value in document.items() if key not in (SAID, LEFT)}


def parse_stored(document: Mapping[str, Any]) -> JobSpec:
    """The spec of a job's document, whichever version wrote it.

    Raises:
        UserError: As `parse_spec`.
    """
    document = plain_spec(document)
    sections = {name: document.get(name, {}) for name in BEFORE}
    then = {name: {**BEFORE[name], **x} for name, x in sections.items() if isinstance(x, Mapping)}
    return parse_spec(_with_names_of_now(_with_plain_bounds({**document, **then})))


def _with_names_of_now(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Presets and recipes that were renamed mean what they did."""
    section, tries = document.get("space"), document.get("try")
    changed: dict[str, Any] = {}
    if isinstance(section, Mapping) and section.get("preset") in RENAMED:
        changed["space"] = {**section, "preset": RENAMED[section["preset"]]}
    if isinstance(tries, list | tuple):
        changed["try"] = [_renamed(x) for x in tries]
    return {**document, **changed}


def _renamed(written: Any) -> Any:
    if isinstance(written, Mapping) and written.get("recipe") in RENAMED:
        return {**written, "recipe": RENAMED[written["recipe"]]}
    return written


def _with_plain_bounds(document: Mapping[str, Any]) -> Mapping[str, Any]:
    section = document.get("objectives")
    if not isinstance(section, Mapping) or not isinstance(section.get("bounds"), list | tuple):
        return document
    bounds = [plain_bound(x) if isinstance(x, str) else x for x in section["bounds"]]
    return {**document, "objectives": {**section, "bounds": bounds}}


def is_later(document: Mapping[str, Any], key: str, spec: JobSpec) -> bool:
    """Whether a job does what was done before a dotted key was, or what its default was once, and
    a new spec does not say the key: then the two do not contradict each other.

    A document that knows what the job file said tells whether the key was taken out of it since.
    Of those of before, one whose budget was changed is whole and names what was before the key.
    """
    section, _, name = key.partition(".")
    if name not in BEFORE.get(section, {}) or key in document.get(SAID, ()):
        return False
    before, part = BEFORE[section][name], getattr(spec, section)
    then = (before, *ONCE.get(section, {}).get(name, ()))
    kept = document.get(section, {}).get(name, before) in then
    return bool(kept and name not in part.model_fields_set)
