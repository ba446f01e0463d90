"""Elements of SVG as text.

Colours and lines come from `figures.css` by class, never from attributes of style, which the
policy of the page forbids.
"""

from markupsafe import Markup, escape

Part = Markup | str


def element(tag: str, *parts: Part, **attributes: str | float) -> Markup:
    """An element; `_` in names of attributes is `-`, and a last one is dropped: `class_`."""
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_number(x))}"'
        for name, x in attributes.items()
    )
    return Markup(f"<{tag}{named}>{''.join(map(escape, parts))}</{tag}>")


def text(x: float, y: float, content: str, class_: str, anchor: str = "middle") -> Markup:
    """A line of text around its middle height."""
    place: dict[str, str | float] = {
        "x": x,
        "y": y,
        "text_anchor": anchor,
        "dominant_baseline": "central",
    }
    return element("text", content, **place, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def drawing(width: float, height: float, label: str, class_: str, *parts: Part) -> Markup:
    """The whole picture, which shrinks with its page and is read out by its label."""
    box = {"viewBox": f"0 0 {_number(width)} {_number(height)}"}
    size: dict[str, str | float] = {
        "width": width,
        "height": height,
        "role": "img",
        "aria_label": label,
    }
    space = {"xmlns": "http://www.w3.org/2000/svg"}
    return element("svg", *parts, **space, **box, **size, class_=class_)


def _number(value: str | float) -> str:
    """At most two decimals: a hundredth of a pixel shows nowhere."""
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
