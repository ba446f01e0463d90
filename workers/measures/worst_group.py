"""The quality of the group of validation rows that fares worst."""

import numpy as np
from numpy.typing import NDArray

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.objectives import Objective, objective
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.data.row_groups import Members, part_rows
from peftsearch.workers.preparation.evaluation import Evaluation, standard_error
from peftsearch.workers.training.metrics import measure as measure_metric
from peftsearch.workers.training.trained import Measured, Trained


def measure(trained: Trained) -> Measured:
    """Of the job's quality, with the error that this group's rows leave it. The worst of many is
    partly chance: compare it among configurations, which all have the same rows.

    Raises:
        UserError: No two groups have rows enough, or of enough classes.
    """
    job = trained.job
    task, found = job.spec.task, trained.outcome
    groups = _tellable(trained, part_groups(trained))
    values = {
        name: measure_metric(
            task.quality,
            task.kind,
            found.predictions[rows],
            found.references[rows],
            job.classes,
            job.positive,
        )
        for name, rows in groups.items()
    }
    worst = min(values, key=lambda name: (values[name], name))
    rows = groups[worst]
    alone = Evaluation(
        {task.quality: values[worst]}, found.predictions[rows], found.references[rows]
    )
    return tell(worst, values[worst], standard_error(job, alone), groups)


def part_groups(trained: Trained) -> Members:
    """Validation rows by `objectives.by`."""
    wanted = trained.job.spec.objectives
    return part_rows(str(wanted.by), trained.job.data.validation.by, wanted.by_rows)


def tell(worst: str, value: float, error: float, groups: Members) -> Measured:
    """With the name of the group."""
    told = {"group": worst, "rows": len(groups[worst]), "groups": len(groups)}
    return Measured(value, error, told)


def _tellable(trained: Trained, groups: Members) -> Members:
    """Those that can have a value: of what compares classes, groups that have the class that it
    is of and another. Else a group of one class would have 0, or chance, whatever the model does.
    """
    job, goal = trained.job, objective(trained.job.spec.task.quality)
    if not find_kind(job.spec.task.kind).classes or goal.share or goal.graded:
        return groups
    found = {k: x for k, x in groups.items() if _has_classes(trained, goal, x)}
    if len(found) < 2:
        expected = f"two groups with rows of several classes, for {goal.name} of the worst"
        hint = "name another column, or set task.metric = 'accuracy'"
        raise UserError(expected, f"{len(found)}", hint, "objectives.by")
    return found


def _has_classes(trained: Trained, goal: Objective, rows: NDArray[np.int64]) -> bool:
    references, job = trained.outcome.references[rows], trained.job
    one = 1 if job.classes == 2 and job.positive is None else job.positive
    present = np.unique(references)
    named = not goal.of_class or one is None or one in present
    return bool(named and len(present) > 1)
