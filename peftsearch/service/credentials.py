"""The token, and what is derived from it: the session of a browser and its CSRF value."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property

from peftsearch.errors import UserError

COOKIE = "peftsearch_session"
CSRF_HEADER = "x-csrf-token"
PARAMETER = "token"
"""Of a page's address, by which a browser may show the token once."""
FEWEST_CHARACTERS = 16


@dataclass(frozen=True)
class Credentials:
    """What a caller may show. Nothing is kept on the server, so sessions outlive a restart.

    The cookie never holds the token: who reads a browser's cookies gets a session of this
    service, which ends when the token changes, and not the word itself.
    """

    token: str

    @cached_property
    def session(self) -> str:
        """Value of the cookie."""
        return _derive(self.token, "session")

    @cached_property
    def csrf(self) -> str:
        """What a page must send with each write, beside the cookie that browsers send alone."""
        return _derive(self.session, "csrf")

    def is_token(self, shown: str) -> bool:
        """Whether it is the token."""
        return same(shown, self.token)

    def is_session(self, shown: str) -> bool:
        """Whether it is a session's cookie."""
        return same(shown, self.session)

    def is_csrf(self, shown: str) -> bool:
        """Whether it is the pages' CSRF value."""
        return same(shown, self.csrf)


def same(shown: str, right: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ.

    Compared by their digests, so that the time does not tell the length either.
    """
    return hmac.compare_digest(_digest(shown), _digest(right))


def check_token(token: str) -> str:
    """The token, if it is one that a header can carry and nobody guesses soon.

    Raises:
        UserError: It is too short, or holds spaces or characters beyond ASCII.
    """
    if len(token) < FEWEST_CHARACTERS:
        got = f"{len(token)} characters"
    elif not (token.isascii() and token.isprintable() and " " not in token):
        got = "one with spaces or characters beyond ASCII"
    else:
        return token
    raise UserError(
        f"a token of at least {FEWEST_CHARACTERS} letters and digits", got, MAKE_A_TOKEN
    )


MAKE_A_TOKEN = "make one with `openssl rand -hex 24 > token` and name it by --token-file token"
"""A hint for messages."""


def _derive(key: str, purpose: str) -> str:
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
