"""What a person should know of the groups of which the worst is measured."""

from collections import Counter
from collections.abc import Iterable, Mapping

from peftsearch.message_text import plural, show
from peftsearch.spaces.jobspec.spec import JobSpec

from .row_groups import Told, keep_tellable, part_rows
from .task_data import TaskData

_MOST_NAMED = 10


def note_groups(spec: JobSpec, data: TaskData) -> tuple[str, ...]:
    """Which groups of validation rows count for the worst of them and which do not, with their
    rows: a line for each fold; none where nothing asks for groups."""
    if spec.objectives.by is None:
        return ()
    folds = data.folds
    named = [f" of fold {i}" if len(folds) > 1 else "" for i in range(1, len(folds) + 1)]
    return tuple(_tell(spec, x, fold) for x, fold in zip(folds, named, strict=True))


def _tell(spec: JobSpec, data: TaskData, fold: str) -> str:
    wanted, rows = spec.objectives, data.validation
    counts = Counter(rows.by)
    large = part_rows(str(wanted.by), rows.by, wanted.by_rows)
    told = large
    if "worst_group" in spec.of_trained:
        told = keep_tellable(large, rows.labels, Told.of(spec.task, data.label_names))
    one = f"rows of one class, of which {spec.task.quality} tells nothing (worst_group alone)"
    reasons = {
        f"fewer than {wanted.by_rows} rows (objectives.by_rows)": counts.keys() - large.keys(),
        one: large.keys() - told.keys(),
    }
    left = [f"{reason}: {_name(names, counts)}" for reason, names in reasons.items() if names]
    begin = f"{len(told)} of {plural(len(counts), 'group')} by {show(wanted.by)} count"
    out = f"; left out, {'; '.join(left)}" if left else ""
    return f"{begin}, by their validation rows{fold}: {_name(told, counts)}{out}"


def _name(names: Iterable[str], counts: Mapping[str, int]) -> str:
    """`'long' 120, 'short' 45`, the largest first."""
    ranked = sorted(names, key=lambda x: (-counts[x], x))
    more = len(ranked) - _MOST_NAMED
    told = ", ".join(f"{show(x)} {counts[x]}" for x in ranked[:_MOST_NAMED])
    return f"{told} and {more} more" if more > 0 else told
