"""The confirmation of a whole front, as an action on a job of a store."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.presence import at_work

from .confirm_plan import Pending, check_enough, tell_forecast
from .confirm_width import foresee_width, tell_widths
from .confirming import Wanted
from .tested_reports import FRONT

if TYPE_CHECKING:
    from .front_confirmation import FrontConfirmation
    from .search_result import SearchResult


@dataclass(frozen=True)
class ConfirmedFront:
    """A confirmation of the front of a job."""

    confirmation: "FrontConfirmation"
    spec: JobSpec

    @property
    def lines(self) -> list[str]:
        """What people read of it, the verdict last."""
        from .front_confirmation import front_lines, tell_front

        return [*front_lines(self.confirmation, self.spec), tell_front(self.confirmation)]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return self.confirmation.to_json(self.spec)


def confirm_front(store: Store, result: "SearchResult", wanted: Wanted) -> ConfirmedFront:
    """Train all configurations of the front and what they are compared with, score them on the
    test split, and record it. Finished trainings are kept.

    Raises:
        Conflict: It would be another reading than the plan agrees to.
        NotFoundError: The job was deleted.
        UserError: There is no front, or there are no test rows.
    """
    job, spec = result.job, result.job.spec
    with at_work(store, job, "confirm", wanted.device):
        from peftsearch.search.recipe_trials import probe
        from peftsearch.spaces.space.presets import make_space
        from peftsearch.workers.processes.built_in import check_built_in
        from peftsearch.workers.processes.same_rows import check_rows
        from peftsearch.workers.training.trial_runner import TrialRunner

        from .confirm_front import FrontConfirmer

        check_built_in(spec)
        members = tuple(x.configuration for x in result.members)
        base, runner = probe(make_space(spec)), TrialRunner.open(spec, wanted.device)
        check_rows(store, job, runner.data.fingerprint)
        check_enough(len(runner.split("test").texts))
        confirmer = FrontConfirmer(
            store, job, runner, wanted.report, wanted.plan, members=members, probe=base
        )
        left = max(confirmer.total - confirmer.count_kept(), 0)
        confirmer.pending = Pending.of(spec, result.trials, left)
        wanted.report(tell_forecast(confirmer.pending, confirmer.total))
        given = result.trials, result.preparation, wanted.plan, *confirmer.foresee_reading(members)
        for line in tell_widths([foresee_width(spec, x, *given) for x in members], spec):
            wanted.report(line)
        confirmed = ConfirmedFront(confirmer.confirm_front(), spec)
        store.save_report(job.id, FRONT, confirmed.to_json())
    return confirmed
