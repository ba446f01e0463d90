"""Where a text may hold a password, and the text without it.

Passwords stand in URLs, in logins without a scheme, and in parameters whose names say so. They may
hold any letters, spaces among them.
"""

import re
from urllib.parse import unquote

DATABASES = ("postgres", "mysql", "mariadb")
"""How URLs of databases with a login begin."""
_WORD = re.compile(
    r"""[\w%.+-]++=(?:'(?:[^'\\\n]|\\.)*+'?+|"(?:[^"\\\n]|\\.)*+"?+)\S*+"""
    r"""|(?<!\w)'(?:[^'\\\n]|\\.)*+'|(?<!\w)"(?:[^"\\\n]|\\.)*+"|\S++"""
)
"""A quoted value of one line, with its name where it has one, or what stands between spaces."""
_PARAMETER = re.compile(r"([\w%.+-]++)=([^&]++)")
_SECRETS = ("pass", "token", "secret")
"""What stands in the names of parameters that hold one, or in a value that holds such a name."""
_SCHEME = re.compile(r"(?:postgres(?:ql)?|mysql|mariadb)(?:\+[a-z]{1,12})?", re.IGNORECASE)
_NAME = re.compile(r"[\w.-]*+")
_QUOTES = "'\"`([{<"
_NO_USERS = frozenset(
    "mailto mail email e-mail from to cc bcc by author contact package pkg npm demo hub".split()
)
"""What stands before a colon and an address or a version, and is no user."""
_LONGEST_LOGIN = 8
"""Words of a password with spaces, at most."""


def hide(text: str) -> str:
    """A text as it is, but for the passwords in it."""
    pieces, end, words = list[str](), 0, list(_WORD.finditer(text))
    for i, word in enumerate(words):
        if word.start() < end:
            continue
        last = i + _count_open(text, words, i)
        pieces += [text[end : word.start()], hide_word(text[word.start() : words[last].end()])]
        end = words[last].end()
    return "".join([*pieces, text[end:]])


def hide_word(word: str) -> str:
    """Without the password of a URL, whatever letters it has: all between the first colon behind
    the scheme and the last `@`, since a password may hold more of both. A URL that was taken for
    a path has one slash left. Where a database is named, however its URL is misspelt, all of the
    login is hidden that is not clearly a name. Secrets among the parameters go first, since an
    `@` in them ends no login."""
    word = _PARAMETER.sub(_hide_parameter, word) if "=" in word else word
    place = find_database(word)
    if place is not None:
        return word[:place] + _hide_database(word[place:])
    return _hide_login(word) if ":/" in word else _hide_bare(word)


def find_database(text: str) -> int | None:
    """Where a text names a kind of database first, as its URLs begin; None where it does not."""
    lower = text.lower()
    found = [lower.find(name) for name in DATABASES]
    return min((place for place in found if place >= 0), default=None)


def _count_open(text: str, words: list[re.Match[str]], i: int) -> int:
    """How many more words belong to the login that a word begins and does not end: those up to
    the `@`, on the same line."""
    if not _opens(words[i][0]):
        return 0
    for count, word in enumerate(words[i + 1 : i + _LONGEST_LOGIN], 1):
        if "://" in word[0] or "\n" in text[words[i].end() : word.start()]:
            return 0
        if "@" in word[0]:
            return count
    return 0


def _opens(word: str) -> bool:
    """Whether a URL has a user and a beginning of a password, and no `@`; a number is a port."""
    place = find_database(word)
    _, mark, rest = word.partition(":/") if place is None else ("", ":", word[place:])
    if place is not None:
        scheme = _SCHEME.match(rest)
        rest = rest[scheme.end() if scheme else 0 :]
    user, colon, secret = rest.lstrip(":/\\;").partition(":")
    port = secret.partition("/")[0].rstrip(".,;)'\"")
    return bool(mark and user and colon and port) and "@" not in rest and not port.isdigit()


def _hide_parameter(found: re.Match[str]) -> str:
    """A driver decodes the name of a parameter, and its value may hold parameters of its own."""
    name, value = unquote(found[1]).lower(), found[2]
    if not any(x in name or f"{x}word=" in unquote(value).lower() for x in _SECRETS):
        return found[0]
    end = value[len(value.rstrip("'\"`)],;")) :]
    return f"{found[1]}=***{end}"


def _hide_login(word: str) -> str:
    scheme, mark, rest = word.partition(":/")
    login, at, place = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    if at and "%3a" in user.lower():
        return f"{scheme}{mark}***@{place}"
    return f"{scheme}{mark}{user}:***@{place}" if at and colon else word


def _hide_bare(word: str) -> str:
    """Of a login without a scheme, `user:password@host`, wherever in a quoted value it stands."""
    if "@" not in word or ":" not in word:
        return word
    if any(letter.isspace() for letter in word) and not _is_bare(word):
        return " ".join(map(_hide_bare, word.split(" ")))
    if not _is_bare(word):
        return word
    login, _, place = word.rpartition("@")
    return f"{login.partition(':')[0]}:***@{place}"


def _is_bare(word: str) -> bool:
    """Whether a name, a colon and at once a password stand before the last `@`, and a name of a
    host behind it: no time, no address with a word before it, no path of a drive."""
    login, _, place = word.rpartition("@")
    user, colon, secret = login.partition(":")
    user = user.rpartition("=")[2].lstrip(_QUOTES + "/")
    drive = len(user) == 1 and secret[:1] in "/\\"
    named = bool(user) and _NAME.fullmatch(user) and not user.isdigit()
    if not (colon and secret and named) or drive or user.lower() in _NO_USERS:
        return False
    return not secret[0].isspace() and (place[:1].isalnum() or place[:1] == "[")


def _hide_database(word: str) -> str:
    login, at, place = word.rpartition("@")
    if not at:
        return word
    named = _SCHEME.match(login)
    scheme = named[0] if named else ""
    user, colon, _ = login[len(scheme) :].removeprefix("://").partition(":")
    clear = login.startswith("://", len(scheme)) and _NAME.fullmatch(user)
    if clear:
        return f"{scheme}://{user}{':***' if colon else ''}@{place}"
    return f"{scheme}{'://' if '://' in login else ':'}***@{place}"
