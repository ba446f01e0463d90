"""Bad inputs by the hundred, each to a `peftsearch` of its own.

`python -m tests.chaos.bad_inputs --count 500` makes them and prints what is wrong.

Each must end within 30 seconds by 0 or 2, without a traceback and without a line of more than 400
characters. Time in which it waited for a processor that others had does not count.
Inputs are made of a seed and a number; `--only 17` makes that one again and shows it.
"""

import argparse
import ctypes
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .bad_inputs_cases import KINDS, WEIGHTS
from .bad_inputs_ground import write_ground

SECONDS = 30
LONGEST = 400
_CAPABILITIES = 0x20080522
"""Version of their layout."""


@dataclass(frozen=True)
class Outcome:
    """What became of one input.

    Attributes:
        code: Of its end; -9 where its time was over.
    """

    number: int
    kind: str
    done: str
    command: tuple[str, ...]
    code: int
    seconds: float
    said: str

    @property
    def faults(self) -> list[str]:
        """What is wrong with it, in words; empty where it is as it should be."""
        longest = max(map(len, self.said.split("\n")))
        wrong = {
            f"exit code {self.code}": self.code not in (0, 2),
            "a traceback": "Traceback (most recent" in self.said,
            f"a line of {longest} characters": longest > LONGEST,
            f"{self.seconds:.0f} s": self.seconds > SECONDS,
            "no error line": self.code == 2 and "error: " not in self.said,
        }
        return [what for what, is_so in wrong.items() if is_so]


def load() -> None:
    """All that commands load, so that each input starts with it (a fork)."""
    import peft.mapping
    import sklearn.linear_model
    import torch
    import transformers.models.bert.modeling_bert

    from peftsearch.cli import (
        asked_import,
        commands,
        comparing,
        ending,
        forecasting,
        importing,
        importing_adapters,
        inspection,
        note_taking,
        reporting,
    )

    assert torch and peft and transformers and sklearn
    assert commands and comparing and ending and forecasting and importing and importing_adapters
    assert asked_import and inspection and note_taking and reporting


def try_inputs(ground: Path, seed: int, numbers: Iterator[int] | range) -> Iterator[Outcome]:
    """The outcome of each numbered input."""
    for number in numbers:
        rng = random.Random(f"{seed}-{number}")
        kind = rng.choices(list(KINDS), WEIGHTS)[0]
        with tempfile.TemporaryDirectory(prefix="bad-") as name:
            folder = Path(name, "here")
            shutil.copytree(ground, folder)
            done, command = KINDS[kind](folder, rng)
            code, said, seconds = run(folder, command)
            yield Outcome(number, kind, done, tuple(command), code, seconds, said)
            _take_back(folder)


def run(folder: Path, command: list[str]) -> tuple[int, str, float]:
    """The exit code of a command in a folder, all that it said, and its seconds."""
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if not pid:
            _be(folder, command, said.fileno())
        code, seconds = wait(pid)
        said.seek(0)
        return code, said.read().decode("utf-8", "replace"), seconds


def _be(folder: Path, command: list[str], said: int) -> None:
    """The program itself, to which files may be closed."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for fd in (1, 2):
        os.dup2(said, fd)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)
    os.chdir(folder)
    _give_up_rights()
    os.environ.update(HF_HUB_OFFLINE="1", COLUMNS="120", HOME=str(folder), NO_COLOR="1")
    warnings.resetwarnings()
    warnings.simplefilter("ignore", DeprecationWarning)
    sys.argv[:] = ["peftsearch", *command]
    code: int | str | None = 99
    try:
        from peftsearch.cli.app import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def wait(pid: int) -> tuple[int, float]:
    """The exit code of a process, and the seconds that it took."""
    began = time.monotonic()
    while (seconds := time.monotonic() - began - read_queued(pid)) < SECONDS:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), seconds
        time.sleep(0.01)
    os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seconds


def read_queued(pid: int) -> float:
    """Seconds in which a process could have run and others had the processors, of its first
    thread; 0 where the system does not count them."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def _give_up_rights() -> None:
    """Of root, which else reads files that are closed: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, rights = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, rights) == 0:
        rights[0] &= ~0b110
        rights[1] &= ~0b110
        libc.capset(header, rights)


def _take_back(folder: Path) -> None:
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o700)


def main() -> None:
    """Run as many as are asked for, print what is wrong, and end with 1 where anything is."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--count", type=int, default=500)
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked.add_argument("--only", type=int, help="Number of one input, which is shown.")
    given = asked.parse_args()
    numbers = range(given.count) if given.only is None else range(given.only, given.only + 1)
    print(f"seed {given.seed}, {len(numbers)} inputs", flush=True)
    load()
    kinds, codes, wrong, slowest = Counter[str](), Counter[int](), 0, 0.0
    with tempfile.TemporaryDirectory(prefix="bad-inputs-") as name:
        for found in try_inputs(write_ground(Path(name)), given.seed, numbers):
            kinds[found.kind] += 1
            codes[found.code] += 1
            slowest = max(slowest, found.seconds)
            wrong += bool(found.faults)
            if found.faults or given.only is not None:
                print(f"{found.number} {found.kind}, {found.done}: {', '.join(found.faults)}")
                print(f"  peftsearch {' '.join(found.command)[:200]}")
                print("  " + found.said[-1500:].replace("\n", "\n  "), flush=True)
    print(", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    print(f"exit codes {dict(sorted(codes.items()))}, slowest {slowest:.1f} s, {wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
