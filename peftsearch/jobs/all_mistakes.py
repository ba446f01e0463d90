"""All that is wrong with a job at once: each mistake is mended in a copy to look at the rest."""

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.samples.packages import FetchError
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec
from peftsearch.spaces.jobspec.spec import JobSpec, find_mistakes
from peftsearch.workers.data.sources import check_there

from .jobfile import ANY_JOB, complete_spec, read_file, resolve_spec

_MOST = 20
_STAND_INS: Mapping[str, Any] = {
    "name": ANY_JOB["name"],
    "budget": ANY_JOB["budget"],
    "model.path": ANY_JOB["model"]["path"],
    "task.train": "none",
}
"""In place of what a spec cannot be without."""
_WHOLE: Mapping[str, Any] = {"model": ANY_JOB["model"], "task": {"train": "none"}}
"""The same of sections that are not there, or are none."""
_SENSE = {"", "task.kind"}
"""Keys without which the rest of a spec cannot be judged."""
_Look = Callable[[dict[str, Any]], object]


def read_job(path: str | Path, track: Sequence[str] | None = None) -> JobSpec:
    """What `read_spec` gives; a mistake of the file comes with all others of it, of its model and
    its space, and with files of data that are not there. What they hold is not looked at, which
    would take the libraries and their seconds.

    Args:
        track: As `read_spec` takes it.

    Raises:
        UserError: As `read_spec`; `others` has the rest.
    """
    data, folder = read_file(path), Path(path).resolve().parent
    try:
        return complete_spec(data, folder, track=track)
    except UserError as error:
        known = mistakes_of(error)
        found = find_all_mistakes(data, folder, None, known, track, rows=False)
        told = {x.where for x in known}
        error.join(*(WrongSpec([x]) for x in found if x.where not in told))
        raise


def find_all_mistakes(
    data: Mapping[str, Any],
    folder: Path,
    roots: Sequence[Path] | None,
    known: Sequence[Mistake],
    track: Sequence[str] | None = None,
    rows: bool = True,
) -> list[Mistake]:
    """Mistakes of a spec, its model, its space and its data, one of each key.

    A key that depends on a wrong one may have further ones, which are told when that is right.

    Args:
        folder: Where its paths begin.
        roots: Folders that they must lie in; None where they may name any.
        known: Found before; at least one of a spec that is wrong.
        track: Names of trackers, in place of its own; None leaves them.
        rows: Whether its data is read, too.
    """

    def look_at_model(spec: dict[str, Any]) -> None:
        complete_spec(spec, folder, roots, track)

    def look_at_data(spec: dict[str, Any]) -> None:
        from peftsearch.workers.data.task_data import load_for_launch

        load_for_launch(resolve_spec(_without_model(spec), folder, roots))

    def look_for_data(spec: dict[str, Any]) -> None:
        task = resolve_spec(_without_model(spec), folder, roots).task
        check_there({"task.train": task.train, "task.validation": task.validation})

    found: dict[str, Mistake] = {}
    for mistake in (*find_mistakes(data), *known):
        found.setdefault(mistake.where, mistake)
    for look in (look_at_model, look_at_data if rows else look_for_data):
        _look_again(look, dict(data), found)
    return list(found.values())[:_MOST]


def _look_again(look: _Look, data: dict[str, Any], found: dict[str, Mistake]) -> None:
    """Add what `look` finds, until it finds nothing that is new."""
    while not _SENSE & found.keys() and len(found) < _MOST:
        try:
            look(_mend(data, found))
        except UserError as error:
            new = {x.where: x for x in mistakes_of(error) if not _is_told(x.where, found)}
            if not new:
                return
            found |= new
        except FetchError:  # which has been told
            return
        else:
            return


def _is_told(where: str, found: Mapping[str, Mistake]) -> bool:
    """Of the key itself, or of a section that it stands in, which was mended whole."""
    parts = where.split(".")
    return any(".".join(parts[:i]) in found for i in range(1, len(parts) + 1))


def mistakes_of(error: UserError) -> list[Mistake]:
    """All that one error tells."""
    if isinstance(error, WrongSpec):
        return list(error.mistakes)
    return [Mistake.of(x) for x in (error, *error.others)]


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
    stand_ins = _STAND_INS if rest else {**_STAND_INS, **_WHOLE}
    if (key := ".".join(place)) in stand_ins:
        section[name] = copy.deepcopy(stand_ins[key])
    elif rest and isinstance(inner, dict):
        _mend_key(inner, rest, place)
    else:
        section.pop(name, None)
