"""Text is readable in both themes (WCAG 2.2 AA), computed from the variables of the styles."""

import re

import pytest

from peftsearch.dashboard.assets import FOLDER
from peftsearch.spaces.techniques.technique import GROUPS

TEXTS = [
    *[(ink, ground) for ink in ("--ink", "--ink-2") for ground in ("--bg", "--surface")],
    *[(ink, ground) for ink in ("--ink", "--ink-2") for ground in ("--surface-2", "--bad-soft")],
    *[
        (ink, ground)
        for ink in ("--ink", "--ink-2")
        for ground in ("--warn-soft", "--accent-soft")
    ],
    *[("--accent", ground) for ground in ("--bg", "--surface", "--surface-2", "--accent-soft")],
    *[(f"--{name}", f"--{name}-soft") for name in ("good", "warn", "bad")],
    ("--accent-strong", "--accent-soft"),
    ("--bad", "--surface"),
    ("--on-accent", "--accent"),
    ("--on-accent", "--accent-strong"),
    *[(f"--tech-on-{name}", f"--tech-{name}") for name in GROUPS],
]
EDGES = ["--edge", "--focus", "--bad", "--accent", *[f"--series-{n}" for n in range(2, 7)]]


def read_colours(theme: int) -> dict[str, str]:
    """Variables of one theme: 0 light, 1 dark."""
    source = (FOLDER / "lib" / "tokens.css").read_text("utf-8")
    both = re.findall(r"(--[\w-]+): light-dark\((#\w{6}), (#\w{6})\);", source)
    same = re.findall(r"(--[\w-]+): (#\w{6});", source)
    return {name: pair[theme] for name, *pair in both} | dict(same)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Ratio from 1 to 21."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula_has_its_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_text_stands_out(theme: int, ink: str, ground: str) -> None:
    colours = read_colours(theme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("edge", EDGES)
def test_edges_of_controls_and_lines_of_charts_stand_out(theme: int, edge: str) -> None:
    colours = read_colours(theme)
    assert contrast(colours[edge], colours["--surface"]) >= 3
