"""How fast the trials of a job end, learnt from those that have.

A trial's seconds are its known work times what a unit of work takes, log-normal. Of that the mean
and the spread are estimated from the last trials, later ones counting more, with a prior on the
spread alone (normal and inverse gamma, whose predictive is Student's t; Gelman et al., Bayesian
Data Analysis, 3.3): one trial already tells a range, and further ones make it narrower. The
constants are measured by `benchmarks/forecast.py`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.recent import Recent
from peftsearch.spaces.configurations.regimes import as_trained
from peftsearch.spaces.configurations.training_flops import forward_flops, training_flops
from peftsearch.spaces.jobspec.spec import JobSpec

from .companion import SHARED
from .ranges import NORMAL, Range, within_factor
from .trial import Trial, TrialState

WINDOW = 40
"""Trials that are learnt from, the last ones."""
SPREAD, FREEDOM = 0.25, 4.0
"""Standard deviation of the logarithm of a unit's seconds from trial to trial, as recorded
trainings have it, and as how many trials that counts."""
DRIFT = 0.6
"""Standard deviation of what all coming trials have in common, by that from trial to trial: a
machine that others use is not as fast later as it was."""
FORGETTING = 0.9
"""What a trial counts beside the one after it."""


@dataclass(frozen=True)
class Ended:
    """A trial that ended.

    Attributes:
        seconds: It took, its evaluations included.
        work: As `count_work`.
        pause: Seconds between the end of its worker's trial before and its own beginning; None
            of a worker's first.
    """

    seconds: float
    work: float = 1.0
    pause: float | None = None


@dataclass(frozen=True)
class Finished:
    """A trial with a result.

    Attributes:
        seconds: From its last claim to its end.
        ended: Seconds since the epoch; None where nobody noted it.
    """

    configuration: Configuration
    seconds: float
    ended: float | None = None
    worker: str | None = None


@dataclass(frozen=True)
class Pace:
    """Of one job's trials.

    Attributes:
        unit: Seconds of a unit of work, the median.
        spread: Standard deviation of its logarithm from trial to trial.
        trials: That it is learnt from.
        counting: As how many equal ones these count.
        pause: Seconds from a trial's end to the next one's beginning.
        work: Of a trial that nobody has proposed yet, the mean.
    """

    unit: float
    spread: float
    trials: int
    counting: float
    pause: float
    work: float

    def foresee(self, works: Sequence[float], more: float = 0.0) -> Range:
        """How long trials take, one after another.

        Args:
            works: Of those that are known.
            more: How many others.
        """
        number = len(works) + more
        if not number:
            return Range(0.0, 0.0, 0.0)
        total = sum(works) + more * self.work
        # A sum of log-normal times is as long as their mean, which is above the median.
        likely = self.unit * math.exp(self.spread**2 / 2) * total + number * self.pause
        deviation = self.spread * math.sqrt(1 / self.counting + 1 / number + DRIFT**2)
        return self._within(likely, deviation)

    def foresee_rest(self, seconds: float, share: float) -> Range:
        """How long a trial still takes that has run for so long, by the share of its steps that
        it has done; only how fast the machine is may change."""
        return self._within(seconds * (1 - share) / share, self.spread * DRIFT)

    def _within(self, likely: float, deviation: float) -> Range:
        return within_factor(likely, deviation, _quantile(FREEDOM + self.trials - 1))


def learn_pace(ended: Sequence[Ended], works: Sequence[float] = ()) -> Pace | None:
    """From the trials that ended, in that order; None of none.

    Args:
        works: Of trials that are like those to come; of none, a whole training.
    """
    last = [x for x in ended if x.seconds > 0][-WINDOW:]
    if not last:
        return None
    logs = [math.log(x.seconds / x.work) for x in last]
    weights = [FORGETTING**i for i in reversed(range(len(last)))]
    middle = fmean(logs, weights)
    squares = len(last) * fmean(((x - middle) ** 2 for x in logs), weights)
    counting = sum(weights) ** 2 / sum(x * x for x in weights)
    spread = math.sqrt((FREEDOM * SPREAD**2 + squares) / (FREEDOM + len(last) - 1))
    pauses = [x.pause for x in last if x.pause is not None][-8:]
    pause = median(pauses) if pauses else 0.0
    return Pace(math.exp(middle), spread, len(last), counting, pause, fmean(works or [1.0]))


def finished_of(trials: Iterable[Trial]) -> list[Finished]:
    """The trials with a result in the order of their ends; of failures, which may end at once,
    nothing is learnt unless there is nothing else, and nothing of what another job trained, which
    took no time here."""
    ended = [x for x in trials if x.running_seconds is not None and SHARED not in x.provenance]
    completed = [x for x in ended if x.state is TrialState.COMPLETED]
    return [
        Finished(x.configuration, x.running_seconds or 0.0, x.ended, x.worker)
        for x in sorted(completed or ended, key=lambda x: x.ended or 0.0)
    ]


def pace_of(
    spec: JobSpec, finished: Sequence[Finished], coming: Iterable[Configuration] = ()
) -> Pace | None:
    """What the trials with a result tell of those to come; None of none.

    Args:
        finished: In the order of their ends; the last ones are enough.
        coming: Configurations that are queued or run.
    """
    last, before = finished[-WINDOW:], dict[str, float]()
    found = []
    for x in last:
        begun = before.get(x.worker or "")
        pause = None if x.ended is None or begun is None else x.ended - x.seconds - begun
        if x.ended is not None and x.worker is not None:
            before[x.worker] = x.ended
        work = count_work(x.configuration, spec)
        found.append(Ended(x.seconds, work, None if pause is None else max(0.0, pause)))
    # The probe is the cheapest, and no sign of what is proposed later.
    trained = [x for x in (*(y.configuration for y in last), *coming) if not x.frozen]
    return learn_pace(found, [count_work(x, spec) for x in trained])


def count_work(configuration: Configuration, spec: JobSpec) -> float:
    """What a training of it takes beside others of its job: half by its steps, half by their
    operations. 1 is a training of the frozen model's operations forward and backward, and what is
    not counted yet."""
    anatomy = spec.model.anatomy
    if anatomy is None or anatomy.workload is None or not anatomy.workload.steps:
        return 1.0
    trained = as_trained(configuration, anatomy).counted_workload
    steps = trained.steps / anatomy.workload.steps
    return (steps + training_flops(configuration, anatomy) / _whole(anatomy)) / 2


_whole = Recent(lambda anatomy: max(1.0, 2 * forward_flops(anatomy)))


def _quantile(freedom: float) -> float:
    """Of Student's t, so that `SHARE` lies between it and its negative (Abramowitz and Stegun,
    26.7.5), which needs no library at a display's every second."""
    z = NORMAL
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
