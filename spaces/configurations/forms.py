"""The forms in which an adapter leaves a job, and which of them ships."""

from typing import Literal, get_args

from peftsearch.spaces.families.anatomy import Anatomy

from .configuration import Configuration
from .groups import peft_row
from .weight_files import FileForm, weight_files

Form = Literal["peft", "adapter", "merged"]
AskedForm = Literal["auto", "peft", "adapter", "merged"]
"""`auto` is the form that ships."""
FORMS: tuple[Form, ...] = get_args(Form)
HEAD_CODE = "head.py"
"""Of exports for other libraries: the few lines of a head that `transformers` does not have."""
HEAD_TENSORS = "head.safetensors"
"""The tensors of such a head, beside a merged model."""


def shipped_form(configuration: Configuration, anatomy: Anatomy) -> FileForm:
    """`peft` where one of its configurations says it all and its file holds no tensor that ours
    does without; else `adapter`. What a configuration costs is what this form takes."""
    row = peft_row(configuration)
    if row is None:
        return "adapter"
    if row.saved is None or not row.saved.larger_in_peft:
        return "peft"
    files = weight_files(anatomy)
    peft, ours = (files.tensor_bytes(configuration, form) for form in ("peft", "adapter"))
    return "peft" if peft <= ours else "adapter"
