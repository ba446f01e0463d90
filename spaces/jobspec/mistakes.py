"""What a validation found, in words: where, what was expected, what came, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from peftsearch.errors import UserError
from peftsearch.message_text import shorten, show

from .expected_words import tell_expected
from .meant_keys import tell_meant
from .section import keys_of, section_in

_NO_SECTION = ("model_type", "model_attributes_type")
"""What pydantic says of a value where a section belongs."""

_LONGEST = 50
"""Of a key that is shown beside all that are known, by which a line has 400 characters at most."""


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
        self.join(*(WrongSpec([x]) for x in mistakes[1:]))


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
        section = _section_at(found["loc"][:-1], root)
        return refuse_key(str(found["loc"][-1]), section, where, found["input"], root)
    if found["type"] in _NO_SECTION:
        return _refuse_value(where, _section_at(found["loc"], root), found["input"])
    got = "nothing" if found["type"] == "missing" else show(found["input"])
    expected, hint = f"{where}: {tell_expected(found)}", f"correct {where} in the job file"
    return UserError(expected, got, hint, where)


def refuse_key(
    key: str,
    section: type[BaseModel],
    where: str,
    value: Any = None,
    root: type[BaseModel] | None = None,
) -> UserError:
    """What is said of a key that a section does not have, with the one that was meant.

    Args:
        where: The key with what leads to it.
        value: What stands there.
        root: The whole spec, in whose other sections it may belong; None of what is none.
    """
    expected = f"keys among {', '.join(keys_of(section))}"
    hint = tell_meant(where, value, section, root)
    return UserError(expected, f"unknown key {shorten(where, _LONGEST)!r}", hint, where)


def _refuse_value(where: str, section: type[BaseModel], value: Any) -> UserError:
    """What is said of a value where a section belongs."""
    needed = next((x for x, y in section.model_fields.items() if y.is_required()), None)
    meant = f"did you mean {f'{where}.{needed}'!r}?"
    hint = meant if needed and isinstance(value, str) else f"write its keys under [{where}]"
    return UserError(f"{where}: a section [{where}]", show(value), hint, where)


def _section_at(path: tuple[int | str, ...], root: type[BaseModel]) -> type[BaseModel]:
    model = root
    for part in path:
        found = model.model_fields.get(str(part))
        model = (section_in(found.annotation) if found else None) or model
    return model
