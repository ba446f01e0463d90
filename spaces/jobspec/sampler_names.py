"""Names of samplers: ours, and those that installed packages add as `peftsearch.samplers`."""

from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from peftsearch.errors import UserError
from peftsearch.extensions import names, provider

GROUP = "peftsearch.samplers"
"""Of the entry points; `search.samplers.Factory` says what one is."""
ENGINE = "bo"
COMPARED = ("random", "sobol", "tpe", "nsga2")
IMPORTED, EARLIER = "imported", "earlier"
"""Origins of what was trained elsewhere, and of what an earlier job found."""
BASELINE, ABLATION = "baseline", "ablation"
"""Origins of what a job is compared with, in a job beside it."""
_BEGINNING = (IMPORTED, "probe", "try", EARLIER, "learnt", "recipe")
OF_THE_ENGINE = (*_BEGINNING, "sobol", "search", "repeat", "random", BASELINE, ABLATION)
LONGEST = 16
"""The database keeps the name as the origin of each trial."""


def sampler_names() -> tuple[str, ...]:
    """All names that a job file may give."""
    own = (ENGINE, *COMPARED)
    return (*own, *(x for x in names(GROUP) if x not in own and len(x) <= LONGEST))


def _check(name: str) -> str:
    known = sampler_names()
    if name not in known:
        raise UserError(
            f"search.sampler: {', '.join(map(repr, known[:-1]))} or {known[-1]!r}",
            repr(name),
            "correct search.sampler in the job file, or install the package that adds it",
        )
    if name not in (ENGINE, *COMPARED):
        provider(GROUP, name)  # refuses one that two packages give
    return name


def origin_names() -> tuple[str, ...]:
    """Who may have proposed a trial: the parts of the engine, and the other samplers."""
    return tuple(dict.fromkeys((*OF_THE_ENGINE, *(x for x in sampler_names() if x != ENGINE))))


class _Choices:
    """Lists the names in the JSON Schema, by which the launch form offers them."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"enum": list(sampler_names())}


SamplerName = Annotated[str, AfterValidator(_check), _Choices()]
