"""Texts for people elsewhere: without the paths, and so the user names, of this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from peftsearch.passwords import hide
from peftsearch.samples.fetch import name_on_hub, name_sample
from peftsearch.spaces.jobspec.spec import JobSpec

_CLOSING = "'\"`)]>,;:."
_RELATIVE = ("~", "./", "../", ".\\", "..\\")
_LEFT_OUT = "..."
_SHALLOW = 2
"""Parts of a path, its root among them, that name nobody: `/home`."""


def public_name(source: str) -> str:
    """A hub id, `package:NAME` and a URL as they stand, without a password; of a path its name,
    and of a sample what the job file called it."""
    if (sample := name_sample(source)) is not None:
        return sample
    if not is_local(source):
        return hide(source)
    return PureWindowsPath(source.replace("/", "\\")).name or _LEFT_OUT


def hub_id(source: str) -> str | None:
    """A source if it is one of a hub; None of paths, URLs and `package:NAME`."""
    return None if is_local(source) or ":" in source or "\\" in source else source


def base_id(source: str) -> str | None:
    """What a hub calls a model: its own id, or that of the model which a sample is; None where
    nobody knows it."""
    return hub_id(source) or name_on_hub(source)


def is_local(source: str) -> bool:
    """Whether a text is a path of this machine."""
    rooted = PurePosixPath(source).is_absolute() or PureWindowsPath(source).is_absolute()
    return rooted or source.startswith(_RELATIVE) or source.startswith("file:")


def names_files(spec: JobSpec) -> bool:
    """Whether a job is of files or folders that only this machine has; samples are everybody's."""
    task = spec.task
    named = spec.model.path, spec.model.encoder, task.train, task.validation, task.test
    return any(x is not None and is_local(x) and name_sample(x) is None for x in named)


def find_places(spec: JobSpec, root: Path | None = None) -> dict[str, str]:
    """The paths that a job's texts may hold, the longest first, each with what stands for it: its
    name, and nothing for the folders above. Of two files of one name the later one is numbered.

    Args:
        root: Folder of the jobs' files; None where no text tells of it.
    """
    task = spec.task
    sources = task.train, task.validation, task.test, spec.objectives.reference
    named = [spec.model.path, spec.model.encoder, *sources, None if root is None else str(root)]
    local = list(dict.fromkeys(x for x in named if x is not None and is_local(x)))
    above = [str(x) for path in local for x in Path(path).parents if len(x.parts) > _SHALLOW]
    places = {**dict.fromkeys(above, _LEFT_OUT), **_name_apart(local)}
    return dict(sorted(places.items(), key=lambda item: -len(item[0])))


def _name_apart(paths: Sequence[str]) -> dict[str, str]:
    """`rows.csv` and `rows-2.csv`: beside a job file there is room for one of a name."""
    named: dict[str, str] = {}
    for path in paths:
        name, number = public_name(path), 1
        bare = PurePosixPath(name)
        while name in named.values():
            number += 1
            name = f"{bare.stem}-{number}{bare.suffix}"
        named[path] = name
    return named


_NO_PLACES: Mapping[str, str] = {}


def name_paths(data: Any, places: Mapping[str, str] = _NO_PLACES) -> Any:
    """Plain data with the names of paths in their place, in all of its texts.

    Args:
        places: As `find_places` has them; of these a blank ends none.
    """
    if isinstance(data, str):
        return _name_in(data, places)
    if isinstance(data, Mapping):
        return {key: name_paths(value, places) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [name_paths(value, places) for value in data]
    return data


def _name_in(text: str, places: Mapping[str, str]) -> str:
    for place, name in places.items():
        text = text.replace(place, name)
    lines = text.split("\n")
    return "\n".join(" ".join(map(_name_word, line.split(" "))) for line in lines)


def _name_word(word: str) -> str:
    """Of a word that holds a path, what stands before it, its name, and what closes it."""
    start = next((i for i in range(len(word)) if _begins(word, i)), None)
    if start is None:
        return word
    path = word[start:].rstrip(_CLOSING)
    return word[:start] + public_name(path) + word[start + len(path) :]


def _begins(word: str, at: int) -> bool:
    """Whether a path begins there: after a letter a slash means `or`, in `https://` a site."""
    rest, before = word[at:], word[:at]
    if before and (before[-1].isalnum() or before[-1] in "./_-\\"):
        return False
    if before.endswith(":") and rest.startswith("//") and not rest.startswith("///"):
        return False
    return is_local(rest) and len(rest.rstrip(_CLOSING)) > 1
