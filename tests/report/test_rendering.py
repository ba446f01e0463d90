"""The page loads nothing, obeys its own policy, and shows hostile names as text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from peftsearch.dashboard.assets import FOLDER as STATIC
from peftsearch.report.chart_axes import WIDE, find_scales
from peftsearch.report.outline import Report
from peftsearch.report.phrases import commands_markdown, fence, plain_markdown, with_commands
from peftsearch.report.rendering import (
    FOLDER,
    policy,
    render_markdown,
    render_page,
    render_pictures,
    style,
)
from peftsearch.report.strata_map import COLUMNS
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.techniques.technique import GROUPS
from peftsearch.storage.store import Store
from tests.chromium import open_chromium
from tests.conftest import NewDatabase
from tests.service.records import Filler, fill_example, fill_repeated, lora

from .jobs import comparison, head_of, report_on

HOSTILE = "</pre></style><script>alert(1)</script> | `x` [a](b) ![c](http://d/e)"


class Page(HTMLParser):
    """Tags that are open, and attributes that would load, run or style."""

    EMPTY = ("meta", "br", "link", "img")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [
            name for name, _ in attrs if name in ("src", "href", "style") or name[:2] == "on"
        ]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def report(new_sqlite: Any) -> Report:
    with Store.open(new_sqlite()) as store:
        filler = fill_repeated(store)
        filler.fail(lora(32), HOSTILE)
        store.save_report(filler.job.id, "confirm", comparison(lora(16), lora(8), 0.02))
        return report_on(store, "best")


def test_the_page_loads_nothing_and_is_well_formed(report: Report) -> None:
    text = render_page(report)
    page = Page(text)
    assert page.open == [] and page.loads == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert "url(" not in style() and "@import" not in style()
    (sheet,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy()
    assert "unsafe" not in policy() and policy().startswith("default-src 'none'")


def test_hostile_texts_are_texts(report: Report) -> None:
    assert "<script" not in render_page(report)
    text = render_markdown(report)
    assert "<script" not in text and "![c](" not in text
    assert "\n" not in plain_markdown("a\nb") and plain_markdown("a|b") == "a\\|b"
    assert fence("x\n````\n") == "`````" and fence("x") == "```"


def test_markdown_tables_have_their_columns(report: Report) -> None:
    text = render_markdown(report)
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) >= 6
    for table in tables:
        counts = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(counts) == 1, table


def test_the_page_and_the_markdown_say_the_same(report: Report) -> None:
    page, text = render_page(report), render_markdown(report)
    chosen = report["chosen"]
    assert chosen is not None
    for said in report["verdict"]:
        assert commands_markdown(said) in text and with_commands(said) in page
    assert "\\`peftsearch" not in text
    for row in (*chosen["neighbours"], *report["front"]["rows"]):
        trials = ", ".join(map(str, row["trials"]))
        assert trials in page and trials in text
    for heading in re.findall(r"<h2>(.*?)</h2>", page):
        assert f"## {heading}" in text


def test_pictures_stand_alone(report: Report) -> None:
    pictures = render_pictures(report)
    assert list(pictures) == ["front.svg", "strata.svg"]
    for name, drawn in pictures.items():
        root = ElementTree.fromstring(drawn)
        assert root.tag.endswith("svg") and f"({name})" in render_markdown(report)
        assert "style=" not in drawn
    points = ElementTree.fromstring(pictures["front.svg"]).iterfind(".//{*}circle")
    dots = [x for x in points if x.get("class") == "front" and x.get("r") == "5"]
    assert len(dots) == len(report["front"]["rows"]) + 1  # one of the key


def test_copies_of_the_dashboards_tables_are_as_there() -> None:
    source = (STATIC / "charts/map-layout.js").read_text("utf-8")
    found = re.search(r"const COLUMNS = (\{.*?\n\});", source, re.DOTALL)
    assert found is not None
    plain = re.sub(r"(\w+):", r'"\1":', found[1]).replace(",\n}", "\n}")
    assert {x: list(y) for x, y in COLUMNS.items()} == json.loads(plain)
    own, theirs = (
        (folder / name).read_text("utf-8")
        for folder, name in ((FOLDER, "figures.css"), (STATIC, "lib/tokens.css"))
    )
    for name in GROUPS:
        assert f".group-{name} " in own
    for line in own.splitlines():
        if line.startswith("  --"):
            assert line in theirs.splitlines()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_requests_wide_and_narrow(
    report: Report, scheme: Any, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_page(report), encoding="utf-8")
    with open_chromium() as browser:
        for width in (1100, 340):
            size: Any = {"width": width, "height": 800}
            page: Any = browser.new_page(viewport=size, color_scheme=scheme)
            said: list[Any] = []
            page.on("console", lambda x, said=said: said.append(x))
            page.on("request", lambda x, said=said: said.append(x))
            page.goto(path.as_uri())
            assert [getattr(x, "url", x) for x in said] == [path.as_uri()]
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            shown = page.evaluate(
                "[...document.querySelectorAll('figure')].filter(x => x.offsetParent).length"
            )
            assert shown == 2
            page.close()


def test_one_value_makes_a_chart(new_sqlite: Any) -> None:
    with Store.open(new_sqlite()) as store:
        Filler.open(store).complete(lora(8), 1.0)
        assert "NaN" not in render_page(report_on(store))


def test_a_choice_off_the_front_has_its_ring(new_sqlite: Any) -> None:
    with Store.open(new_sqlite()) as store:
        fill_example(store)
        rings = []
        for pick in ("best", "trial 5"):
            front = ElementTree.fromstring(render_pictures(report_on(store, pick))["front.svg"])
            found = front.iterfind(".//{*}circle[@class='ring']")
            rings.append(sorted((x.get("cx"), x.get("cy")) for x in found if x.get("r") == "9.5"))
        assert len(rings[0]) == len(rings[1]) == 1 and rings[0] != rings[1]
        assert "a configuration off the front, trial 5" in head_of(report_on(store, "trial 5"))


def test_the_key_names_the_marks_that_are_drawn_and_the_picked_one_stands_at_its_value(
    new_sqlite: NewDatabase,
) -> None:
    with Store.open(new_sqlite()) as store:
        filler = fill_example(store)
        assert "below the axis" not in render_page(report_on(store))
        filler.complete(lora(2, start=4), 0.05)
        fallen, chosen = report_on(store), report_on(store, "trial 6")
    page = render_page(fallen)
    assert "off the front" in page and "below the axis" in page
    quality, cost = map(objective, chosen["front"]["goals"])
    _, up = find_scales(chosen["front"], cost, quality, WIDE, True)
    assert up.holds(0.05) and "below the axis" not in render_page(chosen)
