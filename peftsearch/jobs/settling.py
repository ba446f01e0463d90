"""What a launch decides from the data where the job file leaves it open."""

from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from peftsearch.spaces.jobspec.head import suppose_head
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.sampler_names import ENGINE
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.jobspec.tracker_names import check_installed
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.spaces.space.bundles import find_techniques
from peftsearch.spaces.space.feasibility import check_bounds
from peftsearch.spaces.space.presets import make_space
from peftsearch.workers.adapters.row_functions import check_functions
from peftsearch.workers.data.label_folding import name_class

if TYPE_CHECKING:
    from peftsearch.workers.data.task_data import TaskData

_FAR = 2.0
"""Deviations of the labels from 0 to their mean, beyond which it matters that nothing holds it."""
_OF_ONE_CLASS = ("f1", "average_precision")


@dataclass(frozen=True)
class Settled:
    """A spec with the decisions written down.

    Attributes:
        quality: Which metric is the job's quality and why, for people, without a full stop.
        notes: What of the spec will do nothing.
    """

    spec: JobSpec
    quality: str
    notes: tuple[str, ...] = ()


def settle(spec: JobSpec, data: "TaskData") -> Settled:
    """Decide by the spec and its training rows alone, so that equal ones are settled alike.

    Raises:
        CostError: Whatever head is chosen, no adapter of the space is within the bounds.
        UserError: The spec says something of classes that the rows do not have, or names a
            technique of another package whose functions are not there, or a tracker that is not
            installed.
    """
    check_installed(spec.tracking)
    task = spec.task
    find_kind(task.kind).load_work().check_training(spec.training, data.label_names)
    check_functions(find_techniques(spec))
    for bound in spec.limits:
        bound.check_reachable()
    if spec.bounds:
        check_bounds(make_space(with_supposed_head(spec, data)))
    chosen, reason = _choose(task, data)
    quality = f"{objective(chosen).label}{_of_class(chosen, task, data)}, {reason}"
    default = chosen if task.metric is None else None
    task = task.model_copy(update={"default_metric": default})
    notes = (*note_stop(spec), *_note_mean(spec, data))
    return Settled(spec.model_copy(update={"task": task}), quality, notes)


def note_stop(spec: JobSpec) -> tuple[str, ...]:
    """That a sampler without a model never says what it expects."""
    if spec.budget.stop_when is None or spec.search.sampler == ENGINE:
        return ()
    return (
        f"budget.stop_when = {spec.budget.stop_when!r} ends no job of search.sampler = "
        f"{spec.search.sampler!r}, which expects nothing: only {ENGINE!r} does",
    )


def _note_mean(spec: JobSpec, data: "TaskData") -> tuple[str, ...]:
    """That a head without a bias, as decoders have, must learn the mean of labels far from 0."""
    if find_kind(spec.task.kind).problem != "regression":
        return ()
    head = with_supposed_head(spec, data).anatomy.head or ()
    if any(x.name.endswith("bias") for x in head):
        return ()
    labels = [float(x) for x in data.train.labels]
    mean, deviation = fmean(labels), pstdev(labels)
    if abs(mean) <= _FAR * deviation:
        return ()
    return (
        f"labels have mean {mean:.6g} and deviation {deviation:.3g}, and the head of this model "
        "has no bias that could hold the mean: subtract it from the labels, or trials and the "
        "floor learn little else",
    )


def with_supposed_head(spec: JobSpec, data: "TaskData") -> JobSpec:
    """The spec on a model with the smallest head that the preparation may choose."""
    classes = len(data.label_names)
    return spec.with_anatomy(suppose_head(spec.head, spec.task.kind, classes, spec.anatomy))


def _choose(task: TaskSpec, data: "TaskData") -> tuple[str, str]:
    if task.metric is not None:
        return task.metric, "as task.metric says"
    kind = find_kind(task.kind)
    found: tuple[str, str] | None = kind.load_work().choose_metric(data.train, data.label_names)
    if found is not None and found[0] in kind.qualities:
        return found
    # A work that is inherited from another kind may choose what this one does not measure.
    return kind.qualities[0], f"the default of {kind.name}"


def _of_class(metric: str, task: TaskSpec, data: "TaskData") -> str:
    """Which class a metric of one class is of."""
    if metric not in _OF_ONE_CLASS:
        return ""
    if task.positive is not None:
        return f" of {name_class(task.positive, data.label_names)!r}"
    if len(data.label_names) != 2:
        return ", the mean over the classes"
    return f" of {data.label_names[1]!r}, the second class (task.positive names another)"
