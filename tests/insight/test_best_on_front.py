"""A job's best from its front: the same as from all of its trials."""

from dataclasses import replace

from peftsearch.insight.best_on_front import best_of
from peftsearch.records.dominance import choose_front
from peftsearch.records.estimates import estimate_each
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.jobspec.spec import JobSpec
from tests.anatomies import BERT
from tests.specs import make_spec

SPEC = make_spec()
LOSS = make_spec(task={"kind": "causal_lm", "train": "a"})


def configuration(rank: int) -> Configuration:
    modules = (Module("lora", rank, ("query", "value")),) if rank else ()
    return Configuration((Stratum(0, BERT.layers, modules),), 1e-3)


def cost(rank: int) -> float:
    return float(KNOWN_COSTS["trainable_parameters"](configuration(rank), BERT))


def make_trial(rank: int, quality: float, spec: JobSpec = SPEC) -> Trial:
    values = {spec.task.quality: quality, "trainable_parameters": cost(rank)}
    state = TrialState.COMPLETED
    return Trial(rank, 1, rank, configuration(rank), 0, "search", 1.0, state, 1, None, values)


def front_of(trials: list[Trial], spec: JobSpec = SPEC) -> list[FrontPoint]:
    chosen = choose_front(estimate_each(trials), (spec.task.quality, "trainable_parameters"))
    points = [FrontPoint(x.key, x.configuration, x.values, x.numbers, 1) for x in chosen]
    return sorted(points, key=lambda x: x.values["trainable_parameters"])


def test_best_of_scores_and_of_losses() -> None:
    values = [0.5, 0.7, 0.6]
    trials = [make_trial(rank, value) for rank, value in enumerate(values)]
    best = best_of(front_of(trials), SPEC, BERT)
    assert best is not None
    assert (best.value, best.trial) == (0.7, 1)
    assert best.words == "0-5 lora r1 q+v | rate 1.0e-03"
    losses = [make_trial(rank, value, LOSS) for rank, value in enumerate([2.0, 1.0, 1.5])]
    least = best_of(front_of(losses, LOSS), LOSS, BERT)
    assert least is not None
    assert (least.value, least.trial) == (1.0, 1)
    assert best_of([], SPEC, BERT) is None


def test_of_equals_the_cheapest_is_the_best() -> None:
    front = front_of([make_trial(rank, 0.7) for rank in (1, 2)])
    assert [x.trials for x in front] == [(1,)]
    twins = [front[0], replace(front[0], key="other", trials=(2,))]
    best = best_of(twins, SPEC, BERT)
    assert best is not None and best.trial == 1
