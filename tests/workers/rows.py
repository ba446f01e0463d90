"""Rows of tasks other than the classification of texts, which tiny models can learn."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]
_FILLERS = ("film", "plot", "the", "a", "is", "was", "very", "not")
_ANSWERS = {"good": "fine", "bad": "poor"}


def make_rows(count: int = 128) -> list[Row]:
    """The last word of each prompt decides the answer."""
    rows = []
    for i in range(count):
        words = [_FILLERS[(i >> shift) % 8] for shift in range(3 + i % 4)]
        last = ("good", "bad")[i % 2]
        prompt = " ".join([str(_FILLERS[i % 8]), *words, _FILLERS[i // 16], last])
        rows.append({"prompt": prompt, "response": _ANSWERS[last]})
    return rows


def make_choices() -> list[Row]:
    return [
        {"text": row["prompt"], "choices": ["fine", "poor"], "label": row["response"]}
        for row in make_rows()
    ]


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path
