"""What a trial's numbers depend on, recorded with each of them."""

import importlib.metadata
import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

import torch

from peftsearch.extensions import names, providers
from peftsearch.records.trial import ENCODER
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.jobspec.sampler_names import GROUP as SAMPLERS
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.techniques.encoders import reads_by_encoder
from peftsearch.spaces.techniques.table import technique
from peftsearch.workers.models.backbone import Backbone

_PACKAGES = ("peftsearch", "torch", "transformers", "peft", "tokenizers", "safetensors")


def describe(
    backbone: Backbone, spec: JobSpec, fingerprint: str, precision: str, seed: int
) -> dict[str, Any]:
    """Plain data for JSON.

    Args:
        fingerprint: Hash of the data.
        precision: Of matrix products, `float32` or `bfloat16`.
    """
    return {
        "versions": {**_versions(), **_added(spec)},
        "model": {
            **backbone.files.tell(),
            "heads": list(backbone.heads),
        },
        "data": fingerprint,
        "device": _device_name(backbone.device),
        "precision": precision,
        "threads": torch.get_num_threads(),
        "seed": seed,
    }


def name_encoder(configuration: Configuration, backbone: Backbone) -> dict[str, Any]:
    """The encoder that makes the prompts of a configuration; nothing of one without."""
    module, reader = configuration.input, backbone.reader
    if module is None or reader is None:
        return {}
    reads = reads_by_encoder(technique(module.technique), backbone.anatomy)
    return {ENCODER: reader.files.tell()} if reads else {}


@cache
def _versions() -> Mapping[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # run from a source tree
            found[name] = "not installed"
    return found


def _added(spec: JobSpec) -> dict[str, str]:
    """Versions of the packages that a job's kind, objectives and sampler come from, but for ours.
    Those of techniques stand beside each trial (`foreign_techniques`)."""
    named = [(KINDS.group, spec.task.kind), (SAMPLERS, spec.search.sampler)]
    goals = (*spec.goals, *spec.measured, *spec.known_costs, *spec.objectives.also)
    named += [(OBJECTIVES.group, x) for x in goals if x not in OBJECTIVES.own]
    packages = [providers(group, name) for group, name in named if name in names(group)]
    pairs = (package.rpartition(" ") for package in packages)
    return {name: version for name, _, version in pairs}


def _device_name(device: str) -> str:
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(device)
    return str(torch.cpu.get_capabilities().get("cpu_name", platform.machine()))
