"""Dropout of adapters: which techniques of a space have one, so that none is ignored unsaid."""

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.techniques.table import technique

from .space import Space


def check_dropout(spec: JobSpec, space: Space) -> None:
    """Refuse dropout where no technique of the space, and none that is tried, has one.

    Raises:
        UserError: It is so.
    """
    with_it, without = _part(space)
    tried = any(x.drops_out for x in spec.try_configurations)
    if asks(spec) and not with_it and not tried:
        expected, hint = "techniques with dropout", "remove training.dropout, or name others"
        raise UserError(expected, ", ".join(without) or "none", hint, "training.dropout")


def note_dropout(spec: JobSpec, space: Space) -> tuple[str, ...]:
    """A note that names the techniques of a space that are trained without the dropout that the
    job has; none where all have one, or the job none."""
    _, without = _part(space)
    if not asks(spec) or not without:
        return ()
    return (f"training.dropout acts in techniques that have one: not in {', '.join(without)}",)


def asks(spec: JobSpec) -> bool:
    """Whether any trial of a job may have dropout."""
    return any(regime.dropout for regime in spec.training.regimes())


def _part(space: Space) -> tuple[list[str], list[str]]:
    """Techniques of a space that adapt something, those with dropout first."""
    rows = [row for row in map(technique, space.techniques) if row.adapts or row.input is not None]
    return [x.name for x in rows if x.dropout], [x.name for x in rows if not x.dropout]
