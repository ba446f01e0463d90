"""What is left after a job that faults befell: whether anything was lost, doubled or swapped."""

from collections import Counter
from dataclasses import asdict, astuple, dataclass, fields

from peftsearch.errors import PeftsearchError
from peftsearch.records.trial import FailureKind, Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files.adapter_files import load_adapter_files
from peftsearch.workers.files.ownership import check_adapter
from peftsearch.workers.preparation.prepare import Prepared
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.contracts.fronts import read_front, recompute_front
from tests.json_lines import Row

from .ground import Ground

_RESCORED = 4


@dataclass(frozen=True)
class Tally:
    """Of one job, or of several.

    Attributes:
        trained: Trainings that were finished, those whose worker was killed before their record or
            whose trial another one had by then included.
        gave_up: Trials that three workers died of.
        lost: Trials of the budget that neither completed nor killed three workers.
        double: Ends of trials beyond one for each, and numbers or configurations that stand twice.
        swapped: Adapters that are not their trial's, or predict otherwise.
        fronts: That differ from what the trials tell.
        processes, files: That are left and belong to nobody.
    """

    faults: int = 0
    trials: int = 0
    trained: int = 0
    gave_up: int = 0
    lost: int = 0
    double: int = 0
    swapped: int = 0
    fronts: int = 0
    processes: int = 0
    files: int = 0

    @classmethod
    def of(cls, row: Row) -> "Tally":
        """As it was recorded, among other things."""
        return cls(*(row[x.name] for x in fields(cls)))

    def __add__(self, other: "Tally") -> "Tally":
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Tally(*(a + b for a, b in pairs))

    @property
    def wrong(self) -> dict[str, int]:
        """What should be none and is some."""
        names = [x.name for x in fields(self)][4:]
        return {name: n for name, n in asdict(self).items() if name in names and n}


def take_tally(ground: Ground, faults: int) -> Tally:
    """Look at a job whose commands have ended."""
    with Store.open(ground.url) as store:
        job = store.find_job("small")
        trials = store.trials(job.id)
        completed = [x for x in trials if x.state is TrialState.COMPLETED]
        gave_up = [x for x in trials if x.failure is FailureKind.LOST_WORKER]
        front = read_front(store, job.id) == recompute_front(completed)
        return Tally(
            faults=faults,
            trials=len(trials),
            trained=len(ground.finished.read_text().splitlines()),
            gave_up=len(gave_up),
            lost=ground.trials - len(completed) - len(gave_up),
            double=_count_double(trials, job.event),
            swapped=_count_swapped(ground, store, completed),
            fronts=int(not front),
            processes=len(ground.processes()),
            files=len(find_orphans(ground, completed)),
        )


def _count_double(trials: list[Trial], events: int) -> int:
    ended = [x for x in trials if x.event is not None]
    twice = 0
    for values in (
        [x.number for x in trials],
        [(x.key, x.seed) for x in trials],
        [x.event for x in ended],
        [x.adapter for x in trials if x.adapter is not None],
    ):
        twice += sum(n - 1 for n in Counter(values).values())
    return twice + abs(events - len(ended))


def _count_swapped(ground: Ground, store: Store, completed: list[Trial]) -> int:
    kept = [x for x in completed if x.adapter is not None]
    own = [x for x in kept if _is_own(ground, x)]
    chosen = ground.rng.sample(own, min(_RESCORED, len(own)))
    differing = sum(score != told for score, told in _score(ground, store, chosen))
    return len(kept) - len(own) + differing


def _is_own(ground: Ground, trial: Trial) -> bool:
    try:
        check_adapter(ground.files / str(trial.adapter), trial)
        return True
    except PeftsearchError:
        return False


def _score(ground: Ground, store: Store, trials: list[Trial]) -> list[tuple[float, float]]:
    """Of each trial the accuracy of its files, and the recorded one."""
    job = store.find_job("small")
    runner = TrialRunner.open(job.spec, "cpu")
    preparation = store.preparation(job.id)
    assert preparation is not None
    answers = store.head_start(job.id), store.floor_answers(job.id)
    runner.adopt(Prepared(preparation, *answers))
    found = []
    for trial in trials:
        tensors = load_adapter_files(ground.files / str(trial.adapter)).tensors
        scored = runner.score(trial.configuration, tensors, "validation").measurements
        found.append((scored["accuracy"], trial.measurements["accuracy"]))
    return found


def find_orphans(ground: Ground, completed: list[Trial]) -> list[str]:
    """Files beside the logs of services that belong to no adapter of a completed trial."""
    kept = tuple(f"{x.adapter}/" for x in completed)
    below = (x.relative_to(ground.files) for x in ground.files.rglob("*"))
    names = [f"{x}/" if (ground.files / x).is_dir() else str(x) for x in below]
    return [x for x in names if not x.endswith("/") and not x.startswith((*kept, ".logs/"))]
