"""What was expected of a value that a validation refused, in the house's words."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from peftsearch.message_text import plural

_WORDS: Mapping[str, str] = {
    "missing": "a value",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "string_unicode": "text of UTF-8",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
}
"""By the type of an error, what says all that is to be said."""
_LIMITS: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "greater_than": ("gt", lambda x: f"{_noun(x)} above {_number(x)}"),
    "greater_than_equal": ("ge", lambda x: f"{_noun(x)} of at least {_number(x)}"),
    "less_than": ("lt", lambda x: f"{_noun(x)} below {_number(x)}"),
    "less_than_equal": ("le", lambda x: f"{_noun(x)} of at most {_number(x)}"),
    "string_too_short": ("min_length", lambda x: f"text of at least {plural(x, 'character')}"),
    "string_too_long": ("max_length", lambda x: f"text of at most {plural(x, 'character')}"),
    "string_pattern_mismatch": ("pattern", lambda x: f"text that matches {x}"),
    "too_short": ("min_length", lambda x: f"a list of at least {plural(x, 'value')}"),
    "too_long": ("max_length", lambda x: f"a list of at most {plural(x, 'value')}"),
}
"""The same where a limit is to be named, with the key that it has in the error's context."""


def tell_expected(found: ErrorDetails) -> str:
    """What would have been right; in pydantic's words where we have none of our own."""
    kind, context = found["type"], found.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    name, tell = _LIMITS.get(kind, ("", str))
    if name in context:
        return tell(context[name])
    short = found["msg"].removeprefix("Input should be ")
    return short[:1].lower() + short[1:]


def _noun(limit: float) -> str:
    """By the limit, which pydantic holds as the field's own type."""
    return "a whole number" if isinstance(limit, int) else "a number"


def _number(limit: float) -> str:
    return f"{int(limit):,}" if limit == int(limit) else f"{limit:g}"
