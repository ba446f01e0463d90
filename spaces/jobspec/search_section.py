"""The search section of a job: which engine proposes, and what it begins with."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from peftsearch.errors import UserError
from peftsearch.message_text import show

from .sampler_names import SamplerName
from .section import Section

AUTO, NONE = "auto", "none"
"""In place of names of jobs to learn from."""
JOB_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""What a job may be called."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}+")
"""The same, where it is matched here: a pattern of ours gives nothing back."""
Recipes = Literal["learnt", "published", "none"]
Surrogate = Literal["gp", "rtf"]


class SearchSpec(Section):
    """Which engine proposes.

    Attributes:
        sampler: `bo` is ours; `random`, `sobol`, Optuna's `tpe` and `nsga2` are for comparison;
            installed packages may add others.
        surrogate: What `bo` believes of quality: a Gaussian process, or a random tessellation
            forest.
        recipes: What follows the probe, which is always trial 0 (`search.design`): configurations
            `learnt` from recorded trainings, `published` recipes, as `true` says too, or `none`.
        learn_from: Jobs of the database whose fronts are tried before those (`search.lessons`);
            `auto` chooses them, `none` leaves all alone.
        design: Trials before the model takes over, those included; None chooses.
        repeats: Share of the budget that re-trains front members with new seeds.
    """

    sampler: SamplerName = "bo"
    surrogate: Surrogate = "gp"
    recipes: Recipes = "learnt"
    learn_from: tuple[str, ...] = (AUTO,)
    design: int | None = Field(None, ge=1)
    repeats: float = Field(0.15, ge=0, lt=1)

    @model_validator(mode="before")
    @classmethod
    def _read_switch(cls, data: Any) -> Any:
        return read_search(data)

    @field_validator("learn_from")
    @classmethod
    def _check_sources(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return check_names(names)

    @property
    def sources(self) -> tuple[str, ...]:
        """The jobs to learn from that are named."""
        return tuple(x for x in self.learn_from if x not in (AUTO, NONE))


def check_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of jobs to learn from, each once, or one word in their place.

    Raises:
        UserError: No job can have one of these names, or a word does not stand alone.
    """
    named = dict.fromkeys(names)
    strange = [x for x in named if not _NAME.fullmatch(x)]
    if not named or strange or (len(named) > 1 and {AUTO, NONE} & {*named}):
        raise UserError(
            f"{AUTO!r}, {NONE!r} or names of jobs in search.learn_from",
            show(strange or list(named)),
            f"write {NONE!r} alone to learn from no job",
        )
    return tuple(named)


def is_job_name(name: object) -> bool:
    """Whether a job may be called so."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def read_search(search: Any) -> Any:
    """A section `[search]` with words for `recipes`, which was a switch once, and with a list of
    jobs to learn from, of which one may stand alone."""
    if not isinstance(search, Mapping):
        return search
    search = dict(search)
    if isinstance(switch := search.get("recipes"), bool):
        search["recipes"] = "published" if switch else "none"
    if isinstance(name := search.get("learn_from"), str):
        search["learn_from"] = [name]
    return search
