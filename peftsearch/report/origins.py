"""What the chosen numbers depend on: model, data, versions, seeds and machine."""

from collections.abc import Mapping, Sequence
from typing import Any

from peftsearch.records.job import Job
from peftsearch.records.trial import ENCODER, Trial
from peftsearch.results.confirmations.tested_reports import OnTest
from peftsearch.results.exports.file_facts import Facts, list_files, name_hashes
from peftsearch.results.exports.public_names import public_name
from peftsearch.results.exports.told_sources import tell_source
from peftsearch.spaces.jobspec.spec import JobSpec

_UNKNOWN = "not recorded"
_TRAINING = ("epochs", "steps", "batch_size", "dropout", "dtype", "precision", "max_length")


def find_origins(
    job: Job, trials: Sequence[Trial], chosen: Sequence[Trial], tested: OnTest | None = None
) -> Facts:
    """Names and values for people.

    Args:
        trials: Of the job; their devices and versions are told where they differ.
        chosen: The seeds of the chosen configuration; none where nothing is chosen.
        tested: What test rows said of it; None where they were not asked.
    """
    spec, task = job.spec, job.spec.task
    told = [x.provenance for x in (chosen or trials) if x.provenance.get("versions")]
    first: Mapping[str, Any] = told[0] if told else {}
    rows = [(x, first.get(f"{x}_rows")) for x in ("train", "validation")]
    facts: Facts = [
        ("model", public_name(spec.model.path)),
        *([] if spec.model.encoder is None else [("encoder", public_name(spec.model.encoder))]),
        ("data", tell_source(task.train)),
        *list_files(spec, _find_reading(spec, told) or first, tested),
        *_tell_adapters(chosen),
        *((f"{name} rows", f"{count:,}") for name, count in rows if count),
        ("seed of the job", f"{spec.seed}"),
        *([("seeds of the picked trials", _list(f"{x.seed}" for x in chosen))] if chosen else []),
        ("sampler", spec.search.sampler),
        ("processor or GPU", _differing(trials, "device")),
        ("threads of a trial", _differing(trials, "threads")),
        ("versions", _list(f"{k} {v}" for k, v in first.get("versions", {}).items()) or _UNKNOWN),
        *((x.replace("_", " "), f"{first[x]}") for x in _TRAINING if x in first),
    ]
    others = {str(x.provenance["versions"]) for x in trials if x.provenance.get("versions")}
    if len(others) > 1:
        facts.append(("note", f"the trials of the job ran with {len(others)} sets of versions"))
    return facts


def _find_reading(spec: JobSpec, told: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of several provenances one that names the job's encoder; None where none does."""
    return next((x for x in told if ENCODER in x), None) if spec.model.encoder else None


def _tell_adapters(chosen: Sequence[Trial]) -> Facts:
    """Of those that are kept with their hash."""
    kept = {f"trial {x.number}": x.adapter_sha256 for x in chosen if x.adapter_sha256}
    return name_hashes("kept adapter.safetensors of ", kept)


def _differing(trials: Sequence[Trial], name: str) -> str:
    known = dict.fromkeys(str(x.provenance[name]) for x in trials if name in x.provenance)
    return _list(known) or _UNKNOWN


def _list(texts: Any) -> str:
    return ", ".join(texts)
