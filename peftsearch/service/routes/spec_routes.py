"""Routes: job files as text, read and written; nothing is kept."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from typing_extensions import TypedDict

from peftsearch.service.guard.bodies import check_plain
from peftsearch.service.problems import problems
from peftsearch.spaces.jobspec.jobtext import LONGEST, read_text, write_text
from peftsearch.spaces.jobspec.mistakes import Mistake
from peftsearch.spaces.jobspec.search_section import read_search
from peftsearch.spaces.jobspec.spec import find_mistakes, read_minutes

from .job_actions import Body, Spec

router = APIRouter(prefix="/specs", tags=["specs"])
_MOST_MISTAKES = 100
_LONGEST_GOT = 200
"""Characters."""


class Text(Body):
    """A job file."""

    text: Annotated[str, Field(max_length=LONGEST, description="TOML, or JSON")]


class Plain(Body):
    """A job spec, or a part of one."""

    spec: Spec


class ReadSpec(TypedDict):
    """What a job file says, and what is wrong with it as a spec, by dotted keys."""

    spec: dict[str, Any]
    mistakes: list[Mistake]


class WrittenSpec(TypedDict):
    """The text of a job file, in TOML."""

    text: str


_FORMER = {"budget": read_minutes, "search": read_search}
"""By section, what turns other ways to say a thing into the spec's own."""


@router.post("/parse", responses=problems(400, 413, 415))
def parse_spec(body: Text) -> ReadSpec:
    """Read a job file. 422 where it is no TOML, YAML or JSON; its `mistakes` name the line.

    What can be read is answered even if it is no good spec, so that a form can show it.
    """
    spec = read_text(body.text)
    check_plain(spec)
    found = find_mistakes(spec)[:_MOST_MISTAKES]
    # A form has the keys and words that a spec keeps.
    kept = {name: read(spec[name]) for name, read in _FORMER.items() if name in spec}
    spec = {**spec, **kept}
    return {"spec": spec, "mistakes": [replace(x, got=x.got[:_LONGEST_GOT]) for x in found]}


@router.post("/render", responses=problems(400, 413, 415))
def render_spec(body: Plain) -> WrittenSpec:
    """Write a job file. Keys without a value are left out, and nothing else is looked at."""
    check_plain(body.spec)
    return {"text": write_text(body.spec)}
