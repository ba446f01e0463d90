"""The strata map as SVG: layers by modules, as the dashboard's page of a trial draws it."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from markupsafe import Markup

from . import svg

COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "query": ("attention", "query", "q"),
    "key": ("attention", "key", "k"),
    "value": ("attention", "value", "v"),
    "query_key_value": ("attention", "q, k, v", "qkv"),
    "attention_output": ("attention", "output", "o"),
    "cross_query": ("cross-attention", "query", "q"),
    "cross_key": ("cross-attention", "key", "k"),
    "cross_value": ("cross-attention", "value", "v"),
    "cross_output": ("cross-attention", "output", "o"),
    "mlp_in": ("MLP", "in", "in"),
    "mlp_gate": ("MLP", "gate", "gt"),
    "mlp_gate_in": ("MLP", "gate, in", "gi"),
    "mlp_out": ("MLP", "out", "out"),
    "biases": ("layer", "biases", "b"),
    "norms": ("layer", "norms", "n"),
    "layer": ("layer", "modules", "m"),
}
"""Part, long and short name of each column."""
_BESIDE = ("biases", "norms", "layer")
"""Columns that every layer has; a stack may lack others."""
_LEFT, _TOP, _BAND, _BREAK = 34, 40, 10, 9
_INPUT = 22
_LETTER = 6.7
_WIDEST, _SHORT_BELOW = 96, 46

Plain = Mapping[str, Any]


def draw_map(plain: Plain, width: float) -> Markup:
    """The map of `insight.layers.layer_map` in so many pixels, the output on top."""
    columns = _place_columns(plain["columns"], width - _LEFT - 30)
    end = columns[-1][1] + columns[-1][2]
    parts, y = _heads(columns), float(_TOP)
    height = max(11, min(36, 440 // len(plain["layers"])))
    stack = None
    for layer in reversed(plain["layers"]):
        if len(plain["stacks"]) > 1 and layer["stack"] != stack:
            stack = layer["stack"]
            parts.append(svg.text(2, y + 9, plain["stacks"][stack]["name"], "map-part", "start"))
            y += 20
        parts += _row(layer, plain, columns, y, height)
        y += height
        if layer["index"] in plain["boundaries"]:
            middle = y + _BREAK / 2
            parts.append(svg.line(_LEFT - 4, middle, end + 4, middle, "map-boundary"))
            parts.append(svg.text(end + 15, middle, f"{layer['index']}", "map-axis"))
            y += _BREAK
    if plain["input"]:
        box = {"x": float(_LEFT), "y": y + 6, "width": end - _LEFT, "height": float(_INPUT)}
        parts.append(_fill(plain["input"], box, f"input: {tell_module(plain['input'])}"))
        y += _INPUT + 8
    return svg.drawing(end + 30, y + 4, tell_map(plain), "map", *parts)


def tell_module(module: Plain) -> str:
    """`lora r8`."""
    return " ".join(x for x in (module["technique"], module["label"]) if x)


def tell_map(plain: Plain) -> str:
    """A sentence for those who do not see the picture."""
    runs = groupby(reversed(plain["layers"]), key=lambda x: [tell_module(m) for m in x["modules"]])
    told = []
    for modules, layers in runs:
        numbers = [x["index"] for x in layers]
        span = f"{numbers[-1]} to {numbers[0]}" if len(numbers) > 1 else f"{numbers[0]}"
        told.append(f"layers {span} {' + '.join(modules) or 'frozen'}")
    return f"Strata map from the output to the input: {'; '.join(told)}."


def techniques_of(plain: Plain) -> list[Plain]:
    """One module of each technique and size, with the parameters of all like it."""
    found: dict[str, dict[str, Any]] = {}
    held = [x for layer in plain["layers"] for x in layer["modules"]]
    for module in [*held, *([plain["input"]] if plain["input"] else [])]:
        words = tell_module(module)
        entry = found.setdefault(
            words, {"group": module["group"], "words": words, "parameters": 0}
        )
        entry["parameters"] += module["parameters"]
    return list(found.values())


def _place_columns(names: list[str], space: float) -> list[tuple[str, float, float]]:
    """Name, left edge and width of each."""
    parts = list(groupby(names, key=lambda x: COLUMNS[x][0]))
    width = min(_WIDEST, (space - _BAND * (len(parts) - 1)) / len(names))
    places, x, before = [], float(_LEFT), COLUMNS[names[0]][0]
    for name in names:
        x += _BAND if COLUMNS[name][0] != before else 0
        before = COLUMNS[name][0]
        places.append((name, x, width))
        x += width
    return places


def _heads(columns: list[tuple[str, float, float]]) -> list[Markup]:
    drawn = []
    for part, held in groupby(columns, key=lambda x: COLUMNS[x[0]][0]):
        each = list(held)
        start, end = each[0][1], each[-1][1] + each[-1][2]
        fits = len(part) * _LETTER < end - start + 8
        drawn.append(svg.text((start + end) / 2, 10, part if fits else part[:5], "map-part"))
        drawn.append(svg.line(start + 2, 20, end - 2, 20, "rule"))
    for name, x, width in columns:
        _, long, short = COLUMNS[name]
        head = short if width < _SHORT_BELOW else long
        drawn.append(svg.text(x + width / 2, 30, head, "map-head"))
    return drawn


def _row(
    layer: Plain, plain: Plain, columns: list[tuple[str, float, float]], y: float, height: float
) -> list[Markup]:
    index, roles = layer["index"], plain["stacks"][layer["stack"]]["roles"]
    named = height >= 13 or index % 4 == 0 or index == len(plain["layers"]) - 1
    drawn = [svg.text(24, y + height / 2, f"{index}", "map-axis", "end")] if named else []
    gap = 1.5 if height > 9 else 0.7
    for name, x, width in columns:
        if name not in roles and name not in _BESIDE:
            continue
        box = {"x": x + gap, "y": y + gap, "width": width - 2 * gap, "height": height - 2 * gap}
        drawn.append(svg.element("rect", **box, rx=3, class_="map-empty"))
        drawn += _held(layer, name, box)
    return drawn


def _held(layer: Plain, name: str, box: dict[str, float]) -> list[Markup]:
    """The modules of a cell side by side."""
    held = [x for x in layer["modules"] if name in x["columns"]]
    each = (box["width"] - 2 * (len(held) - 1)) / max(1, len(held))
    boxes = [{**box, "x": box["x"] + i * (each + 2), "width": each} for i in range(len(held))]
    return [_fill(x, place, x["label"]) for x, place in zip(held, boxes, strict=True)]


def _fill(module: Plain, box: dict[str, float], words: str) -> Markup:
    """A pale box, filled from the left by capacity, with its size where that fits."""
    filled = {**box, "width": max(2.5, box["width"] * module["fill"])}
    parts = [
        svg.element("rect", **box, rx=3, class_="map-tint"),
        svg.element("rect", **filled, rx=3, class_="map-fill"),
    ]
    wide = len(words) * _LETTER + 6
    if words and box["height"] >= 12 and wide <= box["width"]:
        inside = filled["width"] >= wide
        middle = (
            box["x"] + filled["width"] / 2
            if inside
            else min(box["x"] + filled["width"] + wide / 2, box["x"] + box["width"] - wide / 2)
        )
        class_ = "map-on" if inside else "map-beside"
        parts.append(svg.text(middle, box["y"] + box["height"] / 2 + 0.5, words, class_))
    return svg.element("g", *parts, class_=f"group-{module['group']}")
