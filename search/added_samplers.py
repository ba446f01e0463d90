"""Samplers of other packages: made, asked, and not believed.

What a stranger's code raises or returns would meet any worker that proposes, so that it ends as
one typed error, by which the worker stops the job until a person has mended it.
"""

from collections.abc import Callable, Sequence, Set
from typing import Any

import numpy as np

from peftsearch.errors import ANYTHING, PeftsearchError, UserError
from peftsearch.extensions import load, providers
from peftsearch.message_text import one_line, show
from peftsearch.records.trial import Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.sampler_names import GROUP
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.space import Space


class SamplerError(PeftsearchError):
    """Another package's sampler failed, or returned what no sampler may.

    Args:
        sampler: Its name.
        problem: What it did.
        job: Name of the job.
    """

    def __init__(self, sampler: str, problem: str, job: str) -> None:
        super().__init__(sampler, problem, job)
        self.sampler, self.problem, self.job = sampler, problem, job

    def __str__(self) -> str:
        return (
            f"expected proposals of the sampler {self.sampler!r} of "
            f"{providers(GROUP, self.sampler)}; got {one_line(self.problem)}; "
            f"mend or update that package, and `peftsearch resume {self.job}` goes on"
        )


class AddedSampler:
    """A sampler of another package, whose answers are looked at.

    Raises:
        SamplerError: It cannot be imported or made.
    """

    def __init__(self, spec: JobSpec, space: Space, trials: Sequence[Trial], seed: int) -> None:
        self._name, self._job, self._space = spec.search.sampler, spec.name, space
        self._sampler = self._call(
            lambda: load(GROUP, self._name)(spec, space, trials, seed), "when it was made"
        )

    def suggest(
        self, running: Sequence[Configuration], excluded: Set[str], rng: np.random.Generator
    ) -> Configuration | None:
        """See `samplers.Sampler.suggest`.

        Raises:
            SamplerError: It raised something, or returned no configuration that may be proposed.
        """
        found: Configuration | None = self._call(
            lambda: self._sampler.suggest(running, set(excluded), rng), "when it was asked"
        )
        if found is not None:
            self._call(lambda: self._check(found, excluded), "for what it returned")
        return found

    def _check(self, found: Any, excluded: Set[str]) -> None:
        if not isinstance(found, Configuration):
            raise self._error(f"{show(found)} in place of a configuration")
        self._space.validate(found)
        if found.key in excluded:
            raise self._error("a configuration that was proposed before")

    def _call(self, action: Callable[[], Any], moment: str) -> Any:
        try:
            return action()
        except SamplerError:
            raise
        except ANYTHING as error:
            kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
            raise self._error(f"{kind}{error}, {moment}") from error

    def _error(self, problem: str) -> SamplerError:
        return SamplerError(self._name, problem, self._job)
