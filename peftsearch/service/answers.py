"""What the looking routes answer, as the OpenAPI document shows it.

None is built for an answer: those are bytes that are made once for each event.
"""

from typing import Any, Literal

from .shapes import Shape

State = Literal["queued", "running", "completed", "failed"]


class TrialRow(Shape):
    """A trial as tables show it.

    `event` and `ended` (seconds since the epoch) are null while it is open; `values` is by
    objective; `cost` is exact, also of a failed trial; `words` its configuration in words.
    """

    number: int
    key: str
    seed: int
    origin: str
    state: State
    failure: str | None
    message: str | None
    event: int | None
    ended: float | None
    seconds: float | None
    fidelity: float
    values: dict[str, float]
    cost: float
    words: str
    on_front: bool
    attempt: int
    worker: str | None


class TrialsBody(Shape):
    """A page of the trials; `total` counts all that pass the filters."""

    event: int
    total: int
    trials: list[TrialRow]


class ObjectiveRow(Shape):
    """A row of the table of objectives.

    `label` is a noun within a sentence; `style` says how a value is written: four decimals, digits
    in groups, bytes with a unit, or a time; `share` is a share of the rows that are right; `known`
    is exact before training.
    """

    name: str
    label: str
    unit: str
    style: Literal["score", "count", "size", "duration"]
    maximise: bool
    share: bool
    known: bool


class ObjectiveShape(ObjectiveRow):
    """One measured objective of a trial."""

    value: float


class TrialDetail(TrialRow):
    """All about one trial.

    `map` is for the strata map; `curve` is pairs of the share of the training and the mean loss
    there; `standard_error` is of the quality on the validation split, null where unknown;
    `same_key` is the trials of the same configuration with other seeds.
    """

    configuration: dict[str, Any]
    map: dict[str, Any]
    provenance: dict[str, Any]
    curve: list[tuple[float, float]]
    standard_error: float | None
    same_key: list[int]
    objectives: list[ObjectiveShape]
    adapter: bool


class PointColumns(Shape):
    """Columns of equal length."""

    number: list[int]
    event: list[int]
    ended: list[float]
    seconds: list[float]
    state: list[State]
    origin: list[str]
    key: list[str]
    seed: list[int]
    words: list[str]
    failure: list[str | None]
    cost: list[float]
    values: dict[str, list[float | None]]


class PointsBody(Shape):
    """The ended trials up to `event`, in the order of their ends."""

    event: int
    columns: PointColumns


class MeanShape(Shape):
    """A configuration at the mean over its seeds."""

    key: str
    knee: bool
    values: dict[str, float]
    standard_error: float | None
    seeds: int
    trials: list[int]
    description: str
    configuration: dict[str, Any]


class FrontPointShape(MeanShape):
    """A configuration on the front."""

    row: int
    entered: int


class Line(Shape):
    """A reference line; `trial` is the number of its first trial."""

    value: float
    cost: float
    trial: int
    words: str


class Baselines(Shape):
    """The linear probe and the best plain LoRA of the job; null where there is none yet."""

    probe: Line | None
    lora: Line | None


class FrontBody(Shape):
    """The front after `event`, in ascending cost."""

    event: int
    points: list[FrontPointShape]
    baselines: Baselines


class Stay(Shape):
    """One stay of a configuration on the front, from `entered` until before `left`."""

    key: str
    values: dict[str, float]
    standard_error: float | None
    trials: list[int]
    entered: int
    left: int | None
    words: str


class FrontHistoryBody(Shape):
    """Every stay on the front, by the event at which it began."""

    event: int
    entries: list[Stay]


class ProgressBody(Shape):
    """One entry for each ended trial; `seconds` since the job's creation."""

    event: list[int]
    trials: list[int]
    seconds: list[float]
    hypervolume: list[float]
    best: list[float | None]


class Importance(Shape):
    """A parameter's share of what decides the target."""

    name: str
    label: str
    share: float


class ImportanceBody(Shape):
    """Shares sum to 1, largest first; none where too few of the `n` trials tell. `event` may be
    a little older than the job's: the newest is computed aside."""

    event: int
    target: str
    trials: int
    method: str
    importance: list[Importance]


class Dimension(Shape):
    """One parameter of every trial."""

    name: str
    label: str
    kind: Literal["number", "category"]
    log: bool
    values: list[float | str]
    categories: list[str] | None = None


class ParametersBody(Shape):
    """Completed trials for parallel coordinates; the last two dimensions are cost and quality."""

    event: int
    numbers: list[int]
    dimensions: list[Dimension]


class PickedPoint(MeanShape):
    """What was picked; `row` and `entered` are null off the front."""

    row: int | None
    entered: int | None


class Next(Shape):
    """What would be better, and which bound keeps it out."""

    description: str
    values: dict[str, float]
    blocked_by: str


class PickBody(Shape):
    """The picked configuration, its trial of the best quality, and why it was picked."""

    pick: str
    point: PickedPoint
    trial: int
    why: str
    next: Next | None
    fitting: int


class FailureShape(Shape):
    """One failed trial."""

    number: int
    message: str | None


class FailureKindShape(Shape):
    """A kind of failure with its latest trials, newest first."""

    kind: str
    count: int
    latest: list[FailureShape]


class FailuresBody(Shape):
    """The failed trials by kind, the most frequent first."""

    total: int
    kinds: list[FailureKindShape]


class MeasurementShape(Shape):
    """One number of one trial at one fidelity."""

    trial: int
    name: str
    fidelity: float
    value: float


class MeasurementsBody(Shape):
    """The measurements of some trials, learning curves included; `next` is the first trial of
    the next page."""

    measurements: list[MeasurementShape]
    next: int | None


class ReportsBody(Shape):
    """Reports of one kind, oldest first."""

    reports: list[dict[str, Any]]
