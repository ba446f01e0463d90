"""Trials that were really trained, as a worker leaves them."""

from pathlib import Path

from peftsearch.records.trial import Trial, TrialState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.workers.files.adapter_files import save_adapter
from peftsearch.workers.training.trial_runner import TrialRunner


def train(runner: TrialRunner, configuration: Configuration, folder: Path) -> Trial:
    """The completed trial number 4, of seed 7; its adapter is saved in `folder`."""
    outcome = runner.evaluate(configuration, 7)
    sha256 = save_adapter(folder, configuration, outcome.tensors, outcome.provenance)
    return Trial(
        id=1,
        job_id=1,
        number=4,
        configuration=configuration,
        seed=7,
        origin="search",
        fidelity=1.0,
        state=TrialState.COMPLETED,
        attempt=1,
        measurements=outcome.measurements,
        provenance=outcome.provenance,
        adapter_sha256=sha256,
    )


def put_beside(export: Path, folder: Path, *names: str) -> Path:
    """The job file of an export, beside which lies what it names, as its card asks for."""
    for name in names:
        (export / name).symlink_to(folder / name)
    return export / "job.toml"
