"""The quality of the group of validation rows that fares worst."""

from peftsearch.workers.data.row_groups import Members, Told, keep_tellable, part_rows
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
    told = Told.of(task, job.data.label_names)
    groups = keep_tellable(part_groups(trained), found.references, told)
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
