"""What to cite: the two works that the search joins, and the papers of the techniques used.

The table of techniques knows authors and an address of each, not titles.
"""

import re
from collections.abc import Collection

from typing_extensions import TypedDict

from peftsearch.spaces.techniques.table import technique

_MARK = "arXiv "
AUTOPEFT = """@article{zhou2024autopeft,
  author  = {Zhou, Han and Wan, Xingchen and Vuli\\'{c}, Ivan and Korhonen, Anna},
  title   = {{AutoPEFT}: Automatic Configuration Search for Parameter-Efficient Fine-Tuning},
  journal = {Transactions of the Association for Computational Linguistics},
  volume  = {12},
  year    = {2024},
  eprint  = {2301.12132},
  archivePrefix = {arXiv},
}"""
SPAFIT = """@misc{arora2024spafit,
  author = {Arora, Samir and Wang, Liangliang},
  title  = {{SPAFIT}: Stratified Progressive Adaptation Fine-tuning for Pre-trained Large Language
            Models},
  year   = {2024},
  eprint = {2405.00201},
  archivePrefix = {arXiv},
}"""
_ENTRY = """@misc{{{key},
  author = {{{author}}},
  note   = {{{note}}},
  year   = {{{year}}},
  eprint = {{{eprint}}},
  archivePrefix = {{arXiv}},
}}"""


class Citation(TypedDict):
    """A work; `bib` is empty where the table has no arXiv number of it."""

    what: str
    source: str
    bib: str


def cite(techniques: Collection[str]) -> list[Citation]:
    """Both searches, and each technique in the table's words.

    Args:
        techniques: Names of those used.
    """
    found: list[Citation] = [
        {"what": "search over configurations", "source": "AutoPEFT", "bib": AUTOPEFT},
        {"what": "strata of layers", "source": "SPAFIT", "bib": SPAFIT},
    ]
    for name in sorted(techniques):
        row = technique(name)
        if row.adapts or row.input is not None:
            found.append({"what": name, "source": row.source, "bib": make_entry(name, row.source)})
    return found


def make_entry(name: str, source: str) -> str:
    """A BibTeX entry of `Hu et al., arXiv 2106.09685`; empty where there is no such number."""
    author, mark, rest = source.partition(_MARK)
    number = re.match(r"[0-9]{4}\.[0-9]{4,5}", rest)
    if not mark or number is None:
        return ""
    told = author.strip().rstrip(",").replace(" et al.", " and others").replace(" & ", " and ")
    shown = {
        "key": f"{name}20{rest[:2]}",
        "author": told or "See the eprint",
        "note": f"{name}; the title is at the eprint's address",
        "year": f"20{rest[:2]}",
        "eprint": number[0],
    }
    return _ENTRY.format(**shown)
