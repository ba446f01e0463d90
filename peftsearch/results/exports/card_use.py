"""How an adapter is loaded and asked, as its card says it."""

from dataclasses import replace
from typing import Any

from peftsearch.records.trial import ENCODER, Trial
from peftsearch.results.wording import size as tell_size
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.files.peft_format import BASE_FOLDER
from peftsearch.workers.kinds.programs import Reading
from peftsearch.workers.models.backbone import Backbone, read_config
from peftsearch.workers.models.chosen_head import pooled_linear
from peftsearch.workers.models.reader import PREFIX, cut_to

from .card_lines import wrap_text
from .export_report import ExportReport, Loading
from .public_names import base_id, hub_id, public_name

_INPUTS = """

```python
{program}
```
"""
_BASE_TOLD = f"""
`{BASE_FOLDER}` is a folder with {{model}}{{hub}}.
"""
ENCODER_FOLDER = "path/to/the/encoder"
"""Stands for the folder of an encoder that no hub has."""
_CONFIG = (
    "; `config/config.json` is the base's{classes}\n"
    '(`AutoConfig.from_pretrained(folder, subfolder="config")`)'
)
"""Beside an adapter, not beside a merged model."""


def tell_base(spec: JobSpec, report: ExportReport, base: str | None) -> str:
    """What stands for the folder of a base that no hub has; nothing of another."""
    if base or report.form == "merged":
        return ""
    known = base_id(spec.model.path)
    hub = f", the model that hubs call `{known}`" if known else ""
    return _BASE_TOLD.format(model=f"`{public_name(spec.model.path)}`", hub=hub)


def name_encoder(spec: JobSpec) -> str:
    """Its id on the hub, or what stands for its folder."""
    return hub_id(str(spec.model.encoder)) or ENCODER_FOLDER


def tell_encoder(spec: JobSpec, trial: Trial, encoder: str) -> str:
    """What else whoever asks must hold; nothing of an adapter without an encoder."""
    if not encoder or spec.anatomy.encoder is None:
        return ""
    model, sha256 = public_name(str(spec.model.encoder)), trial.provenance[ENCODER]["sha256"]
    held = spec.anatomy.encoder.base_bytes
    text = (
        f"`{encoder}` is the frozen encoder `{model}`, which makes the prompt from each text and "
        f"is no part of these files (fingerprint {sha256[:12]}): whoever asks holds "
        f"{tell_size(held) if held else 'it'} more beside the base."
    )
    return "\n".join(["", *wrap_text(text), ""])


def tell_config(form: str, labels: list[str]) -> str:
    """Where the base's configuration lies beside an adapter; nothing of a merged model."""
    return (
        "" if form == "merged" else _CONFIG.format(classes=" with the classes" if labels else "")
    )


def _divide(report: ExportReport) -> str:
    """A line of the program that gives probabilities, where they were asked for."""
    told = report.calibration
    if told is None or told["thresholds_at"] == 1.0:
        return ""
    return f"\nprobabilities = (outputs / {told['temperature']:.4f}).softmax(-1)"


def tell_inputs(
    work: Any, spec: JobSpec, configuration: Configuration, report: ExportReport, encoder: str
) -> str:
    """How a row becomes inputs and an answer. Generation keeps nothing between tokens where
    virtual inputs stand in front of every call, nor where stacks differ in depth, which
    `transformers` confuses."""
    even = len({stack.layers for stack in spec.anatomy.stacks}) == 1
    if encoder and spec.anatomy.encoder is not None:
        tokens = cut_to(spec.anatomy.encoder, spec.task).tokens
        program = work.reading_program(spec.task, Reading(encoder, tokens, PREFIX))
    else:
        program = work.program(spec.task, cached=even and configuration.input is None)
    program += _divide(report) if program else ""
    return str(work.tell_inputs(spec.task)) + (_INPUTS.format(program=program) if program else "")


def find_loading(base: Backbone, reads: bool = False) -> Loading:
    """How an export is loaded on this machine.

    Args:
        reads: Whether the job's encoder makes the prompts of the adapter.
    """
    encoder = str(base.reader.folder) if reads and base.reader is not None else ""
    return replace(_find_base(base), encoder=encoder)


def _find_base(base: Backbone) -> Loading:
    """A base whose files have a head of another size does not load unless that is allowed. One
    with classes, or without a pad token of its own, takes the configuration beside the adapter,
    which names them: else the classes would be `LABEL_0` and so on, and no batch could be made."""
    kind = find_kind(base.kind)
    arguments = {"ignore_mismatched_sizes": True} if base.heads else {}
    padded = kind.form.inputs != "text" or "pad_token_id" in _given(base)
    config = not padded or (bool(base.heads) and kind.problem is not None)
    loading = Loading(kind.form.automatic, str(base.folder), arguments, config=config)
    if (pooled := pooled_linear(base)) is None:
        return loading
    return replace(loading, pooling=base.pooling, outputs=pooled.out_features)


def _given(base: Backbone) -> set[str]:
    """Keys of the base model's configuration that have a value."""
    return {key for key, x in read_config(str(base.folder)).items() if x is not None}
