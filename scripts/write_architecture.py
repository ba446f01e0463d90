"""Draws the house from the imports themselves; `tests/test_architecture.py` checks what it wrote.

Writes docs/images/house.svg and the tables of rooms in docs/architecture.md and CONTRIBUTING.md,
and prints how many modules, rooms and arrows there are.

Usage: python scripts/write_architecture.py
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "house.svg"
PAGES = {ROOT / "docs" / "architecture.md": True, ROOT / "CONTRIBUTING.md": False}
"""Pages with a table, and whether it has the rooms within rooms."""
LINKED = ("search", "spaces", "storage", "workers")
_BLOCK = re.compile(r"(<!-- rooms -->\n).*?(<!-- /rooms -->)", re.DOTALL)
_WIDTH, _ROW, _TOP, _HIGH = 880, 84, 24, 52
_COLUMNS = {1: (440,), 2: (250, 630), 3: (170, 440, 710)}
_STYLE = """\
text { font-family: system-ui, sans-serif; text-anchor: middle; fill: #1b1f24 }
.name { font-size: 15px; font-weight: 600 }
.inner { font-size: 11px; fill: #57606a }
rect { fill: #f6f8fa; stroke: #57606a; rx: 6 }
path { fill: none; stroke: #57606a; stroke-width: 1.3; marker-end: url(#tip) }
svg { background: #ffffff }"""

Arrows = dict[str, set[str]]


class House:
    """Rooms and arrows: the imports between the parts of the package.

    Attributes:
        rows: Rooms that stand side by side, from the top down, as `pyproject.toml` has them.
        arrows: The rooms that each room imports.
        inner: The rooms within each room.
    """

    def __init__(self) -> None:
        self.graph = grimp.build_graph("peftsearch", cache_dir=None)
        tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        contracts = tables["tool"]["importlinter"]["contracts"]
        layers = next(x["layers"] for x in contracts if x.get("containers") == ["peftsearch"])
        self.rows = [[room.strip() for room in row.split("|")] for row in layers]
        rooms = [f"peftsearch.{room}" for row in self.rows for room in row]
        self.arrows = {x.removeprefix("peftsearch."): self._imports(x, rooms) for x in rooms}
        self.inner = {x: [*self._inner(f"peftsearch.{x}")] for x in self.arrows}

    def _imports(self, room: str, rooms: Iterable[str]) -> set[str]:
        return {
            other.removeprefix("peftsearch.")
            for other in rooms
            if other != room
            and self.graph.direct_import_exists(importer=room, imported=other, as_packages=True)
        }

    def _inner(self, room: str) -> Iterator[str]:
        for child in sorted(self.graph.find_children(room)):
            if self.graph.find_children(child):
                yield child.rpartition(".")[2]

    def count(self) -> tuple[int, int, int]:
        """Modules, rooms (packages and loose modules of the root) and arrows between rooms."""
        modules = self.graph.modules
        packages = {x for x in modules if self.graph.find_children(x)}

        def room(module: str) -> str:
            if module in packages or module.count(".") == 1:
                return module
            return module.rpartition(".")[0]

        pairs = {
            (room(x), room(y))
            for x in modules
            for y in self.graph.find_modules_directly_imported_by(x)
        }
        arrows = sum(x != y for x, y in pairs)
        return len(modules), len({room(x) for x in modules}), arrows


def reduce(arrows: Arrows) -> Arrows:
    """Without the arrows that a longer way says too: those that a picture needs."""
    reach: Arrows = {}

    def below(room: str) -> set[str]:
        if room not in reach:
            reach[room] = arrows[room].union(*(below(x) for x in arrows[room]))
        return reach[room]

    return {
        room: {x for x in direct if not any(x in below(y) for y in direct - {x})}
        for room, direct in arrows.items()
    }


def draw(house: House) -> str:
    """The picture as SVG: higher rooms import lower ones."""
    places = {
        room: (x, _TOP + _ROW * number)
        for number, row in enumerate(house.rows)
        for x, room in zip(_COLUMNS[len(row)], row, strict=True)
    }
    lines = [
        f'<path d="{_curve(places[room], places[other])}"/>'
        for room, others in reduce(house.arrows).items()
        for other in sorted(others)
    ]
    boxes = [_box(room, house.inner[room], *place) for room, place in places.items()]
    height = _TOP + _ROW * len(house.rows)
    tip = (
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" '
        'style="fill:#57606a;stroke:none;marker-end:none"/></marker></defs>'
    )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">'
        "<title>The rooms of peftsearch and who imports whom</title>"
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", tip, *lines, *boxes, "</svg>", ""])


def _curve(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Straight to the next row; around the rooms between where the way is longer."""
    (x, y), (u, v) = (start[0], start[1] + _HIGH), end
    rows = (v - start[1]) // _ROW
    if rows <= 1:
        return f"M{x} {y}L{u} {v}"
    aside = 150 + 60 * rows
    left = min(x, u) < _WIDTH // 2
    bend = max((x + u) // 2 - aside, 12) if left else min((x + u) // 2 + aside, _WIDTH - 12)
    return f"M{x} {y}C{bend} {y + 20},{bend} {v - 20},{u} {v}"


def _box(room: str, inner: list[str], x: int, y: int) -> str:
    words = " · ".join(inner)
    width = max(150, 40 + 9 * len(room), 24 + 6 * len(words))
    corner = f'<rect x="{x - width // 2}" y="{y}" width="{width}" height="{_HIGH}"/>'
    middle = y + (22 if words else 32)
    name = f'<text class="name" x="{x}" y="{middle}">{escape(room)}</text>'
    below = f'<text class="inner" x="{x}" y="{y + 40}">{escape(words)}</text>' if words else ""
    return corner + name + below


def tabulate(house: House, deep: bool) -> str:
    """Each room with what it holds and what it imports, as Markdown."""
    lines = ["| room | holds | imports |", "|---|---|---|"]
    for room, others in house.arrows.items():
        known = [x for x in house.arrows if x in others]
        lines.append(_line(room, room, ", ".join(known) or "nothing of ours"))
        for name in house.inner[room] if deep else ():
            within = _within(house, room, name)
            lines.append(_line(f"{room}/{name}", f"{room}.{name}", ", ".join(within) or "–"))
    return "\n".join([*lines, ""])


def _within(house: House, room: str, name: str) -> list[str]:
    """What a room within a room imports of its neighbours."""
    return [
        x
        for x in house.inner[room]
        if x != name
        and house.graph.direct_import_exists(
            importer=f"peftsearch.{room}.{name}",
            imported=f"peftsearch.{room}.{x}",
            as_packages=True,
        )
    ]


def _line(path: str, module: str, imports: str) -> str:
    place = ROOT / "peftsearch" / module.replace(".", "/")
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    folder = path if path.split("/")[0] in LINKED else f"peftsearch/{path}"
    shown = f"{folder}/" if place.is_dir() else f"{folder}.py"
    return f"| `{shown}` | {text.splitlines()[0]} | {imports} |"


def fill(page: str, table: str) -> str:
    """A page with the table between its marks."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{table}\n{found[2]}", page)


def write() -> None:
    """Write the picture and the tables, print the counts."""
    house = House()
    PICTURE.write_text(draw(house), encoding="utf-8")
    for path, deep in PAGES.items():
        page = path.read_text(encoding="utf-8")
        path.write_text(fill(page, tabulate(house, deep)), encoding="utf-8")
    print("{} modules, {} rooms, {} arrows".format(*house.count()))


if __name__ == "__main__":
    write()
