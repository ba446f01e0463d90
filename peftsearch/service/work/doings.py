"""What a worker does that holds no trial, in words."""

from peftsearch.records.job import JobState
from peftsearch.records.signs import Signs
from peftsearch.records.worker import Worker
from peftsearch.results.wording import count


def tell_doing(worker: Worker, signs: Signs) -> str:
    """What it is at, by the marks of its job.

    Nothing is proposed before the preparation stands, whose maker holds the suggestion lease; a
    job of an earlier version has trials and none.
    """
    if worker.command is not None:
        return f"runs {worker.command}"
    if signs.state is not JobState.RUNNING:
        return "leaves, for its job has ended"
    proposes = signs.proposer == worker.name
    if not signs.prepared and not signs.trials:
        made = f"prepares: measures what needs no adapter{_tell_steps(worker)}"
        return made if proposes else "waits for the preparation"
    return "chooses configurations" if proposes else "waits for a trial"


def _tell_steps(worker: Worker) -> str:
    """`, step 3 of 127`, as a terminal has it; nothing before the first."""
    if not worker.steps_done:
        return ""
    of = f" of {count(worker.steps_total)}" if worker.steps_total else ""
    return f", step {count(worker.steps_done)}{of}"
