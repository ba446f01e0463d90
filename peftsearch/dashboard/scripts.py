"""What a page is made of, read from the import statements of its scripts.

Scripts lie in rooms and import one way: `pages` from `components` and `form`, these from `charts`,
all from `lib`. The style of a script lies beside it under the same name, so a page has the styles
of exactly the scripts that it runs.
"""

import functools
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .assets import FOLDER, version

TEMPLATES = Path(__file__).parent / "templates"

ROOMS = ("lib", "charts", "form", "components", "pages")
"""From the bottom up; `form` and `components` do not know each other."""
ALWAYS = ("lib/theme.js", "lib/log-out.js")
"""Scripts that all pages start."""
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
        has_charts: Whether these need Plotly.
    """

    styles: tuple[str, ...]
    entries: tuple[str, ...]
    has_charts: bool


def is_page(page: str) -> bool:
    """Whether there is a page of that name."""
    return (TEMPLATES / f"{page}.html").is_file()


def parts(page: str) -> Parts:
    """What the page of that name is made of; it may have no script of its own."""
    return _parts(page, version())


@functools.lru_cache(maxsize=64)
def _parts(page: str, release: str) -> Parts:
    own = f"pages/{page}.js"
    wanted = [*ALWAYS, *([own] if _exists(own) else [])]
    modules = reach(wanted)
    styles = {_style(name) for name in (*modules, own)}
    ground = [f"lib/{name}.css" for name in _GROUND]
    more = sorted(filter(_exists, styles - set(ground)), key=_height)
    return Parts((*ground, *more), tuple(wanted), _CHART in modules)


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
