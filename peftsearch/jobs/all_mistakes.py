"""All that is wrong with a job at once: each mistake is mended in a copy to look at the rest."""

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.samples.packages import FetchError
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec
from peftsearch.spaces.jobspec.spec import JobSpec, find_mistakes
from peftsearch.workers.data.sources import is_missing
from peftsearch.workers.data.table import MissingColumn
from peftsearch.workers.data.task_data import load_data

from .jobfile import ANY_JOB, complete_spec, resolve_spec

_MOST = 20
_STAND_INS: Mapping[str, Any] = {
    "name": ANY_JOB["name"],
    "budget": ANY_JOB["budget"],
    "model.path": ANY_JOB["model"]["path"],
    "task.train": "none",
}
"""In place of what a spec cannot be without."""
_SENSE = {"", "task.kind"}
"""Keys without which the rest of a spec cannot be judged."""
_Look = Callable[[dict[str, Any]], object]


def find_all_mistakes(
    data: Mapping[str, Any], folder: Path, roots: Sequence[Path] | None, known: Sequence[Mistake]
) -> list[Mistake]:
    """Mistakes of a spec, its model, its space and its data, one of each key.

    A key that depends on a wrong one may have further ones, which are told when that is right.

    Args:
        folder: Where its paths begin.
        roots: Folders that they must lie in; None where they may name any.
        known: Found before; at least one of a spec that is wrong.
    """

    def look_at_model(spec: dict[str, Any]) -> None:
        complete_spec(spec, folder, roots)

    def look_at_data(spec: dict[str, Any]) -> None:
        load_data(_check_sources(resolve_spec(_without_model(spec), folder, roots)))

    found: dict[str, Mistake] = {}
    for mistake in (*find_mistakes(data), *known):
        found.setdefault(mistake.where, mistake)
    for look in (look_at_model, look_at_data):
        _look_again(look, dict(data), found)
    return list(found.values())[:_MOST]


def _look_again(look: _Look, data: dict[str, Any], found: dict[str, Mistake]) -> None:
    """Add what `look` finds, until it finds nothing that is new."""
    while not _SENSE & found.keys() and len(found) < _MOST:
        try:
            look(_mend(data, found))
        except UserError as error:
            new = {x.where: x for x in mistakes_of(error) if x.where not in found}
            if not new:
                return
            found |= new
        except FetchError:  # which has been told
            return
        else:
            return


def mistakes_of(error: UserError) -> list[Mistake]:
    """All that one error tells."""
    if isinstance(error, WrongSpec):
        return list(error.mistakes)
    others = error.others if isinstance(error, MissingColumn) else ()
    return [Mistake.of(x) for x in (error, *others)]


def _check_sources(spec: JobSpec) -> JobSpec:
    """A file that is not there is told beside columns that are not."""
    source = spec.task.validation
    if source is not None and is_missing(source):
        hint = "check the path"
        raise UserError("a data file", f"no file {source!r}", hint, "task.validation")
    return spec


def _without_model(data: dict[str, Any]) -> dict[str, Any]:
    """What data does not depend on may be wrong by itself, and is left out."""
    kept = {"task", "objectives"} & data.keys()
    return {key: data[key] for key in kept} | ANY_JOB


def _mend(data: Mapping[str, Any], wheres: Mapping[str, object]) -> dict[str, Any]:
    """A copy without the keys that are wrong, or with something that may stand there."""
    mended = copy.deepcopy(dict(data))
    for where in wheres:
        _mend_key(mended, where.split("."), [])
    return mended


def _mend_key(section: dict[str, Any], parts: Sequence[str], before: list[str]) -> None:
    name, *rest = parts
    inner, place = section.get(name), [*before, name]
    if (key := ".".join(place)) in _STAND_INS:
        section[name] = copy.deepcopy(_STAND_INS[key])
    elif rest and isinstance(inner, dict):
        _mend_key(inner, rest, place)
    else:
        section.pop(name, None)
