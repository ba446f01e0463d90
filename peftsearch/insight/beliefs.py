"""What is believed of a job, from the light records that charts keep."""

from collections.abc import Sequence

import orjson

from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.beliefs.expected import find_belief
from peftsearch.search.belief import Belief
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec

from .points import Point


def belief_of(
    points: Sequence[Point], spec: JobSpec, preparation: Preparation | None
) -> Belief | None:
    """See `peftsearch.results.beliefs.expected.find_belief`."""
    return find_belief(spec, [_restore(x, spec) for x in points], preparation)


def configuration_of(point: Point, spec: JobSpec) -> Configuration:
    """The object that a point keeps as text."""
    return Configuration.from_json(orjson.loads(point.configuration), spec.anatomy.layers)


def _restore(point: Point, spec: JobSpec) -> Trial:
    """The trial as far as the search looks at it."""
    return Trial(
        id=0,
        job_id=0,
        number=point.number,
        configuration=configuration_of(point, spec),
        seed=point.seed,
        origin=point.origin,
        fidelity=point.fidelity,
        state=point.state,
        attempt=point.attempt,
        measurements=point.measurements,
        failure=point.failure,
        provenance={"validation_rows": point.validation_rows},
    )
