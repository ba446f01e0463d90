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
else is mixed in.
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

CPT needs examples of the task when it is attached and a projection after every step.
"""

_REMARKS = """## Remarks

These differ in how they are trained ([why](decisions/0119-a-hook-in-the-training-loop.md)). A
training that was broken off goes on bit-equal, as any other. What they are worth was not measured
yet: their nominal rates are those of papers and of like rows.

- `spiel` collects gradients of the whole matrices in 5 of every 20 steps and then drops the least
  entries and grows the steepest candidates: all may move at the first time, later a fifth, falling
  to none. Of the paper's two ways it has the one by gradients, and one count of steps for all
  entries of AdamW. A training of fewer than 25 steps moves once.
- `lt_sft` trains the whole matrices for half the steps, which takes the memory of that, then puts
  them back and trains the entries that moved most in all linears of one module together. The head
  and what else is trained go on. States to choose from are those of the second half. There is one
  round, and no penalty on the difference.
- `sparse_gradient_pooled` is `sparse_gradient` with the largest gradients of all linears of one
  module in place of those of each. Strata with equal modules are one module.
- `adalora` begins with half as many ranks again and cuts them from a tenth to two thirds of the
  steps. Its size is the target and an upper bound: the file is filled up to it, and the trial's
  provenance tells the rank of each linear. States to choose from are those after the cuts. It is
  exported in our own format and merged.
- `lora_plus` is LoRA whose second matrix learns 16 times as fast as its first. Other ratios are
  no rows; the ratio of whole strata is `rate_factors`.
- `lora_moe` has experts of rank 8 of which two act on a token, and 1e-3 of the load balance beside
  the loss, which losses that are shown leave out. All experts are computed, so that it is no
  faster than LoRA of as many numbers. It never merges. The preset and the recipe `experts` have
  more of them with depth, as MoLA; `rank_profile` has ranks alone.
"""


def reference() -> str:
    """The page as Markdown."""
    found = rows(TECHNIQUES.own.values())
    core = [row for row in found if row.status == "core"]
    experimental = [row for row in found if row.status == "experimental"]
    return "\n".join(
        [
            _HEAD,
            _CORE,
            *_table(core),
            "",
            _EXPERIMENTAL,
            *_table(experimental),
            "",
            _REMARKS,
            _LEFT_OUT,
        ]
    )


def _table(found: Iterable[TechniqueRow]) -> list[str]:
    head = ("technique", "what it does", "trainable parameters", "sizes", "rate", "families")
    columns = (*head, "merges", "dropout", "exports as", "source")
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
        row.source,
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PATH.write_text(reference(), encoding="utf-8")
