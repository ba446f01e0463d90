"""How values, bytes and files are spoilt: every way is drawn from a seeded generator."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _deep(kind: str, depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "list" else {"a": value}
    return value


VALUES: tuple[Callable[[random.Random], Any], ...] = (
    lambda rng: None,
    lambda rng: rng.choice([True, False]),
    lambda rng: rng.choice([0, -1, 1, 2, 7, 2**31, 2**63, -(2**63), 10**400, -(10**30)]),
    lambda rng: rng.choice([0.5, -0.0, 1e-300, 1e308, float("nan"), float("inf"), -1e9]),
    lambda rng: rng.choice(
        ["", " ", "\0", "a\nb", "\ud800", "é\u202e\u0301", "\x1b[31mred", "%s%n"]
    ),
    lambda rng: "x" * rng.choice([100, 5_000, 100_000]),
    lambda rng: rng.choice(["1", "1e5", "nan", "true", "null", "[]", "auto", "none", "-"]),
    lambda rng: rng.choice(["../../../etc/passwd", "/etc", "/dev/zero", "/dev/null", "~nobody/x"]),
    lambda rng: rng.choice(
        ["demo:none", "package:none", "package:pip", "a/b", "http://x/y", "C:\\x"]
    ),
    lambda rng: rng.choice([[], {}, [[]], [{}], {"": {}}, [None], {"a": 1}, [1, "a", None]]),
    lambda rng: _deep(rng.choice(["list", "table"]), rng.choice([5, 40, 200])),
    lambda rng: list(range(rng.choice([3, 1_000, 50_000]))),
    lambda rng: [rng.choice(["a", "b"]) for _ in range(5)],
)
"""A value of each kind that nobody asked for."""


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in items:
        found += _places(value, (*path, key))
    return found


def spoil_values(data: Any, rng: random.Random) -> Any:
    """A copy with one to three of its values replaced, left out, or put under another key."""
    data = json.loads(json.dumps(data))
    for _ in range(rng.randint(1, 3)):
        places = _places(data)
        if not places:
            break
        *parents, last = rng.choice(places)
        holder = data
        for key in parents:
            holder = holder[key]
        how = rng.random()
        if how < 0.7:
            holder[last] = rng.choice(VALUES)(rng)
        elif how < 0.85:
            del holder[last]
        elif isinstance(holder, dict):
            holder[rng.choice([f"{last}s", "", "\0", "é", "x" * 2_000, "__class__"])] = holder[
                last
            ]
    return data


def spoil_bytes(content: bytes, rng: random.Random) -> bytes:
    """A copy that is cut, doubled, turned, or has something strange within."""
    at = rng.randrange(len(content) + 1)
    odd = rng.choice(
        [b"\0", b"\xff\xfe", b"\xed\xa0\x80", b'"', b"'''", b"\r", b"[" * 5_000, b"{" * 5_000]
        + [
            b"&a [*a, *a]\n",
            b"!!python/object:os.system x\n",
            b"9" * 5_000,
            b"1e999",
            b"x" * 100_000,
        ]
        + [
            b"\xef\xbb\xbf",
            b",,,,\n",
            b"\x1b[2J",
            b"PK\x03\x04",
            b"- - - - -\n",
            b"NaN",
            b"= = =\n",
        ]
    )
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: content[:at],
        lambda: content[at:],
        lambda: content[:at] + odd + content[at:],
        lambda: content[:at] + odd + content[at:],
        lambda: content + content,
        lambda: bytes(rng.randrange(256) for _ in range(200)),
        lambda: b"",
        lambda: content.replace(b"\n", b""),
        lambda: content.decode("utf-8", "replace").encode("utf-16"),
        lambda: _turn(content, rng),
    )
    return rng.choice(ways)()


def _turn(content: bytes, rng: random.Random) -> bytes:
    turned = bytearray(content)
    for _ in range(rng.randint(1, 20)):
        if turned:
            turned[rng.randrange(len(turned))] ^= 1 << rng.randrange(8)
    return bytes(turned)


def spoil_file(path: Path, rng: random.Random) -> str:
    """Spoil a file where it stands; what was done, in words."""
    how = rng.random()
    if how < 0.1:
        path.unlink()
        return "gone"
    if how < 0.2:
        path.unlink()
        path.mkdir()
        return "a folder"
    if how < 0.3:
        target = rng.choice(["/dev/null", "/dev/zero", "/", str(path), "none", "/proc/self/mem"])
        path.unlink()
        path.symlink_to(target)
        return f"a link to {target}"
    if how < 0.4:
        path.chmod(0)
        return "closed"
    if path.suffix == ".json" and how < 0.75:
        data = spoil_values(json.loads(path.read_text()), rng)
        path.write_text(json.dumps(data))
        return "other values"
    path.write_bytes(spoil_bytes(path.read_bytes(), rng))
    return "other bytes"


def pick_file(folder: Path, rng: random.Random) -> Path:
    """One of the files below a folder."""
    return rng.choice(
        sorted(x for x in folder.rglob("*") if x.is_file() and os.access(x, os.R_OK))
    )
