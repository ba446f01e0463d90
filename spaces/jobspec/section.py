"""What every section of a job spec has in common, and what sections hold."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Unchangeable, without unknown keys, and with finite numbers alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def keys_of(section: type[BaseModel]) -> list[str]:
    """Its keys as they are written, and what may be written in place of one."""
    names = [field.alias or name for name, field in section.model_fields.items()]
    return [*names, *getattr(section, "instead", ())]


def sections_in(section: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The sections right below it, by their keys."""
    fields = section.model_fields.items()
    return {name: inner for name, x in fields if (inner := section_in(x.annotation))}


def section_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as `Mapping[str, Linear]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((x for y in get_args(annotation) if (x := section_in(y))), None)
