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

_LINEARS = """## Changes of one linear

`flora`, `lora_fa`, `ortho`, `klora`, `snell` and `trlora` stand on one layer of our own: the
frozen linear, and a function that yields what is added to its weight. All start as an exact
identity and merge. What is frozen comes from a fixed seed and is not saved.

- `flora` is LoRA with a trained `r x r` core that starts as 0 between two drawn matrices. On
  linears that is one matrix more than LoRA; its own gain is for convolutions, which few families
  have.
- `lora_fa` draws `A` once for all trials and trains `B`: half of LoRA's numbers at one rank, and
  the inputs of a linear need not be kept for the backward pass. `ortho` does the same with rows
  of one orthogonal matrix (a cosine transform with random signs, so that no machine decomposes
  anything); which rows is drawn by the trial's seed and saved. Adapters without a row in common
  change a weight by `D1`, `D2` with `D1 D2^T = 0`, so that they can be added; drawn rows meet
  rarely where `r` is far below the inputs, and nothing forbids it.
- `flora`, `lora_fa` and `ortho` are products of two thin matrices, and `peft` takes them as
  LoRA: `peftsearch export --form peft`. The file that ships by itself is ours, as of every own
  technique, and costs are those of our file. It is smaller for the latter two; of `flora`, whose
  core `peft` has no place for, it is larger by the core.
- `klora` and `snell` hold points for the inputs and the outputs; the change is a difference of
  distances, for `snell` of the tenth of entries that is largest, times their magnitude, as in
  the authors' code. The change at the start is subtracted, which the paper does not do. Each
  forward pass makes two matrices of the linear's size, and one more is held: no technique for
  large models. The points start alike for every seed. SNELLA's scalars and its allocation over
  matrices are left out.
- `trlora` multiplies the weight by a Kronecker product of three small matrices and adds a ring
  of six small tensors. The paper's turn has rings of `R x R` matrices; by its start all of them
  get equal gradients for good, so that `R` is 1 here. Widths are cut into three factors, as even
  as may be; a width with a prime factor above 128 is refused. Its regulariser is left out.
- `deft` takes what a few directions of the outputs hold out of the weight and puts something
  trained in its place; its first form (`relu`) is taken, not `qr`. `osf` trains the directions
  of smallest singular values and keeps gradients out of the others, against forgetting; each
  linear is decomposed when it is attached, and a file holds the start beside what was trained,
  twice the trained numbers.

Beside LoRA at equal bytes, on 200 product reviews and 300 validation rows, by one fresh seed
(`benchmarks/changes.py`): no row differs from LoRA by more than the .034 that is a standard error
of two accuracies there, so that nothing is ranked. By the seed that chose the rates, LoRA has
.770, `lora_fa` .777, `ortho` .773, `trlora` .773 at half the bytes, `flora`, `klora` and `snell`
.763, `deft` .753. `osf` at LoRA's bytes trains 4 directions of 384 and does not move at any of
four rates: it is for far larger shares of the directions.
"""

_REMARKS = """## Remarks

These differ in how they are trained ([why](decisions/0119-a-hook-in-the-training-loop.md)). A
training that was broken off goes on bit-equal, as any other. What they are worth is
known by one seed at one rate alone (`benchmarks/hooked.py`): beside kin of as many bytes `spiel`
has +.012 ± .008, `lt_sft` -.008 ± .008, `sparse_gradient_pooled` -.036 ± .012, `adalora`
-.011 ± .007, `lora_plus` -.003 ± .009, and experts by depth +.005 ± .005 beside ranks by depth.

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

_PROMPTS = """## Prompts made from the text

`lopa`, `dept`, `cpt`, `iapt` and `apt` are more than trained embeddings
([why](decisions/0120-prompts-made-from-the-text.md)). None merges, and none is without effect
before it is trained.

- `lopa` multiplies a prompt by a low-rank factor, of rank 2, that each text makes from the mean
  of its own frozen word embeddings; where the job file has `model.encoder`, from the mean of the
  states that this second frozen model has of it, as in the paper
  ([why](decisions/0122-an-encoder-beside-the-model.md)). The encoder reads by its own tokenizer
  in each step and each request; it is counted in the training compute and the training memory
  and measured in the latency, and is no part of the adapter. A server needs nothing of it:
  whoever makes the prompt holds the encoder, as the card of an export tells.
- `dept` has a short prompt and shifts the words of the first 256 positions, counted from the
  first that is no padding, by a low-rank matrix. Prompt and shifts have rates of their own.
- `cpt` starts as words of training rows and moves each within a small ball; on a language model
  it is the paper's but for its loss on labels in the context.
- `iapt` pools four soft tokens for each layer from the text that the layer reads. `lopa` and
  `iapt` read a text whole: on a language model that learns to predict it they are refused.
  An encoder-decoder reads its answer in the same way, so that `iapt` does not fit it.
- `apt` adds rows of a table that a token resembles to what attention gives.

On 160 product reviews, two seeds of which the first chose the rate (`benchmarks/prompts.py`):
beside LoRA of somewhat fewer bytes `apt` has +.012 ± .010, `iapt` -.007 ± .012 and `lopa`
-.037 ± .015; beside a prompt of as many bytes `dept` has -.012 ± .009 and `cpt` -.022 ± .012. A
request takes 1.07 to 1.40 of the frozen model's time, where LoRA and IA3 merge.
"""

_LEFT_OUT = """## Left out

Lily lets all linears of one shape share matrices, and `peft` finds them by the text of its
target modules: what one linear adds depends on which others carry it, in layers that are
proposed apart, so that no formula of a linear counts it. Its router also needs the inputs, so
that it never merges.
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
            _LINEARS,
            _PROMPTS,
            _LEFT_OUT,
        ]
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
