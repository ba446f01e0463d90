"""Records a closed grid of real trainings: one job of `peftsearch` over a list of configurations.

Usage, from the root of the repository:
    python -m benchmarks.ground.record film --draw 240 --epochs 4
    python -m benchmarks.ground.record film --job-seed 1 --every 3      (a second seed of a third)
    python -m benchmarks.ground.record tweets --list benchmarks/ground/lists/sweep.jsonl
    python -m benchmarks.ground.record amazon --list .../dense.jsonl --first 60
    python -m benchmarks.ground.record tweets --list .../dense.jsonl --first 60 \
        --epochs 1.3333333 --out benchmarks/ground/short/tweets      (schedules of a third)
    python -m benchmarks.ground.record tweets --device cuda --share 2/4 --work DIR
    python -m benchmarks.ground.record tweets --device cuda --gather "DIR*/tweets-*.jsonl"

Each writes pieces of at most 50 trainings, `benchmarks/ground/PAIR/JOB-000.parquet`, and goes on
where it was stopped: the job and its adapters are kept in `--work`, and on another machine what is
in the pieces, of any list with that seed, is not trained again. SIGINT and SIGTERM end it with a
piece. Small models leave a GPU idle, so several processes may take a `--share` each, with a
`--work` of its own; `--gather` then writes the pieces of what all of them trained. Pieces of
another device than the CPU have its name in theirs.

`--draw` makes the list first, where it is not there: configurations of the default space by its
Sobol sequence, which spreads them over techniques, boundaries, placements, ranks, roles and rates
alike, and uniform LoRA at three rates. They are written by shares of the depth, so that the list
fits other models. `lists/sweep.jsonl` is what people try first: uniform LoRA on queries and values
(ranks 1 to 32) and on all linears (2, 8 and 32), each at three rates; `lists/recipes.jsonl` the
published recipes of `search.recipe_trials`, `lists/common.jsonl` sixty of those of `tweets`, and
`lists/dense.jsonl` all of these once, the sixty first, which every pair is to have.
"""

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from glob import glob
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

import peftsearch
from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import complete_spec
from peftsearch.results.search_result import SearchResult
from peftsearch.search.design import sobol
from peftsearch.search.recipe_trials import probe
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.recipes import RANK, recipe
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.configurations.written import read_written, written_form
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space

from .pairs import EPOCHS, RATES, make_job
from .watching import read_spool, unique, watching

HERE = Path("benchmarks/ground")
PIECE = 50
LOOKS = ("at_1_9", "at_1_3", "at_2_3", "at_end")
"""Names of `watching.SHARES` in columns such as `accuracy_at_1_3`."""


def draw_list(spec: JobSpec, count: int) -> Iterator[dict[str, Any]]:
    """Distinct configurations of an open space that can be written for models of any depth."""
    space, seen = make_space(spec), set[str]()
    usual = (recipe("lora", space.anatomy, RANK, rate) for rate in RATES)

    def fresh() -> Iterator[dict[str, Any]]:
        for configuration in chain([probe(space)], usual, sobol(space, spec.seed)):
            if configuration.key not in seen:
                seen.add(configuration.key)
                try:
                    yield written_form(configuration, space.anatomy)
                except UserError:
                    continue

    return islice(fresh(), count)


def describe(row: Mapping[str, Any], anatomy: Anatomy) -> dict[str, Any]:
    """A training as one row of a table."""
    made = Configuration.from_json(row["configuration"], anatomy.layers)
    modules = [(i, x) for i, layer in enumerate(made.profile) for x in layer]
    layers = [i for i, _ in modules]
    looks = dict(zip(LOOKS, row["looks"], strict=False))
    averages = dict(zip(LOOKS, row.get("averages", ()), strict=False))
    return {
        "key": row["key"],
        "seed": row["seed"],
        "configuration": json.dumps(row["configuration"]),
        "techniques": "+".join(sorted(made.techniques)) or "none",
        "largest_rank": max((x.capacity for _, x in modules), default=0),
        "roles": "+".join(sorted({role for _, x in modules for role in x.roles})) or "none",
        "learning_rate": made.learning_rate,
        "adapted_layers": len(set(layers)),
        "lowest_layer": min(layers, default=-1),
        "highest_layer": max(layers, default=-1),
        **{f"{name}_{at}": x for at, found in looks.items() for name, x in found.items()},
        **{f"{name}_average_{at}": x for at, y in averages.items() for name, x in y.items()},
        **{f"test_{name}": x for name, x in row.get("test", {}).items()},
        **row.get("measurements", {}),
        "losses": row.get("losses", []),
        "collapsed": row.get("collapsed"),
        "failure": row.get("failure"),
        "message": row.get("message"),
        "seconds": row["seconds"],
        "cpu_seconds": row["cpu_seconds"],
    }


def tell_spec(spec: JobSpec) -> dict[str, Any]:
    """Without the list, since each row has its configuration, and without folders of this
    machine: the name of the job begins with that of its pair."""
    said: dict[str, Any] = spec.to_json() | {"space": {}}
    said["model"] = {k: v for k, v in said["model"].items() if k != "path"}
    said["task"] = {k: v for k, v in said["task"].items() if k not in ("train", "test")}
    return said


def write_piece(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    spec: JobSpec,
    provenance: Mapping[str, Any],
    machine: Mapping[str, Any] | None = None,
) -> None:
    """A Parquet file with its provenance as the schema's metadata; it appears whole.

    Args:
        machine: That trained, where it is known.
    """
    named = dict.fromkeys(name for row in rows for name in row)  # of a failed one few
    table = pa.Table.from_pylist([{name: row.get(name) for name in named} for row in rows])
    about = {
        "spec": tell_spec(spec),
        "list": len(spec.space.listed),
        "provenance": provenance | {"model": provenance.get("model", {}) | {"path": None}},
        "machine": machine,
        "cpu_seconds": sum(x["cpu_seconds"] for x in rows),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    pq.write_table(table.replace_schema_metadata({"ground": json.dumps(about)}), scratch)
    scratch.replace(path)


def tell_machine() -> dict[str, Any]:
    """This one."""
    kind = {"system": platform.system(), "kind": platform.machine()}
    return {"processors": os.cpu_count(), **kind}


def write_pieces(
    folder: Path,
    trained: Sequence[Mapping[str, Any]],
    spec: JobSpec,
    machine: Mapping[str, Any] | None = None,
) -> None:
    """All that is recorded: what pieces have, in its order, then what is new of the spool. Full
    pieces never change."""
    before = read_pieces(folder, spec.name)
    known = {(x["key"], x["seed"]) for x in before}
    fresh = [x for x in trained if (x["key"], x["seed"]) not in known]
    rows = [*before, *(describe(x, spec.anatomy) for x in fresh)]
    provenance = next((x["provenance"] for x in trained if "provenance" in x), {})
    for start in range(0, len(rows), PIECE):
        path = folder / f"{spec.name}-{start // PIECE:03d}.parquet"
        piece = rows[start : start + PIECE]
        if not path.exists() or pq.read_metadata(path).num_rows != len(piece):
            write_piece(path, piece, spec, provenance, machine)


def read_pieces(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of a job's pieces, in their order; of all jobs by the name `*`."""
    paths = sorted(folder.glob(f"{name}-[0-9][0-9][0-9].parquet"))
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def write_floors(folder: Path, result: SearchResult) -> None:
    """Baselines without adapters, where the job has come as far."""
    if floors := {x.label: dict(x.measurements) for x in result.floors}:
        errors = {x.label: x.standard_error for x in result.floors}
        path = folder / f"{result.job.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"floors": floors, "standard_errors": errors}, indent=1) + "\n")


def find_key(written: Mapping[str, Any], anatomy: Anatomy) -> str | None:
    """None of what a model cannot carry: decoders without biases have none to train."""
    try:
        made = read_written(written, anatomy)
        check_configuration(made, anatomy)
    except UserError:
        return None
    return made.key


def choose_lines(lines: Sequence[str], pair: str, done: Collection[str]) -> list[Any]:
    """Of a list, what fits the pair's model and is not done."""
    anatomy = complete_spec(make_job(pair, EPOCHS), Path.cwd()).anatomy
    listed = map(json.loads, lines)
    return [x for x in listed if (key := find_key(x, anatomy)) is not None and key not in done]


def keep_lines(lines: Sequence[str], pair: str, seed: int, kept: Path, out: Path) -> list[Any]:
    """Those that no piece in `out` of that seed has, of whichever list; on this machine what it
    was when the job began (`kept`)."""
    if not kept.exists():
        done = {x["key"] for x in read_pieces(out, f"*-{seed}")}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(choose_lines(lines, pair, done)))
    found: list[Any] = json.loads(kept.read_text())
    return found


def record(job: Mapping[str, Any], work: Path, folder: Path, device: str) -> None:
    """Run the job to its end, and write what it has whenever a piece is full."""
    spec, spool = complete_spec(job, Path.cwd()), work / f"{job['name']}.jsonl"
    work.mkdir(parents=True, exist_ok=True)

    def after() -> None:
        rows = read_spool(spool)
        if len(rows) % PIECE == 0:
            write_pieces(folder, rows, spec, tell_machine())

    storage = str(work / "ground.db")
    try:
        with watching(spool, after):
            peftsearch.search(job, storage, device=device, progress=False)
    finally:
        write_pieces(folder, read_spool(spool), spec, tell_machine())
        with suppress(UserError):  # ended before the job was made
            write_floors(folder, peftsearch.load(spec.name, storage))


def gather(job: Mapping[str, Any], spools: Sequence[str], folder: Path) -> None:
    """Write the pieces of what several processes trained, each with a spool of its own, and the
    floors that one of them found; what is in pieces of another list is left out."""
    paths = [path for pattern in spools for path in sorted(glob(pattern))]
    rows = unique([row for path in paths for row in read_spool(path)])
    if not rows:
        sys.exit(f"expected spools with trainings; got none from {' '.join(spools)}")
    spec = complete_spec(job, Path.cwd())
    own = {(x["key"], x["seed"]) for x in read_pieces(folder, spec.name)}
    others = {(x["key"], x["seed"]) for x in read_pieces(folder, "*")} - own
    write_pieces(folder, [x for x in rows if (x["key"], x["seed"]) not in others], spec)
    if floors := [x for x in (Path(y).with_suffix(".json") for y in paths) if x.exists()]:
        (folder / floors[0].name).write_text(floors[0].read_text())


def read_options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pair")
    parser.add_argument("--list", type=Path)
    parser.add_argument("--draw", type=int, help="make the list, of so many, if it is not there")
    parser.add_argument("--first", type=int, help="no more of the list than so many")
    parser.add_argument("--every", type=int, default=1, help="only every n-th of these")
    parser.add_argument("--share", type=read_share, help="K/N: one of N shares; writes no pieces")
    parser.add_argument("--job-seed", type=int, default=0)
    parser.add_argument("--epochs", type=float, default=EPOCHS)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, help="for the pieces, else benchmarks/ground/PAIR")
    parser.add_argument("--work", type=Path, default=Path("/tmp/peftsearch-ground"))
    parser.add_argument("--gather", nargs="+", metavar="SPOOLS", help="train nothing")
    return parser.parse_args()


def read_share(text: str) -> slice:
    """`2/4` as a slice of a list."""
    which, _, count = text.partition("/")
    if not 1 <= int(which) <= int(count):
        raise ValueError
    return slice(int(which) - 1, None, int(count))


def read_lines(options: argparse.Namespace, listed: Path) -> list[str]:
    """The lines that are asked for, of a list that is drawn where it is to be."""
    if options.draw and not listed.exists():
        spec = complete_spec(make_job(options.pair, options.epochs), Path.cwd())
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(json.dumps(x) + "\n" for x in draw_list(spec, options.draw)))
    lines = [x for x in listed.read_text("utf-8").splitlines() if x.strip()]
    return lines[: options.first : options.every][options.share or slice(None)]


def make_listed(options: argparse.Namespace, name: str, left: Sequence[Any]) -> dict[str, Any]:
    """A job over these configurations alone."""
    return make_job(
        options.pair,
        options.epochs,
        name=name,
        seed=options.job_seed,
        space={"configurations": left},
        search={"sampler": "random", "recipes": False},
        budget={"trials": len(left)},
        training={"epochs": options.epochs, "precision": "float32", "stop_collapsed": False},
    )


def main() -> None:
    """Record one list on one pair."""
    options = read_options()
    torch.set_num_threads(1)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first
        signal.signal(number, signal.default_int_handler)
    listed = options.list or HERE / "lists" / f"{options.pair}.jsonl"
    device = [] if options.device == "cpu" else [options.device.replace(":", "")]
    name = "-".join([options.pair, listed.stem, *device, str(options.job_seed)])
    lines, folder = read_lines(options, listed), options.out or HERE / options.pair
    if options.gather:
        job = make_listed(options, name, choose_lines(lines, options.pair, ()))
        return gather(job, options.gather, folder)
    kept = options.work / f"{name}.list.json"
    job = make_listed(
        options, name, keep_lines(lines, options.pair, options.job_seed, kept, folder)
    )
    record(job, options.work, options.work if options.share else folder, options.device)


if __name__ == "__main__":
    main()
