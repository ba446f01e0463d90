"""What is expected of configurations, from the light records that charts keep."""

from collections.abc import Sequence

import orjson

from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.expected import ExpectedRow, find_expected, index_expected
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec

from .points import Point


def expected_rows(
    points: Sequence[Point], spec: JobSpec, preparation: Preparation | None
) -> dict[str, ExpectedRow]:
    """By key (`peftsearch.results.expected.find_expected`)."""
    trials = [_restore(x, spec) for x in points]
    return index_expected(find_expected(spec, trials, preparation))


def _restore(point: Point, spec: JobSpec) -> Trial:
    """The trial as far as the search looks at it."""
    document = orjson.loads(point.configuration)
    return Trial(
        id=0,
        job_id=0,
        number=point.number,
        configuration=Configuration.from_json(document, spec.anatomy.layers),
        seed=point.seed,
        origin=point.origin,
        fidelity=point.fidelity,
        state=point.state,
        attempt=point.attempt,
        measurements=point.measurements,
        failure=point.failure,
        provenance={"validation_rows": point.validation_rows},
    )
