"""Jobs with ended trials in a real store, without any training."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, Proposal, Trial
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import claim, insert

SPEC = make_spec(trials=100_000)
PROBE = Configuration((Stratum(0, 6),), 1e-3)


def lora(rank: int, start: int = 0, roles: Sequence[str] = ("query", "value")) -> Configuration:
    """LoRA from a layer on; from 0 on it is the plain one."""
    modules = (Module("lora", rank, tuple(roles)),)
    return Configuration((Stratum(0, start), Stratum(start, 6, modules)), 1e-3)


@dataclass
class Filler:
    """Ends trials of one job."""

    store: Store
    job: Job
    seeds: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, store: Store, spec: JobSpec = SPEC) -> "Filler":
        """A new job without trials."""
        return cls(store, store.create_job(spec))

    def queue(self, configuration: Configuration, origin: str = "search") -> Trial:
        """A further seed of a configuration."""
        seed = self.seeds[configuration.key] = self.seeds.get(configuration.key, 0) + 1
        costs = {
            name: float(cost(configuration, self.job.spec.anatomy))
            for name, cost in KNOWN_COSTS.items()
        }
        (trial,) = insert(
            self.store, self.job.id, [Proposal(configuration, seed, origin)], [costs]
        )
        return trial

    def complete(self, configuration: Configuration, accuracy: float, **more: float) -> int:
        """Train it, as it were; the job's event."""
        self.queue(configuration)
        return self.end(accuracy, **more)

    def end(self, accuracy: float, **more: float) -> int:
        """Complete what was queued first."""
        trial = claim(self.store, self.job.id)
        values = {"accuracy": accuracy, "training_seconds": 2.0, **more}
        return self.store.complete(
            trial.id, trial.attempt, values, {"validation_rows": 400}, f"{trial.number}"
        )

    def fail(self, configuration: Configuration, message: str = "no memory") -> int:
        """Let a trial of it fail."""
        self.queue(configuration)
        trial = claim(self.store, self.job.id)
        return self.store.fail(trial.id, trial.attempt, FailureKind.OUT_OF_MEMORY, message)

    def random(self, rng: np.random.Generator) -> int:
        """End a trial of any kind: few configurations, so that seeds repeat and values tie."""
        if rng.random() < 0.1:
            configuration = PROBE
        else:
            configuration = lora(2 ** int(rng.integers(0, 5)), int(rng.integers(0, 6)))
        if rng.random() < 0.15:
            return self.fail(configuration)
        return self.complete(configuration, round(float(rng.uniform(0.5, 0.9)), 2))


def count_base(store: Store, job: Job, held: int) -> None:
    """Write down what a worker counts before the first proposal: bytes of the frozen weights."""
    workload = Workload(base_bytes=held, base_dtype="bfloat16")
    store.describe(job.id, job.spec.anatomy.model_copy(update={"workload": workload}))


def fill_example(store: Store) -> Filler:
    """Six ended trials, of which one failed; three configurations on the front."""
    filler = Filler.open(store)
    filler.complete(PROBE, 0.60)
    filler.complete(lora(1), 0.74)
    filler.complete(lora(8), 0.80, training_seconds=9.0)
    filler.complete(lora(1), 0.76)
    filler.fail(lora(32))
    filler.complete(lora(4, start=3), 0.70)
    return filler


def fill_repeated(store: Store) -> Filler:
    """Eighteen completed trials of fifteen configurations, better with rank and off by luck."""
    filler, rng = Filler.open(store), np.random.default_rng(0)
    filler.complete(PROBE, 0.60)
    tried = [(2**power, start) for power in range(5) for start in (0, 2, 3)][:14]
    for rank, start in [*tried, *tried[-3:]]:
        luck = 0.01 * float(rng.standard_normal())
        quality = 0.65 + 0.03 * float(np.log2(rank)) - 0.01 * start
        filler.complete(lora(rank, start), quality + luck)
    return filler
