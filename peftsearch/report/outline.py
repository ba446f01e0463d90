"""The parts of a report, as plain data."""

from typing import Any

from typing_extensions import TypedDict

from peftsearch.insight.failures import Failures
from peftsearch.insight.what_matters import Ranking
from peftsearch.results.beliefs.slice_rows import Slice
from peftsearch.results.exports.file_facts import Facts
from peftsearch.results.standing.ablation_words import AblationRow
from peftsearch.results.standing.floor_words import FloorStanding

from .citations import Citation
from .fronts import Front, Row
from .neighbours import Neighbour
from .spent import Spent
from .tested import Comparison, Readings


class Chosen(Row):
    """The chosen configuration.

    Attributes:
        map: Its strata map, as `insight.layers.layer_map` has it.
        floor: How it stands beside the best floor; null of a job without.
        ablation: It without each of its parts, trained for this; empty where nobody asked for it.
        tested: Sentences on what the test rows said of it, with a comparison or as one of the
            front; none where they said nothing.
        slices: What the model expects of its parameters' other values; null where too little is
            known.
    """

    map: dict[str, Any]
    floor: FloorStanding | None
    slices: list[Slice] | None
    ablation: list[AblationRow]
    neighbours: list[Neighbour]
    comparison: Comparison | None
    tested: list[str]


class Again(TypedDict):
    """How to do it again.

    Attributes:
        probe: What is trained before the chosen one.
        trial: Null where nothing is chosen.
    """

    job: str
    probe: str
    trial: str | None
    trial_seed: int | None


class Written(TypedDict):
    """What people call a trial and wrote on it; null for none."""

    trial: int
    name: str | None
    text: str | None


class Report(TypedDict):
    """A job at one moment.

    Attributes:
        verdict: Paragraphs: the choice, the test rows, the validation rows.
        state: How far the job is.
        task: The kind of task, the model and the data.
        warnings: What is to be known before anything of it is used.
        parent: Name of the job that it stands beside; null of one that searched.
        baselines: Whether the front beats what everybody does, and how it was found out.
        notes: What the job found out before its first trial.
        written: Names of trials and notes on them.
    """

    job: str
    version: str
    pick: str
    verdict: list[str]
    state: str
    running: bool
    task: str
    quality: str
    cost: str
    warnings: list[str]
    parent: str | None
    notes: list[str]
    baselines: dict[str, Any]
    front: Front
    chosen: Chosen | None
    written: list[Written]
    matters: Ranking
    failures: Failures
    spent: Spent
    origins: Facts
    readings: Readings
    again: Again
    citations: list[Citation]
