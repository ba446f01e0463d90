"""What each adapter of a folder is, in words."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peftsearch.jobs.adapter_folders import Entry
from peftsearch.message_text import agree, shorten
from peftsearch.results.wording import describe, plural
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import NOMINAL_RATE
from peftsearch.workers.models.locations import fetch_model

from .console import console


def print_entries(
    root: Path, entries: Sequence[Entry], spec: JobSpec, classes: Sequence[str] | None
) -> None:
    """A line for each folder: what it is in words, or why it can be no trial.

    Args:
        classes: In what order outputs count, where adapters will be scored; None where not.
    """
    bases = {Path(spec.model.path).name, fetch_model(spec.model.path).name}
    _print(f"{root}: {plural(len(entries), 'adapter')}")
    for entry in entries:
        words = _describe(entry, spec, classes is not None, bases)
        style = "" if entry.reason is None else "yellow"
        _print(f"  {entry.name}: {words or f'no trial: {entry.reason}'}", style)
    silent = [x for x in entries if x.configuration and not x.row.get("learning_rate")]
    if silent:
        counted = f"{agree(len(silent), 'count')} as trained at {NOMINAL_RATE:g}"
        told = "`learning_rate` in a file of measurements says another"
        _print(f"{plural(len(silent), 'adapter')} of unknown learning rate {counted}: {told}")
    if classes:
        _print(f"outputs count as {shorten(', '.join(classes))}, in this order")


def _print(line: str, style: str = "") -> None:
    console.print(line, highlight=False, soft_wrap=True, style=style)


def _describe(entry: Entry, spec: JobSpec, score: bool, bases: set[str]) -> str:
    """Empty of one that is no trial."""
    if entry.configuration is None or entry.folder is None:
        return ""
    quality, size = spec.task.quality, trainable_parameters(entry.configuration, spec.anatomy)
    value = "to be scored" if score else f"{quality} {entry.row[quality]}"
    parts = [describe(entry.configuration, spec.anatomy), f"{plural(size, 'parameter')}", value]
    base = str(entry.folder.config.base_model_name_or_path or "")
    if base and Path(base).name not in bases:
        parts.append(f"says that it is of {base}")
    return "; ".join(parts)


def entry_json(entry: Entry) -> dict[str, Any]:
    """The same as plain data."""
    configuration = entry.configuration
    return {
        "adapter": entry.name,
        "key": configuration and configuration.key,
        "configuration": configuration and configuration.to_json(),
        "reason": entry.reason,
    }
