"""What a validation found, in words: where, what was expected, what came, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from peftsearch.errors import UserError
from peftsearch.message_text import show, suggest


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a spec.

    Attributes:
        where: Dotted key, for example `task.train`; empty for the whole spec.
    """

    where: str
    expected: str
    got: str
    hint: str

    @classmethod
    def of(cls, error: UserError) -> "Mistake":
        """The same as plain parts; `where` is not said twice."""
        expected = error.expected.removeprefix(f"{error.where}: ")
        return cls(error.where, expected, error.got, error.hint)


class WrongSpec(UserError):
    """A job spec with mistakes; the first speaks for all.

    Args:
        mistakes: At least one.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        first = mistakes[0]
        prefix = f"{first.where}: " if first.where not in first.got else ""
        super().__init__(f"{prefix}{first.expected}", first.got, first.hint, first.where)
        self.mistakes = mistakes


def explain(error: ValidationError, root: type[BaseModel]) -> list[UserError]:
    """One error for each thing that a validation of `root` found, unknown keys first.

    A misspelt key is also a missing one; the unknown one says more. Of a key that may be a word or
    a section, what is wrong within the section says more than that it is no word.
    """
    found = sorted(error.errors(), key=lambda x: x["type"] != "extra_forbidden")
    places = [_place(x) for x in found]
    within = {place[:i] for place in places for i in range(len(place))}
    kept = [x for x, y in zip(found, places, strict=True) if y not in within]
    return [_explain(x, root) for x in kept]


def _place(found: ErrorDetails) -> tuple[int | str, ...]:
    """Keys down to the mistake, without the names of a union's members between them."""
    return tuple(x for x in found["loc"] if "[" not in str(x))


def _explain(found: ErrorDetails, root: type[BaseModel]) -> UserError:
    # A model of one stack may be written without `stacks`, as most people do.
    where = ".".join(map(str, _place(found))).replace("anatomy.stacks.0.", "anatomy.")
    cause = found.get("ctx", {}).get("error")
    if isinstance(cause, UserError):
        cause.where = cause.where or where
        return cause
    if found["type"] == "extra_forbidden":
        return refuse_key(str(found["loc"][-1]), _section_at(found["loc"][:-1], root), where)
    got = "nothing" if found["type"] == "missing" else show(found["input"])
    expected, hint = f"{where}: {_soften(found['msg'])}", f"correct {where} in the job file"
    return UserError(expected, got, hint, where)


def refuse_key(key: str, section: type[BaseModel], where: str) -> UserError:
    """What is said of a key that a section does not have, with the one that was meant.

    Args:
        where: The key with what leads to it.
    """
    known = _keys(section)
    deeper = _deeper(key, section)
    hint = suggest(deeper[0] if deeper else key, deeper or known, "remove it")
    return UserError(f"keys among {', '.join(known)}", f"unknown key {where!r}", hint, where)


def _deeper(key: str, section: type[BaseModel]) -> list[str]:
    """Where sections below have that key, as in `budget.trials`."""
    fields = section.model_fields.items()
    below = {name: _section_in(field.annotation) for name, field in fields}
    return [f"{name}.{key}" for name, inner in below.items() if inner and key in _keys(inner)]


def _soften(message: str) -> str:
    short = message.removeprefix("Input should be ")
    return short[:1].lower() + short[1:]


def _section_at(path: tuple[int | str, ...], root: type[BaseModel]) -> type[BaseModel]:
    model = root
    for part in path:
        found = model.model_fields.get(str(part))
        model = (_section_in(found.annotation) if found else None) or model
    return model


def _keys(section: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as `Mapping[str, Linear]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((x for y in get_args(annotation) if (x := _section_in(y))), None)
