"""Which files a result depends on: each with the SHA-256 that `sha256sum` prints of it. What is a
fingerprint of something else says of what, so that nobody holds it against a file."""

from collections.abc import Mapping
from typing import Any

from peftsearch.records.trial import DATA_FILES, ENCODER, FILES
from peftsearch.results.confirmations.tested_reports import OnTest
from peftsearch.spaces.jobspec.spec import JobSpec

from .public_names import public_name

Facts = list[tuple[str, str]]
_UNKNOWN = "not recorded"
_OF_HASHES = "of the SHA-256 digests of its files, which were not kept: no file has it"
_AS_READ = "rows as they were read, fingerprint"
_OF_ROWS = "of texts and labels in their order: no file has it"


def list_files(
    spec: JobSpec, provenance: Mapping[str, Any], tested: OnTest | None = None
) -> Facts:
    """Weights and data of a training, as names and values for people.

    Args:
        provenance: Of a trial; of one of before files were kept the fingerprints are told.
        tested: What test rows said of its configuration; None where they were not asked.
    """
    encoder = spec.model.encoder if ENCODER in provenance else None
    named = [("model", spec.model.path), *([(ENCODER, encoder)] if encoder else [])]
    weights = [x for key, path in named for x in _tell_weights(key, path, provenance.get(key, {}))]
    return [*weights, *_tell_data(spec, provenance), *_tell_test(spec, tested)]


def _tell_weights(key: str, path: str, found: Mapping[str, Any]) -> Facts:
    if files := found.get(FILES):
        return name_hashes(f"{public_name(path)}/", files)
    told = found.get("sha256")
    return [(f"{key} weights, fingerprint", f"{told} ({_OF_HASHES})" if told else _UNKNOWN)]


def _tell_data(spec: JobSpec, provenance: Mapping[str, Any]) -> Facts:
    files = provenance.get(DATA_FILES, {})
    named = {public_name(str(getattr(spec.task, part))): x for part, x in files.items()}
    told = provenance.get("data")
    rows = f"{told} ({_OF_ROWS})" if told else _UNKNOWN
    return [*name_hashes("", named), (_AS_READ, rows)]


def _tell_test(spec: JobSpec, tested: OnTest | None) -> Facts:
    if tested is None:
        return []
    source, read = spec.task.test, tested.data
    file = {} if source is None or tested.file is None else {public_name(source): tested.file}
    rows = [] if read is None else [(f"test {_AS_READ}", f"{read} ({_OF_ROWS})")]
    return [*name_hashes("", file), *rows]


def name_hashes(folder: str, files: Mapping[str, str]) -> Facts:
    """`model/model.safetensors, SHA-256` and the hash, of each file.

    Args:
        folder: What stands before the names.
        files: Hashes by name.
    """
    return [(f"{folder}{name}, SHA-256", sha256) for name, sha256 in files.items()]
