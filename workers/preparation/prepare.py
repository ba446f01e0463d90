"""The preparation of a job: its floors, its head, and where the head's training starts."""

from dataclasses import dataclass

from peftsearch.records.preparation import EVENED, Floor, Preparation
from peftsearch.spaces.jobspec.task import TaskSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .baselines import Baseline, OnBatch, measure_floor
from .evened import tell_evened
from .feature_baseline import FEATURES, use_features
from .feature_probes import fit_evened
from .features import count_poolings
from .floor_answers import write_answers
from .head_choice import choose_head, read_probe
from .linear_models import find_target, name_regression
from .opened_job import OpenedJob
from .sampling import sample_rows
from .word_baseline import WORDS, fit_words


@dataclass(frozen=True)
class Prepared:
    """A preparation, with what is kept beside it as safetensors; each empty where there is none.

    Attributes:
        tensors: The probe that is its floor on frozen features: where the head starts there by the
            names of the head's tensors.
        answers: What floors answered on the validation rows, by their names.
    """

    preparation: Preparation
    tensors: bytes = b""
    answers: bytes = b""


def prepare(job: OpenedJob, on_batch: OnBatch = lambda: None) -> Prepared:
    """Make the baselines of a job, measure them, and choose its head: from training rows alone.

    Args:
        job: With the model's own head, and nothing attached.

    Raises:
        UserError: The spec asks for a head that this model cannot have.
    """
    kind, target = job.spec.task.kind, find_target(job.spec.task.kind)
    made: list[Baseline | None] = []
    head = None if target is None else choose_head(job, target, on_batch)
    if head is not None and head.pooling is not None and head.probe is not None:
        linear = head.probe if head.evened is None else head.evened.linear
        made.append(use_features(job, head.pooling, linear, tell_evened(head.evened)))
    made += [fit_words(job), *find_kind(kind).load_work().baselines(job, on_batch)]
    tried = [measure_floor(job, x, on_batch) for x in made if x is not None]
    found = [x for x in tried if x is not None]
    floors = tuple(floor for floor, _ in found)
    answers = write_answers({floor.name: x for floor, x in found})
    told = tuple(x.note for x in (head, *made) if x is not None and x.note)
    if head is None:
        return Prepared(Preparation(floors, notes=told), answers=answers)
    return Prepared(Preparation(floors, head.choice, told), head.tensors, answers)


def count_preparing(job: OpenedJob) -> int:
    """How often `prepare` calls `on_batch`, or a little more: poolings that are alike are one."""
    kind = job.spec.task.kind
    total: int = find_kind(kind).load_work().count_baselines(job)
    if find_target(kind) is None:
        return total
    rows = {"train": len(sample_rows(job)), "validation": len(job.encoded("validation"))}
    read = sum(-(-n // job.encoded(name).evaluated_together) for name, n in rows.items())
    return total + read + count_poolings(job.backbone)


def foresee_floors(task: TaskSpec) -> tuple[str, ...]:
    """What `prepare` will measure, as nouns within a sentence, as far as the task tells it."""
    row, made = find_kind(task.kind), list[str]()
    if find_target(task.kind) is not None:
        regression = f"{name_regression(task.kind)} regression"
        read = ["frozen features", *(["TF-IDF"] if row.form.inputs == "text" else [])]
        made = [f"{regression} on {x}" for x in read]
    return (*made, *row.load_work().foresee_baselines(task))


def prepare_head(job: OpenedJob, on_batch: OnBatch = lambda: None) -> Prepared:
    """What a trial needs of `prepare`: nothing but the head.

    Raises:
        UserError: As `prepare`.
    """
    target = find_target(job.spec.task.kind)
    if target is None:
        return Prepared(Preparation())
    head = choose_head(job, target, on_batch)
    return Prepared(Preparation(head=head.choice), head.tensors)


def make_again(job: OpenedJob, prepared: Prepared, floor: Floor) -> Baseline | None:
    """The baseline that was measured as a floor, to be scored on other rows.

    Args:
        job: As `prepare` takes it.

    Returns:
        None where the record does not say enough, as one of an earlier version may not.
    """
    if floor.name == FEATURES:
        return _restore_features(job, prepared, floor)
    if floor.name == WORDS:
        return fit_words(job, floor.details)
    found: Baseline | None = find_kind(job.spec.task.kind).load_work().baseline(job, floor)
    return found


def _restore_features(job: OpenedJob, prepared: Prepared, floor: Floor) -> Baseline | None:
    head, probe = prepared.preparation.head, read_probe(prepared.tensors)
    started = head.pooling if head is not None and head.start == "probe" else None
    pooling = floor.details.get("pooling", started)
    evened = floor.details.get(EVENED, False)
    if evened and pooling is not None:  # the stored one is where the head's training starts
        target = find_target(job.spec.task.kind)
        again = None if target is None else fit_evened(job, target, pooling, evened)
        probe = None if again is None else again.linear
    if pooling is None or probe is None:
        return None
    return use_features(job, pooling, probe, evened)
