"""Each technique that is used is cited as the table has it."""

import re
import tomllib
from pathlib import Path

import yaml

from peftsearch.report.citations import cite, make_entry
from peftsearch.spaces.techniques.table import TECHNIQUES


def test_both_searches_and_the_techniques_are_cited() -> None:
    found = cite({"lora", "bitfit", "frozen"})
    assert [x["what"] for x in found[3:]] == ["bitfit", "lora"]
    assert "2301.12132" in found[1]["bib"] and "2405.00201" in found[2]["bib"]
    assert found[4]["source"] == TECHNIQUES["lora"].source
    assert "author = {Hu and others}" in found[4]["bib"]
    assert "title  = {{LoRA}: Low-Rank" in found[4]["bib"]
    assert "eprint = {2106.09685}" in found[4]["bib"] and "year   = {2021}" in found[4]["bib"]


def test_the_software_is_cited_as_its_citation_file_has_it() -> None:
    root = Path(__file__).parents[2]
    told = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (told["version"], told["license"]) == (project["version"], project["license"])
    (entry,) = (x["bib"] for x in cite(()) if x["what"] == told["title"].partition(":")[0])
    words = entry.replace("{", "").replace("}", "")
    told |= {"author": told["authors"][0]["name"]}
    for name in ("author", "title", "version", "license"):
        assert re.search(rf"{name} *= {re.escape(told[name])},", words)


def test_every_row_with_a_number_has_an_entry() -> None:
    for row in TECHNIQUES.own.values():
        number = re.search(r"[0-9]{4}\.[0-9]{5}", row.source)
        entry = make_entry(row.name, row.source)
        assert (number is not None) == bool(entry)
        if number is not None:
            assert f"eprint = {{{number[0]}}}" in entry
            author, title = (re.search(rf"{x} *= \{{(.+)\}},", entry) for x in ("author", "title"))
            assert author is not None and title is not None
            assert entry.count("{") == entry.count("}")


def test_a_source_without_a_number_has_none() -> None:
    assert make_entry("full", "the reference point") == ""
    assert make_entry("hira", "Huang et al., ICLR 2025") == ""
