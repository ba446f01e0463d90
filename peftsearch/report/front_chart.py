"""The front as SVG: a panel for each pair of its goals, with errors, floors and baselines."""

from collections.abc import Iterator
from itertools import combinations

from markupsafe import Markup

from peftsearch.insight.baselines import ReferenceLine
from peftsearch.results.pictures.marks import BELOW, OFF_FRONT
from peftsearch.results.pictures.reference_lines import spread
from peftsearch.spaces.jobspec.objectives import Objective, objective

from . import svg
from .chart_axes import Frame, draw_axes, find_scales
from .fronts import Front, Row
from .scales import Scale

_LETTER = 6.3
"""Pixels of a letter, about."""
_GAP = 14
"""Between the middles of two names of lines."""


def draw_fronts(front: Front, frame: Frame) -> list[Markup]:
    """One panel for each pair of goals, those of the quality first; none of an empty front."""
    if not front["rows"]:
        return []
    return [
        _draw(front, objective(x), objective(y), frame) for y, x in combinations(front["goals"], 2)
    ]


def _draw(front: Front, x: Objective, y: Objective, frame: Frame) -> Markup:
    by_quality = y.name == front["goals"][0]
    across, up = find_scales(front, x, y, frame, by_quality)
    beside = front["beside"]
    rows = [*front["rows"], *([] if beside is None or not _has(beside, x, y) else [beside])]
    parts = [
        *draw_axes(across, up, frame),
        *(_floors(front, up, frame) if by_quality else ()),
        *_others(front, across, up),
        *_sweep(front, across, up),
        *(_baselines(front, across, up) if by_quality and len(front["goals"]) == 2 else ()),
        *(_steps(front, across, up) if len(front["goals"]) == 2 else ()),
        *(mark for row in rows for mark in _point(row, across, up, by_quality)),
        *_key(front, up, frame, by_quality),
    ]
    label = f"{y.label} against {x.label}: {len(front['rows'])} configurations on the front"
    return svg.drawing(frame.width, frame.height, label, "chart", *parts)


def _floors(front: Front, up: Scale, frame: Frame) -> list[Markup]:
    """Those within the axis; the best one always is."""
    held = [x for x in front["floors"] if up.holds(x["value"])]
    lines = sorted((up.place(x["value"]), x["short"]) for x in held)
    parts = [svg.line(frame.left, y, frame.right, y, "floor") for y, _ in lines]
    if frame.roomy:
        places = spread([y for y, _ in lines], _GAP)
        return parts + [
            svg.text(frame.right + 8, y, name, "floor-name", "start")
            for y, (_, name) in zip(places, lines, strict=True)
        ]
    return parts + [svg.text(frame.right, y - 7, name, "floor-name", "end") for y, name in lines]


def _others(front: Front, across: Scale, up: Scale) -> list[Markup]:
    """Below the axis stand triangles."""
    parts = []
    for values in front["others"]:
        if across.goal.name in values and up.goal.name in values:
            value = values[up.goal.name]
            x, y = across.place(values[across.goal.name]), up.place(value)
            parts.append(_dot(x, y, 3.6, "other") if up.holds(value) else _fallen(x, y))
    return parts


def _dot(x: float, y: float, radius: float, class_: str) -> Markup:
    return svg.element("circle", cx=x, cy=y, r=radius, class_=class_)


def _fallen(x: float, y: float) -> Markup:
    return svg.element("path", d=f"M{x - 4:.1f} {y - 7:.1f}h8l-4 7z", class_="other")


def _sweep(front: Front, across: Scale, up: Scale) -> list[Markup]:
    """Squares at LoRA of each rank, within the axis."""
    x, y = across.goal.name, up.goal.name
    held = [z for z in front["sweep"] if {x, y} <= z.keys() and up.holds(z[y])]
    return [_square(across.place(z[x]), up.place(z[y])) for z in held]


def _square(x: float, y: float) -> Markup:
    return svg.element("rect", x=x - 4, y=y - 4, width=8, height=8, class_="sweep")


def _baselines(front: Front, across: Scale, up: Scale) -> list[Markup]:
    """Diamonds at the linear probe and the best plain LoRA, within the axis."""
    known = [line for line, _ in _named_baselines(front, up)]
    places = [(across.place(x["cost"]), up.place(x["value"])) for x in known]
    return [
        svg.element("path", d=f"M{x:.1f} {y - 10:.1f}l10 10l-10 10l-10 -10z", class_="baseline")
        for x, y in places
    ]


def _named_baselines(front: Front, up: Scale) -> list[tuple[ReferenceLine, str]]:
    lines = front["baselines"]
    known = ((lines["probe"], "no adapter"), (lines["lora"], "best plain LoRA"))
    return [(line, name) for line, name in known if line is not None and up.holds(line["value"])]


def _steps(front: Front, across: Scale, up: Scale) -> list[Markup]:
    """The best quality for each cost."""
    found = [_place(row, across, up) for row in front["rows"]]
    path = f"M{found[0][0]:.1f} {found[0][1]:.1f}"
    path += "".join(f"H{x:.1f}V{y:.1f}" for x, y in found[1:])
    return [svg.element("path", d=f"{path}H{across.end:.1f}", class_="steps")]


def _place(row: Row, across: Scale, up: Scale) -> tuple[float, float]:
    values = row["values"]
    return across.place(values[across.goal.name]), up.place(values[up.goal.name])


def _point(row: Row, across: Scale, up: Scale, by_quality: bool) -> list[Markup]:
    x, y = _place(row, across, up)
    value, error = row["values"][up.goal.name], row["standard_error"]
    parts = []
    if by_quality and error is not None:
        ends = [up.place(value - error), up.place(value + error)]
        parts = [svg.line(x, ends[0], x, ends[1], "error")]
        parts += [svg.line(x - 4, end, x + 4, end, "error") for end in ends]
    ring = [_dot(x, y, 9.5, "ring")] if row["chosen"] else []
    on = row["row"] is not None
    name = f"{row['row']}" if on else ""
    told = svg.element("title", f"row {name}: {row['words']}" if on else row["words"])
    dot = svg.element("g", told, _dot(x, y, 5, "front" if on else "other"))
    return [*parts, *ring, dot, svg.text(x - 7, y - 11, name, "number", "end")]


def _has(row: Row, x: Objective, y: Objective) -> bool:
    return {x.name, y.name} <= row["values"].keys()


def _key(front: Front, up: Scale, frame: Frame, by_quality: bool) -> list[Markup]:
    """What the marks are, in a line above the panel; two where it is narrow."""
    x, y, parts = 4.0, 32.0, list[Markup]()
    for name, words in _name_marks(front, up, by_quality):
        wide = 18 + _LETTER * len(words) + 16
        if x + wide > frame.width:
            x, y = 4.0, y + 16
        parts += [_mark(name, x + 6, y), svg.text(x + 17, y, words, "key", "start")]
        x += wide
    return parts


def _name_marks(front: Front, up: Scale, by_quality: bool) -> Iterator[tuple[str, str]]:
    """Class and words of each kind of mark that the panel has."""
    errors = by_quality and any(x["standard_error"] is not None for x in front["rows"])
    yield "front", "front, ± one standard error" if errors else "front"
    if front["beside"] is not None or any(x["chosen"] for x in front["rows"]):
        yield "ring", "picked"
    heights = [x[up.goal.name] for x in front["others"] if up.goal.name in x]
    if any(map(up.holds, heights)):
        yield "other", OFF_FRONT
    if not all(map(up.holds, heights)):
        yield "fallen", BELOW
    if front["sweep"]:
        yield "sweep", "LoRA of each rank"
    named = " and ".join(words for _, words in _named_baselines(front, up))
    if named and by_quality and len(front["goals"]) == 2:
        yield "baseline", named


def _mark(name: str, x: float, y: float) -> Markup:
    if name == "baseline":
        return svg.element("path", d=f"M{x} {y - 6}l6 6l-6 6l-6 -6z", class_="baseline")
    if name == "sweep":
        return _square(x, y)
    if name == "fallen":
        return _fallen(x, y + 4)
    return _dot(x, y, {"front": 5, "ring": 5.5, "other": 3.6}[name], name)
