"""What a page loads, read from the import statements of its scripts.

Scripts lie in rooms and import one way: `pages` from `components` and `form`, these from `charts`,
all from `lib`. The style of a script lies beside it under the same name, so a page has the styles
of exactly the scripts that it runs.
"""

import functools
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .assets import FOLDER, version

ROOMS = ("lib", "charts", "form", "components", "pages")
"""From the bottom up; `form` and `components` do not know each other."""
_THEME = "lib/theme.js"
_LOG_OUT = "pages/logout.js"
_CHART = "charts/chart.js"
_GROUND = ("tokens", "base", "layout", "controls", "notice", "fields")
"""Styles of all pages, in the order in which they lie upon each other."""
_IMPORT = re.compile(r'^(?:import|export)\b[^"\';]*?"(\.[^"]+)";', re.MULTILINE)


@dataclass(frozen=True)
class Parts:
    """Files of one page, by their names in the folder of static files.

    Attributes:
        styles: In the order of the cascade.
        entries: Scripts that the page starts, in their order.
        modules: These and all that they import: to be fetched at once, since a browser that has
            to read one script to learn of the next needs a round trip for each level.
        has_charts: Whether they need Plotly.
    """

    styles: tuple[str, ...]
    entries: tuple[str, ...]
    modules: tuple[str, ...]
    has_charts: bool


def parts(page: str, signed_in: bool) -> Parts:
    """What the page of that name loads; it may have no script of its own."""
    return _parts(page, signed_in, version())


@functools.lru_cache(maxsize=64)
def _parts(page: str, signed_in: bool, release: str) -> Parts:
    own = f"pages/{page}.js"
    wanted = [_THEME, *([_LOG_OUT] if signed_in else []), *([own] if _exists(own) else [])]
    modules = tuple(sorted(reach(wanted), key=_height))
    styles = {_style(name) for name in (*modules, own)}
    ground = [f"lib/{name}.css" for name in _GROUND]
    more = sorted(filter(_exists, styles - set(ground)), key=_height)
    return Parts((*ground, *more), tuple(wanted), modules, _CHART in modules)


def reach(entries: Iterable[str]) -> set[str]:
    """Those scripts and all that they import, directly or not."""
    found, left = set[str](), list(entries)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += imports(name)
    return found


def imports(name: str) -> Iterator[str]:
    """Names of the scripts that a script imports itself."""
    source, folder = (FOLDER / name).read_text("utf-8"), posixpath.dirname(name)
    for match in _IMPORT.finditer(source):
        yield posixpath.normpath(posixpath.join(folder, match[1]))


def _height(name: str) -> tuple[int, str]:
    return ROOMS.index(name.partition("/")[0]), name


def _style(script: str) -> str:
    return script.removesuffix(".js") + ".css"


def _exists(name: str) -> bool:
    return (FOLDER / name).is_file()
