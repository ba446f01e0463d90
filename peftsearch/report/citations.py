"""What to cite: this software, the two works that the search joins, and the papers of the
techniques used, whose titles `works` has."""

import re
from collections.abc import Collection

from typing_extensions import TypedDict

from peftsearch import __version__
from peftsearch.spaces.techniques.table import technique

from .works import WORKS

_MARK = "arXiv "
_SPAFIT = "SPAFIT, arXiv 2405.00201"
AUTOPEFT = """@article{zhou2024autopeft,
  author  = {Zhou, Han and Wan, Xingchen and Vuli\\'{c}, Ivan and Korhonen, Anna},
  title   = {{AutoPEFT}: Automatic Configuration Search for Parameter-Efficient Fine-Tuning},
  journal = {Transactions of the Association for Computational Linguistics},
  volume  = {12},
  year    = {2024},
  eprint  = {2301.12132},
  archivePrefix = {arXiv},
}"""
_SOFTWARE = """@software{{peftsearch,
  author  = {{{{The peftsearch developers}}}},
  title   = {{{{peftsearch}}: {title}}},
  version = {{{version}}},
  license = {{Apache-2.0}},
}}"""
_TITLE = "the best parameter-efficient fine-tuning configurations of a transformer for one task"
_ENTRY = """@misc{{{key},
  author = {{{author}}},
  title  = {{{title}}},
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
    """The software as it is installed, both searches, and each technique in the table's words.

    Args:
        techniques: Names of those used.
    """
    found: list[Citation] = [
        {"what": "peftsearch", "source": f"version {__version__}", "bib": cite_software()},
        {"what": "search over configurations", "source": "AutoPEFT", "bib": AUTOPEFT},
        {"what": "strata of layers", "source": "SPAFIT", "bib": make_entry("spafit", _SPAFIT)},
    ]
    for name in sorted(techniques):
        row = technique(name)
        if row.adapts or row.input is not None:
            found.append({"what": name, "source": row.source, "bib": make_entry(name, row.source)})
    return found


def cite_software() -> str:
    """A BibTeX entry of this version, as `CITATION.cff` has it."""
    return _SOFTWARE.format(title=_TITLE, version=__version__)


def make_entry(name: str, source: str) -> str:
    """A BibTeX entry of `Hu et al., arXiv 2106.09685`; empty where there is no such number."""
    author, mark, rest = source.partition(_MARK)
    number = re.match(r"[0-9]{4}\.[0-9]{4,5}", rest)
    work = WORKS.get(number[0]) if mark and number else None
    if number is None or work is None:
        return ""
    told = author.strip().rstrip(",").replace(" et al.", " and others").replace(" & ", " and ")
    shown = {
        "key": f"{name}20{rest[:2]}",
        "author": work.author or told,
        "title": work.title,
        "year": f"20{rest[:2]}",
        "eprint": number[0],
    }
    return _ENTRY.format(**shown)
