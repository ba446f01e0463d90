"""What the chosen numbers depend on: model, data, versions, seeds and machine."""

from collections.abc import Mapping, Sequence
from typing import Any

from peftsearch.records.job import Job
from peftsearch.records.trial import ENCODER, Trial
from peftsearch.results.exports.public_names import public_name
from peftsearch.spaces.jobspec.spec import JobSpec

Facts = list[tuple[str, str]]
_UNKNOWN = "not recorded"
_TRAINING = ("epochs", "steps", "batch_size", "dropout", "dtype", "precision", "max_length")


def find_origins(job: Job, trials: Sequence[Trial], chosen: Sequence[Trial]) -> Facts:
    """Names and values for people.

    Args:
        trials: Of the job; their devices and versions are told where they differ.
        chosen: The seeds of the chosen configuration; none where nothing is chosen.
    """
    spec, task = job.spec, job.spec.task
    told = [x.provenance for x in (chosen or trials) if x.provenance.get("versions")]
    first: Mapping[str, Any] = told[0] if told else {}
    weights = first.get("model", {}).get("sha256")
    rows = [(x, first.get(f"{x}_rows")) for x in ("train", "validation")]
    facts: Facts = [
        ("model", public_name(spec.model.path)),
        ("model weights, SHA-256", weights or _UNKNOWN),
        *_tell_encoder(spec, told),
        ("data", public_name(task.train)),
        ("data fingerprint, SHA-256", str(first.get("data") or _UNKNOWN)),
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


def _tell_encoder(spec: JobSpec, told: Sequence[Mapping[str, Any]]) -> Facts:
    """What makes prompts from texts; nothing of a job without an encoder."""
    if spec.model.encoder is None:
        return []
    hashes = dict.fromkeys(x[ENCODER]["sha256"] for x in told if ENCODER in x)
    weights = ("encoder weights, SHA-256", _list(hashes) or _UNKNOWN)
    return [("encoder", public_name(spec.model.encoder)), weights]


def _differing(trials: Sequence[Trial], name: str) -> str:
    known = dict.fromkeys(str(x.provenance[name]) for x in trials if name in x.provenance)
    return _list(known) or _UNKNOWN


def _list(texts: Any) -> str:
    return ", ".join(texts)
