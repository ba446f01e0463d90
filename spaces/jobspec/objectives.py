"""What can be measured of a trial, and which direction is better: one row for each number.

Directions are flipped here and nowhere else: `signed` turns a value into one to maximise.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from peftsearch.errors import ANYTHING, UserError
from peftsearch.extensions import provider
from peftsearch.message_text import suggest
from peftsearch.registry import Registry
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.families.anatomy import Anatomy

Cost = Callable[[Configuration, Anatomy], float]
Style = Literal["score", "count", "size", "duration"]
"""How a value is written: four decimals, digits in groups, bytes with a unit, or a time."""
Models = Literal["any", "text", "causal"]


@dataclass(frozen=True)
class Objective:
    """One number of a trial.

    Attributes:
        name: In job files, picks, measurements and answers.
        label: For people, as a noun within a sentence: `adapter size`.
        maximise: Whether more is better.
        style: How a value is written.
        unit: For people; empty for scores and plain numbers.
        share: Whether it is a share of the rows that are right, which has a sampling error.
        by_class: Whether it is a mean over classes, in which a rare one counts as much as any.
        of_class: Whether it is of one class, where one is named or there are two.
        graded: Whether it says how far off an answer is, as a loss and what follows from one do,
            not which answers are right or how rows are ordered.
        best: The best possible value of a quality.
        lowest: The least that a quality to maximise can be; its intervals end there.
        worst: What a quality counts as where the reference was not measured: a score of 0; of a
            loss, a uniform guess among as many words or classes as any model knows.
        counted: Whether that needs the job's workload, which a job of an earlier version lacks.
        cost: Computes it before any training; None where only a training tells. As the cost of a
            front it is to be small, and must not fall where modules are added or grow. For
            every configuration finite and not negative.
        measure: Of another distribution's objective, measures it from a trial's `Outcome`, in the
            worker; None where the trial measures it anyway.
        trained: Where the function is that measures it of the trained model itself, as
            `package.module:NAME`. A worker imports it, and calls it with a
            `workers.training.trained.Trained`. Empty of all else.
        needs: The key of `[objectives]` without which it cannot be measured.
        models: Of which models it is: of any, of those that read text, or of those that go on
            writing a text.
        of_quality: Whether it is a value of the task's quality, whose direction it then has.
    """

    name: str
    label: str
    maximise: bool
    style: Style = "score"
    unit: str = ""
    share: bool = False
    by_class: bool = False
    of_class: bool = False
    graded: bool = False
    best: float = 1.0
    lowest: float = -math.inf
    worst: float = 0.0
    counted: bool = False
    cost: Cost | None = None
    measure: Callable[[Any], float] | None = None
    trained: str = ""
    needs: str = ""
    models: Models = "any"
    of_quality: bool = False

    def __post_init__(self) -> None:
        """Refuse what no database could hold.

        Raises:
            ValueError: Says of which row, and why.
        """
        if not re.fullmatch(r"[a-z]\w{0,63}+", self.name):
            raise ValueError(f"{self.name!r} is no name of at most 64 letters, digits and _")
        if not (math.isfinite(self.best) and math.isfinite(self.worst)):
            raise ValueError(f"{self.name}: best and worst are not finite")
        if (self.cost is not None) + (self.measure is not None) + bool(self.trained) > 1:
            raise ValueError(f"{self.name}: it is of one of cost, measure and trained")

    @property
    def known(self) -> bool:
        """Whether it is exact before training."""
        return self.cost is not None

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest that a quality can be."""
        return (self.lowest, self.best) if self.maximise else (self.best, math.inf)

    @property
    def logarithmic(self) -> bool:
        """Whether ratios of values mean more than differences: of all but scores."""
        return self.known or self.style != "score"

    @property
    def has_scales(self) -> bool:
        """Whether it is a count with a unit, which has a letter when it is large: TFLOPs."""
        return self.style == "count" and bool(self.unit)

    @property
    def heading(self) -> str:
        """The label and, where it has one, the unit: `backward depth (layers)`."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def scaled_heading(self) -> str:
        """`heading` of values that are written with their unit where these have scales: `file
        size` above `12.5 KB`."""
        return self.label if self.style in ("size", "duration") else self.heading

    def signed(self, value: float) -> float:
        """`value`, or its negative where less is better. Its own inverse."""
        return value if self.maximise else -value


_WORDS = 262_144
"""The largest vocabulary in use, that of Gemma 3."""
_CLASSES = 1000
_FAR = 1e6
"""An error whose units nobody knows."""


def _known(
    name: str, label: str, style: Style, unit: str = "", counted: bool = False
) -> Objective:
    return Objective(name, label, False, style, unit, counted=counted, cost=KNOWN_COSTS[name])


def _of_trained(
    name: str,
    label: str,
    module: str,
    ends: tuple[float, float],
    needs: str = "",
    models: Models = "any",
) -> Objective:
    """Of `workers.measures`; `ends` are the best and the worst value."""
    best, worst = ends
    return Objective(
        name,
        label,
        best > worst,
        graded=True,
        best=best,
        worst=worst,
        trained=f"peftsearch.workers.measures.{module}:measure",
        needs=needs,
        models=models,
        of_quality=best > worst,
    )


GROUP = "peftsearch.objectives"
"""Of the entry points by which other packages add rows."""

OBJECTIVES = Registry(
    GROUP,
    "an objective",
    Objective,
    (
        Objective("accuracy", "accuracy", True, share=True, lowest=0.0),
        Objective("f1", "F1", True, of_class=True, lowest=0.0),
        Objective("matthews", "Matthews correlation", True, lowest=-1.0),
        Objective("f1_macro", "macro F1", True, by_class=True, lowest=0.0),
        Objective("balanced_accuracy", "balanced accuracy", True, by_class=True, lowest=0.0),
        Objective("roc_auc", "ROC AUC", True, of_class=True, lowest=0.0, worst=0.5),
        Objective(
            "average_precision", "average precision (PR AUC)", True, of_class=True, lowest=0.0
        ),
        Objective("log_loss", "log loss", False, graded=True, best=0.0, worst=math.log(_CLASSES)),
        Objective("pearson", "Pearson correlation", True, lowest=-1.0),
        Objective("spearman", "Spearman correlation", True, lowest=-1.0),
        Objective("r2", "R²", True, graded=True),
        Objective("rmse", "RMSE", False, graded=True, best=0.0, worst=_FAR),
        Objective("mae", "MAE", False, graded=True, best=0.0, worst=_FAR),
        Objective("loss", "loss", False, graded=True, best=0.0, worst=math.log(_WORDS)),
        Objective("perplexity", "perplexity", False, graded=True, best=1.0, worst=float(_WORDS)),
        Objective("exact_match", "exact match", True, share=True, lowest=0.0),
        _known("trainable_parameters", "trainable parameters", "count"),
        _known("adapter_bytes", "adapter size", "size", "B"),
        _known("export_bytes", "file size", "size", "B"),
        _known("backward_depth", "backward depth", "count", "layers"),
        _known("training_memory", "training memory", "size", "B", counted=True),
        _known("training_flops", "training compute", "count", "FLOPs", counted=True),
        Objective("training_seconds", "training time", False, "duration", "s"),
        Objective("peak_memory_bytes", "peak memory", False, "size", "B"),
        _of_trained("latency_ratio", "inference time (bare model = 1)", "latency", (1.0, 2.0)),
        _of_trained(
            "forgetting",
            "forgetting (rise of the reference loss)",
            "forgetting",
            (0.0, math.log(_WORDS)),
            needs="reference",
            models="causal",
        ),
        _of_trained(
            "feature_drift",
            "feature drift on the reference",
            "drift",
            (0.0, 1.0),
            needs="reference",
            models="text",
        ),
        _of_trained("membership_auc", "membership AUC", "membership", (0.5, 1.0)),
        _of_trained(
            "worst_group", "quality of the worst group", "worst_group", (1.0, 0.0), needs="by"
        ),
        _of_trained(
            "worst_group_loss",
            "loss of the worst group",
            "worst_group_loss",
            (0.0, math.log(_WORDS)),
            needs="by",
        ),
    ),
)


SHORT_NAMES = {"size": "export_bytes"}
"""What people may write for an objective: size is that of the file that they take home."""


def objective(name: str) -> Objective:
    """Row of the table.

    Args:
        name: Its name, or one of `SHORT_NAMES`.

    Raises:
        UserError: No row has that name, or another distribution's is broken.
    """
    return OBJECTIVES.find(SHORT_NAMES.get(name, name))


def fold_name(name: str) -> str:
    """A name as the table has it, in whatever case a person wrote it, with spaces for underscores,
    or as headings and pages call it (`file size`); others stay."""
    known = (*SHORT_NAMES, *OBJECTIVES)
    if name in known:
        return name
    called = {x: x for x in known} | {OBJECTIVES.find(x).label: x for x in OBJECTIVES}
    plain = name.casefold().replace("_", " ")
    same = (x for text, x in called.items() if text.casefold().replace("_", " ") == plain)
    return next(same, name)


class CostError(UserError):
    """A cost cannot be computed, or is beyond a bound whatever is tried: a person must decide."""


def cost_function(name: str) -> Cost:
    """What computes a known objective. One of another package raises `CostError` where it fails.

    Raises:
        UserError: There is none of that name, or it is measured.
    """
    cost = objective(name).cost
    if cost is None:
        raise UserError(f"a cost among {', '.join(known_names())}", repr(name), "correct it")
    return cost if name in OBJECTIVES.own else partial(_compute, name, cost)


def _compute(name: str, cost: Cost, configuration: Configuration, anatomy: Anatomy) -> float:
    """A cost of a stranger's, which may raise anything."""
    try:
        value = float(cost(configuration, anatomy))
        if math.isfinite(value) and value >= 0:
            return value
        got = f"{value:g}"
    except ANYTHING as error:
        got = f"{type(error).__name__}: {error}"
    package, techniques = provider(GROUP, name), ", ".join(sorted(configuration.techniques))
    raise CostError(
        f"{name} of {package} to be a finite number of at least 0 for a configuration of "
        f"{techniques} ({configuration.key})",
        got,
        f"update {package.split()[0]}, or leave {name} out",
        "objectives",
    )


def check_known(name: str, expected: str, got: str, hint: str) -> None:
    """Refuse what is no cost that is known before training.

    Args:
        name: As a person wrote it.
        hint: Where no known one has a name like it.

    Raises:
        UserError: It is none, or another distribution's is broken.
    """
    if SHORT_NAMES.get(name, name) in OBJECTIVES and objective(name).known:
        return
    known = known_names()
    raise UserError(
        f"{expected} {', '.join(known)}", got, suggest(name, (*known, *SHORT_NAMES), hint)
    )


def known_names() -> list[str]:
    """Names of all objectives that are known before training."""
    return [row.name for row in OBJECTIVES.usable() if row.known]
