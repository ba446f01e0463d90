"""Writes docs/techniques.md from the table itself; `tests/test_documents.py` checks it.

Usage: python scripts/write_techniques_reference.py
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from peftsearch.spaces.techniques.listing import TechniqueRow, rows
from peftsearch.spaces.techniques.table import TECHNIQUES

PATH = Path(__file__).parents[1] / "docs" / "techniques.md"
_HEAD = """# The techniques

Written by `scripts/write_techniques_reference.py` from the table that the search uses;
`peftsearch techniques` prints the same.

`r`, `b`, `c` or `m` is the size, `inputs` and `outputs` belong to an adapted linear, `d` is the
width of the hidden states. Sizes are the ladder that is searched unless the job file sets
`ranks` or `capacities`. The nominal rate is what the searched learning rate is relative to: at
the searched rate 1e-3 each technique trains at its own nominal one. *Merges*: folds into the
model's weights without a trace. *Dropout*: whether `training.dropout` acts in it; where the paper
and `peft` have none, it has none. *Exports as*: `peft` where `peft` alone can load it when nothing
else is mixed in. *On a server*: what must lie there beside the frozen model and the head. That is
nothing where a technique acts on input embeddings alone, which whoever asks can make; merged
weights where it merges; else the adapter.
"""
_CORE = """## Core

Tested in full: on every family that is named, the formula equals the number of trained
parameters, detaching leaves the model bit-identical, and a saved, reloaded or merged adapter
predicts the same.
"""
_EXPERIMENTAL = """## Experimental

Tested in the same way, and not yet used in earnest: name them in `space.bundles`.
"""

_LEFT_OUT = """## Left out

AdaLoRA changes its ranks inside the training loop.
"""


def reference() -> str:
    """The page as Markdown."""
    found = rows(TECHNIQUES.own.values())
    core = [row for row in found if row.status == "core"]
    experimental = [row for row in found if row.status == "experimental"]
    return "\n".join(
        [_HEAD, _CORE, *_table(core), "", _EXPERIMENTAL, *_table(experimental), "", _LEFT_OUT]
    )


def _table(found: Iterable[TechniqueRow]) -> list[str]:
    head = ("technique", "what it does", "trainable parameters", "sizes", "rate", "families")
    columns = (*head, "merges", "dropout", "exports as", "on a server", "source")
    lines = [_line(columns), _line(["---"] * len(columns))]
    return lines + [_line(_cells(row)) for row in found]


def _cells(row: TechniqueRow) -> Sequence[str]:
    sizes = f"{row.capacity_name} {', '.join(map(str, row.capacities))}" if row.capacities else ""
    merges = "yes" if row.merges else "no"
    families = row.families_text
    return (
        f"`{row.name}`",
        row.summary,
        row.formula,
        sizes,
        f"{row.rate:g}",
        families,
        merges,
        "yes" if row.dropout else "none",
        row.exports_as,
        row.on_server,
        row.source,
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PATH.write_text(reference(), encoding="utf-8")
