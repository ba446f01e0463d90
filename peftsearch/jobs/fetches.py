"""What a job would fetch before anything else, told before it does."""

from peftsearch.samples.fetch import foresee_fetch
from peftsearch.spaces.jobspec.spec import JobSpec


def foresee_fetches(spec: JobSpec) -> tuple[str, ...]:
    """A line with the size for each sample that it names and that is not on this machine yet; what
    a hub id would fetch only its hub knows."""
    model, task = spec.model, spec.task
    named = (model.path, model.encoder, task.train, task.validation, task.test)
    found = dict.fromkeys(foresee_fetch(x) for x in named if x is not None)
    return tuple(f"to be fetched first: {what}" for what in found if what is not None)
