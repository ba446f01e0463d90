"""Routes: what a job spec may say, where to begin, and which techniques there are."""

from functools import cache
from typing import Any

from fastapi import APIRouter
from typing_extensions import TypedDict

from peftsearch.insight.kind_rows import KindRow, kind_rows
from peftsearch.insight.objective_rows import ObjectiveRow, objective_rows
from peftsearch.service.starts import Start, starts
from peftsearch.spaces.techniques.listing import TechniqueRow, rows
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.spaces.techniques.technique import GROUPS

from .spec_schema import make_schema

router = APIRouter(tags=["reference"])


class GroupRow(TypedDict):
    """A group of techniques, which charts colour alike, and what these train."""

    name: str
    title: str
    trains: str


class TechniqueList(TypedDict):
    """The table of techniques, core ones first and those of installed plug-ins last."""

    techniques: list[TechniqueRow]
    groups: list[GroupRow]


class KindList(TypedDict):
    """The table of kinds of task."""

    kinds: list[KindRow]


class ObjectiveList(TypedDict):
    """The table of objectives, by which a client writes any value of a trial."""

    objectives: list[ObjectiveRow]


@router.get("/schema")
def show_schema() -> dict[str, Any]:
    """The JSON Schema of a job spec, with descriptions."""
    return _schema()


@router.get("/presets")
def list_presets() -> tuple[Start, ...]:
    """Starting points of the launch form."""
    return starts()


@router.get("/kinds")
def list_kinds() -> KindList:
    """The kinds of task, those of installed plug-ins last."""
    return {"kinds": kind_rows()}


@router.get("/objectives")
def list_objectives() -> ObjectiveList:
    """The table of objectives, those of installed plug-ins last."""
    return {"objectives": objective_rows()}


@router.get("/techniques")
def list_techniques() -> TechniqueList:
    """The table of techniques."""
    return _techniques()


@cache
def _schema() -> dict[str, Any]:
    return make_schema()


@cache
def _techniques() -> TechniqueList:
    groups: list[GroupRow] = [
        {"name": name, "title": group.title, "trains": group.trains}
        for name, group in GROUPS.items()
    ]
    return {"techniques": rows(TECHNIQUES.usable()), "groups": groups}
