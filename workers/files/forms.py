"""Names of the forms in which an adapter leaves a job."""

from typing import Literal, get_args

Form = Literal["peft", "adapter", "merged"]
AskedForm = Literal["auto", "peft", "adapter", "merged"]
"""`auto` is the first of them that can hold the adapter."""
FORMS: tuple[Form, ...] = get_args(Form)
