"""What a new job can learn from those that its database has already."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from peftsearch.errors import ANYTHING, NotFoundError, StoreUnavailable
from peftsearch.message_text import plural
from peftsearch.records.job import Job
from peftsearch.records.preparation import Lesson, Preparation
from peftsearch.records.trial import TrialState
from peftsearch.search.lessons import learn
from peftsearch.spaces.jobspec.search_section import AUTO
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.storage.store import Store

from .companions import find_parent

_FEWEST = 10
"""Completed trials of a job that is learnt from unasked."""
_MOST, _LOOKED_AT = 3, 50
"""Jobs that are learnt from unasked, and the latest that are looked at for them."""


def add_lessons(store: Store, spec: JobSpec, prepared: Preparation) -> Preparation:
    """What was prepared for a job, with what the other jobs of its database teach it and lines on
    that for people."""
    return with_lessons(prepared, find_lessons(store, spec), spec.search.sources)


def find_lessons(store: Store, spec: JobSpec) -> tuple[Lesson, ...]:
    """What the other jobs of a database teach one, as its spec asks.

    Unasked, those of the same kind of task are learnt from, of the same model before others, the
    latest first. A job that was deleted, cannot be read here or found nothing teaches nothing.
    """
    found = (_learn(store, source, spec) for source in _sources(store, spec))
    lessons = (x for x in found if x is not None)
    return tuple(lessons if spec.search.sources else islice(lessons, _MOST))


def with_lessons(
    prepared: Preparation, lessons: tuple[Lesson, ...], named: tuple[str, ...] = ()
) -> Preparation:
    """What was prepared for a job, with its lessons and lines on them for people.

    Args:
        named: The jobs that the spec names.
    """
    taught = {x.job for x in lessons}
    notes = [
        f"nothing is taken from the job {name!r}: it has no front that beats its floor"
        for name in named
        if name not in taught
    ]
    if lessons:
        notes.append(_tell(lessons))
    return replace(prepared, notes=(*prepared.notes, *notes), lessons=lessons)


def _tell(lessons: tuple[Lesson, ...]) -> str:
    told = ", ".join(x.job for x in lessons)
    found = f"{plural(len(lessons), 'earlier job')} of this storage found ({told})"
    return f"begins with what {found}, as far as the space and the budget have room for it"


def _learn(store: Store, source: Job, spec: JobSpec) -> Lesson | None:
    try:
        preparation = store.preparation(source.id)
        lesson = learn(source.name, source.spec, store.front(source.id), preparation)
    except StoreUnavailable:
        raise
    except ANYTHING:  # whatever an earlier job holds, it keeps no new one from running
        return None
    if source.spec.model.encoder != spec.model.encoder:
        kept = tuple(x for x in lesson.configurations if not _reads_by_encoder(x))
        lesson = replace(lesson, configurations=kept)
    return lesson if lesson.configurations else None


def _reads_by_encoder(written: Mapping[str, Any]) -> bool:
    """Whether what a configuration is worth depends on the encoder of its job."""
    module = written.get("input") or {}
    row = TECHNIQUES.get(str(module.get("technique")))
    return row is not None and row.by_encoder


def _sources(store: Store, spec: JobSpec) -> Iterator[Job]:
    if spec.search.learn_from == (AUTO,):
        yield from _find_alike(store, spec)
    for name in spec.search.sources:
        with contextlib.suppress(NotFoundError):
            yield store.find_job(name)


def _find_alike(store: Store, spec: JobSpec) -> Iterator[Job]:
    latest = [x for x in store.jobs()[::-1] if x.name != spec.name][:_LOOKED_AT]
    known = [x for x in latest if x.problem is None and x.spec.task.kind == spec.task.kind]
    for job in sorted(known, key=lambda x: x.spec.model.path != spec.model.path):
        searched = store.counts(job.id)[TrialState.COMPLETED] >= _FEWEST
        if searched and find_parent(store, job) is None:
            yield job
