"""Job files: their text to a complete `JobSpec`, and the decision whether a job may be resumed."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError, located
from peftsearch.message_text import show, show_failed
from peftsearch.samples.fetch import PREFIX, fetch_sample
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import FAMILIES, read_anatomy
from peftsearch.spaces.jobspec.artefacts_url import resolve_url
from peftsearch.spaces.jobspec.head import check_head
from peftsearch.spaces.jobspec.jobtext import LONGEST, read_text
from peftsearch.spaces.jobspec.objectives_section import ObjectivesSpec
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.jobspec.tracker_names import check_installed
from peftsearch.spaces.space.extremes import try_costs
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.text_reading import check_encoder
from peftsearch.spaces.space.tries import check_tries
from peftsearch.workers.data.passages import read_passages
from peftsearch.workers.data.text_files import FILE_SUFFIXES, suffix_of
from peftsearch.workers.models.bare_names import check_bare_name
from peftsearch.workers.models.encoders import KEY, named_as_encoder, read_encoder
from peftsearch.workers.models.locations import read_config

from .confinement import Confinement
from .listed import check_list, read_list

_FILE_STARTS = (".", "/", "~")
_ANATOMY_SOURCES = {"model.path", "task.kind"}
_TOLD, _SHORT = 2, 60
"""Of keys that differ: so many are told with their values, of so many characters at most."""
_DATA_ALONE = set(FILE_SUFFIXES) - {".json"}
"""What no job file ends with."""
ANY_JOB: dict[str, Any] = {"name": "job", "model": {"path": "none"}, "budget": {"trials": 1}}
"""What a spec cannot be without, where its data alone is looked at."""


class DataForJob(UserError):
    """Data where a job file was asked for."""


def read_spec(path: str | Path, track: Sequence[str] | None = None) -> JobSpec:
    """The complete spec of a job file. Paths in it are relative to the file's folder.

    Args:
        track: Names of trackers, in place of the job file's; None leaves them.

    Raises:
        UserError: The file is missing, is neither TOML, YAML nor JSON, or its spec is wrong.
    """
    return complete_spec(read_file(path), Path(path).resolve().parent, track=track)


def read_file(path: str | Path) -> dict[str, Any]:
    """A job file as plain data; what it says is not looked at.

    Raises:
        DataForJob: It is a file or a folder of data.
        UserError: The file is missing, or is neither TOML, YAML nor JSON.
    """
    path = Path(path)
    if path.is_dir() or (path.is_file() and suffix_of(path) in _DATA_ALONE):
        raise _refuse_data(path)
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST + 1)  # a device may have no end
    except FileNotFoundError as error:
        raise UserError("a job file", f"no file {str(path)!r}", "check the path") from error
    except (OSError, ValueError) as error:
        raise UserError("a readable job file", f"{path}: {error}", "check the file") from error
    if suffix_of(path) == ".json" and text.lstrip().startswith("["):
        raise _refuse_data(path)
    return read_named(text, str(path))


def _refuse_data(path: Path) -> DataForJob:
    looks = "is a folder" if path.is_dir() else "looks like data"
    got = f"{str(path)!r}, which {looks}"
    return DataForJob("a job file, TOML, YAML or JSON", got, "name it under task.train of one")


def read_named(text: str, name: str) -> dict[str, Any]:
    """A job spec as plain data; what it says is not looked at.

    Args:
        name: Of the text, for people.

    Raises:
        UserError: It is neither TOML, YAML nor JSON.
    """
    try:
        return read_text(text)
    except UserError as error:
        got = f"{error.where}: {error.got}".removeprefix(": ")
        raise UserError(f"{error.expected} in {name}", got, error.hint) from error


def complete_spec(
    data: Mapping[str, Any],
    folder: Path,
    roots: Sequence[Path] | None = None,
    track: Sequence[str] | None = None,
) -> JobSpec:
    """Check a spec, resolve its paths against `folder`, and fill in the model's anatomy.

    Args:
        roots: Folders that its paths must lie in; None where it may name any.
        track: Names of trackers, in place of its own; None leaves them.

    Raises:
        UserError: The spec, its model or its space is wrong, a tracker of it is not installed, or
            it leaves the roots; `where` says which key, if that is known.
    """
    spec, places = read_list(resolve_spec(data, folder, roots, track), folder)
    if spec.model.anatomy is None:
        with located("model.path"):
            check_bare_name(spec.model.path, folder)
            anatomy = read_anatomy(read_config(spec.model.path), spec.task.kind)
        spec = spec.with_anatomy(anatomy)
    spec = spec.with_anatomy(with_encoder(spec, folder))
    check_head(spec.head, spec.task.kind, spec.anatomy)
    check_list(spec, places)
    with located("space"):
        space = make_space(spec)
        try_costs(spec, space)
    check_encoder(spec, space)
    check_tries(spec)
    return spec


def with_encoder(spec: JobSpec, folder: Path) -> Anatomy:
    """The anatomy of a spec's model with that of the encoder that it names.

    Args:
        folder: Where relative paths begin.

    Raises:
        UserError: There is none, or it is no encoder of texts.
    """
    named, found = spec.model.encoder, None
    if named is not None:
        with named_as_encoder():
            check_bare_name(named, folder)
        found = read_encoder(named)
    return spec.anatomy.model_copy(update={"encoder": found})


def resolve_spec(
    data: Mapping[str, Any],
    folder: Path,
    roots: Sequence[Path] | None = None,
    track: Sequence[str] | None = None,
) -> JobSpec:
    """A spec with its paths resolved; of its model nothing is read.

    Raises:
        UserError: As `complete_spec`.
    """
    spec = parse_spec(data).tracked_by(track)
    check_installed(spec.tracking)
    if roots is not None:
        Confinement(roots).check(spec, folder)
    return _resolve(spec, folder)


def _resolve(spec: JobSpec, folder: Path) -> JobSpec:
    sources = {
        name: make_absolute(value, folder, f"task.{name}")
        for name in ("train", "validation", "test")
        if (value := getattr(spec.task, name)) is not None
    }
    task = spec.task.model_copy(update=sources)
    path = make_absolute(spec.model.path, folder, "model.path")
    encoder = spec.model.encoder and make_absolute(spec.model.encoder, folder, KEY)
    model = spec.model.model_copy(update={"path": path, "encoder": encoder})
    objectives = _resolve_reference(spec.objectives, folder)
    artefacts = spec.artefacts and resolve_url(spec.artefacts, folder)
    found = {"task": task, "model": model, "objectives": objectives, "artefacts": artefacts}
    return spec.model_copy(update=found)


def _resolve_reference(objectives: ObjectivesSpec, folder: Path) -> ObjectivesSpec:
    """With the absolute path of the text of reference, which is read once: else all trials would
    fail of it, each after its training."""
    if objectives.reference is None:
        return objectives
    with located("objectives.reference"):
        path = str((folder / Path(objectives.reference).expanduser()).resolve())
        read_passages(path)
    return objectives.model_copy(update={"reference": path})


def make_absolute(value: str, folder: Path, where: str) -> str:
    """Files and folders become absolute; `package:NAME` and hub ids stay.

    `demo:NAME` is fetched or made once, in the user's cache.

    Args:
        value: Of a job file.
        folder: Where relative paths begin.
        where: The key whose value it is.

    Raises:
        UserError: It is no path that can be looked for.
    """
    with located(where):
        if value.startswith(PREFIX):
            return str(fetch_sample(value, lambda text: print(text, file=sys.stderr)))
        try:
            path = folder / Path(value).expanduser()
            is_data = suffix_of(Path(value)) in FILE_SUFFIXES
            named_as_file = is_data or value.startswith(_FILE_STARTS)
            return str(path.resolve()) if path.exists() or named_as_file else value
        except (OSError, ValueError, RuntimeError) as error:
            # A name that is too long or holds NUL, a loop of links, the home of nobody.
            raise UserError("a usable path", show_failed(value, error), "correct it") from error


def differing_keys(old: JobSpec, new: JobSpec) -> list[str]:
    """Dotted keys in which two specs differ, the model's path first; the budget, the trackers and
    the place for adapters apart.

    Of the anatomy only what a trial depends on counts, so that a version that knows more of a
    family still resumes the jobs of an earlier one. Where it was read from another model, or for
    another kind of task, it is left out: nobody wrote it.
    """
    left, right = _flatten(_comparable(old)), _flatten(_comparable(new))
    differing = {key for key in left.keys() | right.keys() if left.get(key) != right.get(key)}
    hidden = ["budget.", "tracking", "artefacts"]
    if differing & _ANATOMY_SOURCES and new.anatomy.family in FAMILIES:
        hidden.append("model.anatomy.")
    shown = (key for key in differing if not key.startswith(tuple(hidden)))
    return sorted(shown, key=lambda key: (key != "model.path", key))


def tell_differing(old: JobSpec, new: JobSpec, keys: Sequence[str]) -> str:
    """Such keys, the first of them with both values where they are short: a wrong column is seen
    as one then, though nobody looked at the data."""
    left, right = _flatten(_comparable(old)), _flatten(_comparable(new))

    def tell(key: str) -> str:
        both = f"{show(right.get(key))} in place of {show(left.get(key))}"
        return f"{key} ({both})" if len(both) <= _SHORT else key

    return ", ".join([*map(tell, keys[:_TOLD]), *keys[_TOLD:]])


def _comparable(spec: JobSpec) -> dict[str, Any]:
    data, anatomy = spec.to_json(), spec.model.anatomy
    del data["task"]["default_metric"]  # which a launch decides
    if anatomy is not None:
        names = ("layers", "layer_path", "linears", "norms")
        stacks = data["model"]["anatomy"]["stacks"]
        kept = {str(i): {x: stack[x] for x in names} for i, stack in enumerate(stacks)}
        data["model"]["anatomy"] = {"family": anatomy.family, "hidden": anatomy.hidden} | kept
    return data


def _flatten(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
