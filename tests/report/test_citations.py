"""Each technique that is used is cited as the table has it."""

import re

from peftsearch.report.citations import cite, make_entry
from peftsearch.spaces.techniques.table import TECHNIQUES


def test_both_searches_and_the_techniques_are_cited() -> None:
    found = cite({"lora", "bitfit", "frozen"})
    assert [x["what"] for x in found[2:]] == ["bitfit", "lora"]
    assert "2301.12132" in found[0]["bib"] and "2405.00201" in found[1]["bib"]
    assert found[3]["source"] == TECHNIQUES["lora"].source
    assert "author = {Hu and others}" in found[3]["bib"]
    assert "eprint = {2106.09685}" in found[3]["bib"] and "year   = {2021}" in found[3]["bib"]


def test_every_row_with_a_number_has_an_entry() -> None:
    for row in TECHNIQUES.own.values():
        number = re.search(r"[0-9]{4}\.[0-9]{5}", row.source)
        entry = make_entry(row.name, row.source)
        assert (number is not None) == bool(entry)
        if number is not None:
            assert f"eprint = {{{number[0]}}}" in entry
            assert entry.count("{") == entry.count("}")


def test_a_source_without_a_number_has_none() -> None:
    assert make_entry("full", "the reference point") == ""
    assert make_entry("hira", "Huang et al., ICLR 2025") == ""
