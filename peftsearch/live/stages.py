"""What the workers of a job do while nothing ends, in words."""

from peftsearch.jobs.time_left import Steps
from peftsearch.records.preparation import Preparation
from peftsearch.records.worker import AWAITING_STORE
from peftsearch.results.wording import count, duration, plural
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.engines.engine import Crew, Engine, Member


def tell_stage(crew: Crew, spec: JobSpec, preparation: Preparation | None, seconds: float) -> str:
    """What goes on: a training, or what comes before the first.

    Args:
        preparation: The job's; None until it stands.
        seconds: Since the workers were started.
    """
    since = f"({duration(seconds)} so far)"
    if trials := [_trial(child) for child in crew.children if child.trial]:
        return f"training: {', '.join(trials)} ... {since}"
    if not crew.children:
        return f"no worker is left {since}"
    if not any(child.loaded for child in crew.children):
        return f"loading the model and the data in the workers ... {since}"
    if preparation is not None:
        return f"choosing the first configurations ... {since}"
    return f"preparing: {_measured(spec)}{_steps(crew)} ... {since}"


def tell_stopping(engine: Engine, seconds: float) -> str:
    """What an interrupted engine waits for, and that nobody needs to.

    Args:
        seconds: That it waits at most.
    """
    living = engine.living
    held = [_trial(child) for child in living if child.trial]
    workers = plural(len(living), "worker")
    given = f"{workers} ({', '.join(held)})" if held else workers
    return (
        f"stopping: waiting for {given} to give back what runs, at most {duration(seconds)}; "
        "Ctrl-C again ends at once, and it is queued again either way"
    )


def _steps(crew: Crew) -> str:
    """`, step 3 of 127` of the one worker that prepares; nothing before its first."""
    done, total = max(child.batches for child in crew.children)
    if not done:
        return ""
    return f", step {count(done)} of {count(total)}" if total else f", step {count(done)}"


def _trial(child: Member) -> str:
    return f"trial {child.number}{tell_batches(child.progress)}"


def tell_batches(steps: Steps) -> str:
    """` batch 40 of 250`, trained or scored; without them while a trial prepares or measures, and
    with what it waits for."""
    done, total = steps
    if steps == AWAITING_STORE:
        return " (waits for the artefact store)"
    return f" batch {done} of {total}" if total else ""


def _measured(spec: JobSpec) -> str:
    """What the preparation of the job's kind reads, and what it is for."""
    rows = f"{count(spec.task.train_rows)} " if spec.task.train_rows else ""
    if find_kind(spec.task.kind).form.fresh_head:
        return f"frozen features of {rows}training rows, for the floors and the head"
    floors = find_kind(spec.task.kind).load_work().foresee_baselines(spec.task)
    return f"the floors, {' and '.join(floors)}"
