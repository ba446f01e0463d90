"""The styles of a page as one file, and its scripts as one: a request each.

Sources stay files of their own. Each script becomes a function that answers with what it exports,
called once, after those that it imports. The grammar is narrower than JavaScript's: exports stand
before a declaration and are never assigned again, names come from relative paths, no circles.
"""

import functools
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import scripts
from .assets import FOLDER, version

PLACE = "joined"
_IMPORT = re.compile(r'^import (?:(\* as \w+|\{[^{}"]*\}) from )?"[^"]+";', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*|^await\b.*", re.MULTILINE)
_TYPES = {"css": "text/css", "js": "text/javascript"}


@dataclass(frozen=True)
class Joined:
    """One file that was joined, and the same compressed."""

    media_type: str
    plain: bytes
    packed: bytes


def joined_name(page: str, kind: str) -> str:
    """Name of the file of a page, below the folder of static files.

    Args:
        kind: `css` or `js`.
    """
    return f"{PLACE}/{page}.{kind}"


def find_joined(name: str) -> Joined | None:
    """The file of that name as it is now; None where no page has it."""
    found = re.fullmatch(rf"{PLACE}/([a-z-]+)\.(css|js)", name)
    if found is None or not scripts.is_page(found[1]):
        return None
    return _joined(found[1], found[2], version())


@functools.lru_cache(maxsize=64)
def _joined(page: str, kind: str, release: str) -> Joined:
    parts = scripts.parts(page)
    text = join_styles(parts.styles) if kind == "css" else join_scripts(parts.entries)
    plain = text.encode()
    return Joined(_TYPES[kind], plain, gzip.compress(plain, mtime=0))


def join_styles(names: tuple[str, ...]) -> str:
    """Styles one after the other; none may name another file, since a path would begin here."""
    return "\n".join(_read(name) for name in names)


def join_scripts(entries: tuple[str, ...]) -> str:
    """These scripts and all that they import, as one module.

    Raises:
        ValueError: One of them is written in a way that this cannot join.
    """
    return "\n".join(map(_enclose, _in_order(entries)))


def _in_order(entries: tuple[str, ...]) -> Iterator[str]:
    """Each script once, after those that it imports."""
    done = set[str]()

    def visit(name: str) -> Iterator[str]:
        if name not in done:
            done.add(name)
            for other in scripts.imports(name):
                yield from visit(other)
            yield name

    for entry in entries:
        yield from visit(entry)


def _enclose(name: str) -> str:
    source, sources = _read(name), scripts.imports(name)
    body = _IMPORT.sub(lambda found: _take(found[1], next(sources)), source)
    names = ", ".join(_EXPORT.findall(body))
    body = _EXPORT.sub("", body)
    if left := _LEFT.search(body):
        raise ValueError(f"{name}: expected a script that can be joined, got {left[0]!r}")
    return f"// {name}\nconst {_variable(name)} = (() => {{\n{body}return {{ {names} }};\n}})();\n"


def _take(wanted: str | None, source: str) -> str:
    """An import as a declaration: of some names, of all as one, or of none."""
    variable = _variable(source)
    if wanted is None:
        return ""
    if wanted.startswith("* as "):
        return f"const {wanted.removeprefix('* as ')} = {variable};"
    return f"const {re.sub(r' as ', ': ', wanted)} = {variable};"


def _variable(name: str) -> str:
    """`$lib_job_model` of `lib/job-model.js`, which no script of ours would call anything."""
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))


def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
