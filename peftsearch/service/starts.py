"""Starting points of the launch form: the job files of `examples/`, with a title each."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from peftsearch.jobs.examples import read_example
from peftsearch.jobs.jobfile import read_named

_WORDS = (
    (
        "demo",
        "Film reviews in minutes",
        "The demonstration: MiniLM learns from 1,000 sentences whether a review is positive.",
    ),
    (
        "own",
        "Your own model and data",
        "A folder of a transformer with safetensors, and a CSV, JSONL or Parquet file.",
    ),
    (
        "reviews",
        "Film reviews in depth",
        "The default space on all review sentences, for some hours.",
    ),
    (
        "small",
        "Adapters of at most 50 KB",
        "Trades accuracy against the adapter's size, under a hard bound.",
    ),
    (
        "three",
        "Three objectives",
        "Accuracy against the file's size and the time of training, with a limit on macro F1.",
    ),
    (
        "rating",
        "A number for each sentence",
        "Regression on how positive a sentence is, with the three strata of SPAFIT.",
    ),
    (
        "decoder",
        "A language model that answers",
        "SmolLM2-135M learns from prompts and responses whether a review is positive.",
    ),
    (
        "vision",
        "Images",
        "DINOv2-small learns to read handwritten digits.",
    ),
)


@dataclass(frozen=True)
class Start:
    """One starting point of the launch form.

    Attributes:
        spec: A job spec as plain data; of `own` the paths are to be replaced.
    """

    name: str
    title: str
    description: str
    spec: dict[str, Any]


@cache
def starts() -> tuple[Start, ...]:
    """All starting points, the quickest first."""
    return tuple(
        Start(name, title, text, read_named(read_example(name), f"examples/{name}.toml"))
        for name, title, text in _WORDS
    )
