"""Text of a card in lines of its width."""

from textwrap import wrap

WIDTH = 100


def wrap_text(text: str) -> list[str]:
    """Words as they are: commands and links are not broken."""
    return wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
