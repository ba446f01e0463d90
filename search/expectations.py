"""What can be expected of the configurations of a job: their quality without luck.

The best of many noisy numbers is too high, and the more so the more there are. Here the engine's
model says how much of each is luck, corrected by how well it predicted what it had not seen.
"""

from collections.abc import Sequence

from peftsearch.records.estimates import counts
from peftsearch.records.expectation import Expectation
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.spec import JobSpec

from .belief import Belief, believe

RESULTS, REPEATS = 15, 2
"""From so many completed trials, repeats among them, the intervals covered what they say."""


def expect(
    spec: JobSpec, trials: Sequence[Trial], preparation: Preparation | None = None
) -> dict[str, Expectation]:
    """Posterior mean and interval of the true quality of the configurations that were trained, by
    key (`belief.Belief`).

    Returns:
        Of those near the front that learnt something, in no order: what does not exceed the point
        below which the model does not tell bad from worse has none. Empty where too little is
        known to tell, or no noise is.
    """
    return expect_trained(believe(spec, trials, preparation))


def expect_trained(belief: Belief | None) -> dict[str, Expectation]:
    """As `expect`, of what is believed already; None is nothing."""
    if belief is None:
        return {}
    told = [x.configuration for x in belief.told]
    return {x.key: found for x, found in zip(told, belief.expect(told), strict=True)}


def is_tellable(trials: Sequence[Trial]) -> bool:
    """Whether expectations may be shown: without repeats nobody knows what a repeat would do."""
    done = [x for x in trials if counts(x)]
    return len(done) >= RESULTS and len(done) - len({x.key for x in done}) >= REPEATS
