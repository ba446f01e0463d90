"""Files that are not what the trial's worker saved are refused by name."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.records.trial import PROPOSED, Trial, TrialState
from peftsearch.workers.files.adapter_files import save_adapter
from peftsearch.workers.files.ownership import check_adapter
from tests.storage.examples import make_configuration


def _save(folder: Path, index: int, seed: int = 1) -> Trial:
    """A trial as its worker leaves it."""
    configuration, provenance = make_configuration(index), {"seed": seed}
    tensors = {"x": torch.full((8,), float(index))}
    return Trial(
        id=1,
        job_id=1,
        number=index,
        configuration=configuration,
        seed=seed,
        origin="search",
        fidelity=1.0,
        state=TrialState.COMPLETED,
        attempt=1,
        provenance=provenance,
        adapter_sha256=save_adapter(folder, configuration, tensors, provenance),
    )


def _flip(folder: Path) -> None:
    """One bit, as a disk may."""
    path = folder / "adapter.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _swap_tensors(folder: Path) -> None:
    _save(folder.parent / "other", 4)
    shutil.copy(folder.parent / "other" / "adapter.safetensors", folder)


def _swap_all(folder: Path) -> None:
    _save(folder, 4)


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "bit": (_flip, "adapter.safetensors with [0-9a-f]{12}; it was damaged or replaced"),
    "tensors": (_swap_tensors, "adapter.safetensors with [0-9a-f]{12}; it was damaged"),
    "folder": (_swap_all, "adapter.safetensors with [0-9a-f]{12}; it was damaged or replaced"),
    "gone": (shutil.rmtree, "adapter.safetensors: No such file"),
    "words": (lambda x: (x / "configuration.json").write_text("{}"), "configuration.json of an"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_not_the_trial_s_own_is_refused(
    tmp_path: Path, change: Callable[[Path], object], said: str
) -> None:
    folder = tmp_path / "adapter"
    trial = _save(folder, 3)
    check_adapter(folder, trial)
    change(folder)
    with pytest.raises(UserError, match=f"the adapter of trial 3.*{said}") as caught:
        check_adapter(folder, trial)
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_a_trial_from_before_hashes_is_known_by_what_its_folder_says(tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    trial = replace(_save(folder, 3), adapter_sha256=None)
    check_adapter(folder, trial)
    for index, seed in ((4, 1), (3, 2)):  # another configuration, and another seed of the same
        _save(folder, index, seed)
        with pytest.raises(UserError, match="configuration.json of another one"):
            check_adapter(folder, trial)


def test_why_a_trial_was_proposed_is_not_asked_of_its_files(tmp_path: Path) -> None:
    trial = _save(tmp_path, 3)
    reasons = {PROPOSED: {"expected_gain": 0.1, "known": 3, "nearest": []}}
    check_adapter(tmp_path, replace(trial, provenance={**trial.provenance, **reasons}))


def test_what_a_training_wrote_in_its_place_is_not_compared_either(tmp_path: Path) -> None:
    trial, tensors = _save(tmp_path, 3), {"x": torch.full((8,), 3.0)}
    own = {**trial.provenance, PROPOSED: "by hand"}
    written = save_adapter(tmp_path, trial.configuration, tensors, own)
    told = {**trial.provenance, PROPOSED: {"expected_gain": 0.1, "known": 3, "nearest": []}}
    for provenance in (own, told):
        check_adapter(tmp_path, replace(trial, provenance=provenance, adapter_sha256=written))
