"""One bad input of each kind: what is spoilt, and the command that meets it."""

import json
import random
from collections.abc import Callable
from pathlib import Path

from .bad_inputs_ground import JOB
from .bad_inputs_spoiling import VALUES, pick_file, spoil_bytes, spoil_file, spoil_values

Case = tuple[str, list[str]]
"""What was done, and the arguments of `peftsearch`."""
DRY = ["--dry-run", "--storage", "new.db"]


def job_values(folder: Path, rng: random.Random) -> Case:
    """Types, huge numbers, strange texts, keys of nobody."""
    (folder / "job.json").write_text(json.dumps(spoil_values(JOB, rng)))
    return "values of a job file", ["run", "job.json", *DRY]


def job_bytes(folder: Path, rng: random.Random) -> Case:
    """Cut, turned, nested, in other encodings."""
    name = rng.choice(["job.toml", "job.yaml", "job.json"])
    path = folder / name
    path.write_bytes(spoil_bytes(path.read_bytes(), rng))
    return f"bytes of {name}", ["run", name, *DRY]


def job_file(folder: Path, rng: random.Random) -> Case:
    """No file, or none of jobs."""
    if rng.random() < 0.5:
        return f"job.toml: {spoil_file(folder / 'job.toml', rng)}", ["run", "job.toml", *DRY]
    other = rng.choice(
        [
            "model/model.safetensors",
            "jobs.db",
            "data.csv",
            "model",
            ".",
            "/dev/zero",
            "/proc/self/mem",
        ]
    )
    return f"{other} as a job file", ["run", other, *DRY]


def data(folder: Path, rng: random.Random) -> Case:
    """Rows."""
    return f"data.csv: {spoil_file(folder / 'data.csv', rng)}", ["run", "job.toml", *DRY]


def model(folder: Path, rng: random.Random) -> Case:
    """One file of a model's folder."""
    path = pick_file(folder / "model", rng)
    return f"{path.name}: {spoil_file(path, rng)}", ["run", "job.toml", *DRY]


def results(folder: Path, rng: random.Random) -> Case:
    """Results from elsewhere."""
    path = folder / rng.choice(["results.csv", "results.jsonl"])
    done = spoil_file(path, rng)
    command = ["import", path.name, "--job", "job.toml", "--storage", "new.db"]
    return f"{path.name}: {done}", command


def adapters(folder: Path, rng: random.Random) -> Case:
    """One file of a folder of adapters."""
    path = pick_file(folder / "adapters", rng)
    done = spoil_file(path, rng)
    command = ["import", "adapters", "--job", "job.toml", "--storage", "new.db"]
    more = rng.choice([[], ["--dry-run"], ["--leave-out"]])
    return f"{path.name}: {done}", [*command, *more]


READERS = (
    ["jobs"],
    ["show", "small"],
    ["front", "small"],
    ["report", "small", "--out", "report"],
    ["stop", "small"],
)


def database(folder: Path, rng: random.Random) -> Case:
    """A database's file, or its URL."""
    command = rng.choice(READERS)
    if rng.random() < 0.7:
        return f"jobs.db: {spoil_file(folder / 'jobs.db', rng)}", [
            *command,
            "--storage",
            "jobs.db",
        ]
    url = rng.choice(
        [
            "data.csv",
            "model",
            "sqlite:///data.csv",
            "sqlite://",
            "none://",
            "postgresql://",
            "/dev/zero",
        ]
        + [
            "postgresql://x:y@127.0.0.1:1/none",
            "sqlite:///none/x.db",
            "x" * 3_000,
            "é://",
            ":",
            "\n",
        ]
    )
    return f"{url[:40]!r} as a database", [*command, "--storage", url]


def arguments(folder: Path, rng: random.Random) -> Case:
    """Words on the command line that nobody meant."""
    command = list(rng.choice(READERS + (["run", "job.toml", *DRY], ["note", "small", "1", "a"])))
    strange = str(rng.choice(VALUES)(rng)).replace("\0", "").encode("utf-8", "replace").decode()
    place, word = rng.randrange(1, len(command) + 1), strange[:100_000]
    option = rng.choice(
        ["--pick", "--workers", "--device", "--cost", "--from", "--name", "--json"]
    )
    command[place:place] = rng.choice([[word], [option, word], [f"{option}={word}"]])
    return f"an argument {word[:30]!r}", [*command, "--storage", "jobs.db"]


KINDS: dict[str, Callable[[Path, random.Random], Case]] = {
    "job values": job_values,
    "job bytes": job_bytes,
    "job file": job_file,
    "data": data,
    "model": model,
    "results": results,
    "adapters": adapters,
    "database": database,
    "arguments": arguments,
}
WEIGHTS = (6, 4, 2, 2, 3, 3, 3, 3, 2)
