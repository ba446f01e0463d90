"""Writes every technique at several sizes in every form, and holds the files against the claims.

A claim is made of names and shapes before anything is built; the file is written by the export
from MiniLM (the lower layers of it, queries and values where roles are open, a head of two
classes). Nothing is trained: the size of a file does not depend on its values.

Usage: python benchmarks/sizes.py [--layers 3] [--json benchmarks/sizes.json] [--out docs/sizes.md]
Ends with 1 if a file is one byte larger or smaller than was claimed.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModel, AutoTokenizer

from peftsearch.samples.fetch import fetch_sample
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.forms import shipped_form
from peftsearch.spaces.configurations.groups import in_peft, peft_row
from peftsearch.spaces.configurations.safetensors_sizes import by_itself, file_bytes, payload
from peftsearch.spaces.configurations.weight_files import weight_files
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.techniques.applicability import resolve_roles, usable_capacities
from peftsearch.spaces.techniques.saved import Tensor
from peftsearch.spaces.techniques.table import NOMINAL_RATE, TECHNIQUES, Technique
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.files.adapter_files import AdapterFiles
from peftsearch.workers.files.formats import write_form
from peftsearch.workers.models.backbone import Backbone, load_backbone
from peftsearch.workers.models.heads import head_tensors

_FILES = {"adapter": "adapter.safetensors", "peft": "adapter_model.safetensors"}
_PREFIX = "base_model.model."


@dataclass(frozen=True)
class Sizes:
    """Bytes of one form: of the adapter's tensors (of `merged` all), and of the file."""

    tensors: int
    file: int


def make_base(folder: Path, layers: int) -> Backbone:
    """The lower layers of MiniLM."""
    sample = fetch_sample("demo:model", lambda text: print(text, file=sys.stderr))
    config = AutoConfig.from_pretrained(sample, num_hidden_layers=layers)
    AutoModel.from_pretrained(sample, config=config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(sample).save_pretrained(folder)
    task = {"train": "unused.csv"}
    data = {"name": "sizes", "model": {"path": str(folder)}, "task": task, "budget": {"trials": 1}}
    return load_backbone(parse_spec(data), 2, "cpu")


def configurations(row: Technique, base: Backbone) -> Iterator[Configuration]:
    """In every layer, at the smallest, a middle and the largest size."""
    anatomy = base.anatomy
    aimed = resolve_roles(row.roles or ("query", "value"), anatomy)
    sizes = usable_capacities(row, row.capacities or (0,), anatomy, [aimed])
    for size in sorted({sizes[0], sizes[len(sizes) // 2], sizes[-1]}) if sizes else ():
        module = Module(row.name, size, aimed if row.injects else ())
        whole = Stratum(0, anatomy.layers, (module,) if row.adapts else ())
        yield Configuration((whole,), NOMINAL_RATE, module if row.input else None)


def claim(configuration: Configuration, form: str, base: Backbone) -> Sizes:
    """Of names and shapes alone."""
    files, head = weight_files(base.anatomy), head_tensors(base.model, base.heads)
    if form == "adapter" or form == "peft":
        return Sizes(
            files.tensor_bytes(configuration, form), files.size(configuration, form, head)
        )
    model = base.model.state_dict()
    whole = by_itself("", (Tensor(name, tuple(x.shape)) for name, x in model.items()))
    return Sizes(payload(whole), file_bytes(whole))


def write(files: AdapterFiles, form: Any, base: Backbone) -> Sizes:
    """Of the file on disk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_form(form, folder, files, lambda: replace(base, model=deepcopy(base.model)))
        path = folder / _FILES.get(form, "model.safetensors")
        with safe_open(path, "pt") as opened:
            tensors = {x.removeprefix(_PREFIX): opened.get_tensor(x) for x in opened.keys()}
        left_out = () if form == "merged" else base.heads
        kept = [x.nbytes for key, x in tensors.items() if not key.startswith(left_out)]
        return Sizes(sum(kept), path.stat().st_size)


def measure(name: str, base: Backbone) -> Iterator[dict[str, Any]]:
    """Claims and files of one technique."""
    row = TECHNIQUES[name]
    for i, configuration in enumerate(configurations(row, base)):
        attachment = attach(base, configuration, 0, lambda: _calibrate(base))
        files = AdapterFiles(
            configuration, attachment.tensors(), {"model": {"heads": list(base.heads)}}
        )
        attachment.detach()
        forms = ["adapter", *["peft"] * (peft_row(in_peft(configuration)) is not None)]
        forms += ["merged"] * (row.merges and i == 0)  # as large at every size
        found = {}
        for form in forms:
            claimed, written = claim(configuration, form, base), write(files, form, base)
            found[form] = {"claimed": vars(claimed), "written": vars(written)}
        (module,) = configuration.strata[0].modules or (configuration.input or Module(name),)
        shipped = shipped_form(configuration, base.anatomy)
        yield {"technique": name, "size": module.capacity, "ships": shipped, "forms": found}


def _calibrate(base: Backbone) -> None:
    tokens = base.tokenizer(["a film", "a plot"], return_tensors="pt")
    base.model(**tokens, labels=torch.tensor([0, 1])).loss.backward()


def difference(result: dict[str, Any]) -> int:
    """The largest between a claim and a file, in bytes."""
    pairs = (x for form in result["forms"].values() for x in [(form["claimed"], form["written"])])
    return max(abs(claimed[key] - written[key]) for claimed, written in pairs for key in claimed)


_PAGE = """# Sizes of adapters, claimed and written

Written by `python benchmarks/sizes.py`: every technique on {layers} layers of MiniLM-L6 (hidden
size 384), in all of them, on queries and values where roles are open, with a head of two classes.
Bytes of the adapter's tensors, and of the whole file with header and head; each was claimed before
anything was built, and measured on the file that the export wrote. The form that ships is what
costs count ([why](decisions/0040-the-form-that-ships.md)). `merged` is as large at every size, so
it is written once. {count} files, {wrong} of them not as claimed; largest difference {largest} B.

{head}
{rows}
"""
_HEAD = (
    "technique",
    "size",
    "ships as",
    "`adapter`: tensors",
    "file",
    "`peft`: tensors",
    "file",
    "`merged`: file",
    "difference",
)


def to_page(results: list[dict[str, Any]], layers: int) -> str:
    """The table in Markdown."""
    differences = [difference(x) for x in results]
    rows = "\n".join(map(_row, results, differences))
    count = sum(len(x["forms"]) for x in results)
    return _PAGE.format(
        layers=layers,
        count=count,
        wrong=sum(x > 0 for x in differences),
        largest=max(differences),
        head=f"| {' | '.join(_HEAD)} |\n|{'---|' * len(_HEAD)}",
        rows=rows,
    )


def _row(result: dict[str, Any], gap: int) -> str:
    def cell(form: str, key: str) -> str:
        found = result["forms"].get(form)
        return f"{found['written'][key]:,}" if found else "–"

    cells = [
        f"`{result['technique']}`",
        str(result["size"] or "–"),
        result["ships"],
        *(cell(form, key) for form in ("adapter", "peft") for key in ("tensors", "file")),
        cell("merged", "file"),
        str(gap),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Measure all techniques; 1 where a file is not as claimed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/sizes.json"))
    parser.add_argument("--out", type=Path, default=Path("docs/sizes.md"))
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name:
        base = make_base(Path(name), options.layers)
        for technique in TECHNIQUES:
            for result in measure(technique, base):
                results.append(result)
                print(technique, result["size"], difference(result), flush=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    options.out.write_text(to_page(results, options.layers), encoding="utf-8")
    return int(any(map(difference, results)))


if __name__ == "__main__":
    sys.exit(main())
