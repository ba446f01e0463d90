"""Made-up records of a small job."""

from peftsearch.records.estimates import Estimate, estimate_each
from peftsearch.records.reading import Reading
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from tests.anatomies import BERT
from tests.specs import make_spec

SPEC = make_spec(trials=10)


def make_trial(number: int, rank: int, accuracy: float) -> Trial:
    """A completed trial of uniform LoRA; rank 0 is the probe."""
    modules = (Module("lora", rank, ("query", "value")),) if rank else ()
    configuration = Configuration((Stratum(0, 6, modules),), 1e-3)
    known = {name: float(cost(configuration, BERT)) for name, cost in KNOWN_COSTS.items()}
    return Trial(
        id=number,
        job_id=1,
        number=number,
        configuration=configuration,
        seed=number,
        origin="search" if rank else "probe",
        fidelity=1.0,
        state=TrialState.COMPLETED,
        attempt=1,
        measurements=known | {"accuracy": accuracy, "training_seconds": 12.0},
        provenance={"validation_rows": 400, "head_parameters": 770},
        running_seconds=20.0,
    )


TRIALS = [
    make_trial(0, 0, 0.60),
    make_trial(1, 1, 0.74),
    make_trial(2, 2, 0.45),
    make_trial(3, 8, 0.79),
    make_trial(4, 1, 0.76),
]


def members() -> list[Estimate[Trial]]:
    return [x for x in estimate_each(TRIALS) if x.values["accuracy"] > 0.5]


def make_reading(number: int, job: str = "job") -> Reading:
    """That of a test split, by its number."""
    return Reading("a" * 64, number, "uid", job, f"key {number}", 0.0)
