"""A trial from its proposal to its measurements."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, TypeGuard

from peftsearch.spaces.configurations.configuration import Configuration

TRAINING_LOSS = "training_loss"
"""Name of the measurements that are a trial's learning curve."""


class TrialState(StrEnum):
    """Life cycle of a trial.

    ::

        QUEUED -> RUNNING -> COMPLETED
          ^         |   `--> FAILED
          `---------'  lease ran out, or the worker gave the trial back

    COMPLETED and FAILED are final. Each claim raises `attempt`; only the current attempt may end
    the trial, so that each trial is recorded exactly once.
    """

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class FailureKind(StrEnum):
    """Why a trial failed; none of them ends the job."""

    OUT_OF_MEMORY = "out_of_memory"
    NON_FINITE_LOSS = "non_finite_loss"
    COLLAPSED = "collapsed"
    TIMEOUT = "timeout"
    DATA = "data"
    LOST_WORKER = "lost_worker"
    BUG = "bug"


QUALITY_ERROR = "quality_error"
"""Entry of a trial's provenance: the standard error of a quality that is no share of rows."""

GAIN_ERRORS = "gain_errors"
"""Entry of a trial's provenance: by the names of floors that answered the same rows, the standard
error of the difference between its quality and theirs."""

MEASURES = "measures"
"""Entry of a trial's provenance: by the names of what was measured of the trained model itself,
its standard error as `error`, None where unknown, and what else its measure told."""

ENCODER = "encoder"
"""Entry of a trial's provenance whose prompts an encoder beside the model makes from each text:
its `path` as the job names it, the `sha256` of its weights, and its files."""

FILES = "files"
"""Entry of the model, and of the encoder, in a provenance: SHA-256 of each file of weights by its
name. Their `sha256` is one fingerprint of all of them."""

FILES_BESIDE = "files_beside"
"""Entry of the model, and of the encoder, in a provenance: SHA-256 of each file that says
how its weights are read, its configuration and its tokenizer among them, by its name."""

DATA_FILES = "data_files"
"""Entry of a trial's provenance: SHA-256 of the files that its rows were read from, by the key of
the task that names each, `train` or `validation`; of folders and hub ids there is none."""

PROPOSED = "proposed"
"""Entry of a trial's provenance with its `Reasons`; what its training adds leaves it there."""

_VALIDATION_ROWS = "validation_rows"
_READ = (PROPOSED, _VALIDATION_ROWS, QUALITY_ERROR, GAIN_ERRORS)
"""Entries of a provenance that properties of its trial say."""


@dataclass(frozen=True)
class Reasons:
    """What the model knew and hoped when it proposed a configuration.

    Attributes:
        expected_gain: Expected rise of the front's hypervolume, as a share of what it was.
        known: Number of configurations that had a result.
        nearest: Keys of the known configurations that look most alike, the nearest first.
    """

    expected_gain: float
    known: int
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Proposal:
    """What search returns: a configuration to train with a seed.

    Attributes:
        reasons: Of what the model proposed; None of all else.
        origin: Who proposed it: probe, try, earlier, learnt, recipe, sobol, search, repeat,
            random, tpe, nsga2, or a sampler of another package.
        fidelity: Share of the full training, 1.0 is all of it.
    """

    configuration: Configuration
    seed: int
    origin: str
    fidelity: float = 1.0
    reasons: Reasons | None = None


@dataclass(frozen=True)
class Trial:
    """One proposal being evaluated. Times are of the database's clock.

    Attributes:
        number: Counts the job's trials from 0 in the order of proposal.
        measurements: Objective name to value; known costs from the start, the rest when completed.
        adapter: Its folder, relative to that of the jobs' files, or a URL; None of none.
        adapter_sha256: Hash of the file of its tensors; None of trials that older versions ran.
        running_seconds: From the last claim to the end; None until ended.
        event: The job's event at its end; None until ended.
        claimed: When it was last claimed, in seconds since the epoch; None if it never was.
        ended: When it ended, in seconds since the epoch; None until then.
        lease_seconds: What was left of a running trial's lease when it was read, negative once it
            ran out; None unless it runs. Two readings of one trial are equal all the same.
    """

    id: int
    job_id: int
    number: int
    configuration: Configuration
    seed: int
    origin: str
    fidelity: float
    state: TrialState
    attempt: int
    worker: str | None = None
    measurements: Mapping[str, float] = field(default_factory=dict)
    failure: FailureKind | None = None
    message: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    adapter: str | None = None
    adapter_sha256: str | None = None
    running_seconds: float | None = None
    event: int | None = None
    claimed: float | None = None
    ended: float | None = None
    lease_seconds: float | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """Canonical key of its configuration."""
        return self.configuration.key

    @property
    def reasons(self) -> Reasons | None:
        """Why the model proposed it; None of what it did not, or an older version did."""
        said: Any = self.provenance.get(PROPOSED)
        # A user's own training function writes what it likes, and a newer version more than this.
        try:
            gain, known, nearest = (said[x.name] for x in fields(Reasons))
            return Reasons(float(gain), int(known), tuple(map(str, nearest)))
        except (LookupError, TypeError, ValueError, OverflowError):
            return None

    @property
    def validation_rows(self) -> int | None:
        """Rows that its quality was measured on; None where unknown."""
        rows = self.provenance.get(_VALIDATION_ROWS)
        # A user's own training function writes what it likes.
        return rows if isinstance(rows, int) and rows > 0 else None

    @property
    def quality_error(self) -> float | None:
        """Standard error of its quality by the rows, where it was measured: of what is no share of
        right rows; None where a formula tells it, or nothing does."""
        error = self.provenance.get(QUALITY_ERROR)
        return error if _is_error(error) else None

    @property
    def gain_errors(self) -> Mapping[str, float]:
        """Standard error of the difference between its quality and a floor's, by the floor's name,
        where both answered the same rows."""
        said = self.provenance.get(GAIN_ERRORS)
        said = said if isinstance(said, Mapping) else {}
        return {name: error for name, error in said.items() if _is_error(error)}


def without_circumstances(trial: Trial) -> Trial:
    """The trial without what its provenance says of versions, files and machines, which is most
    of what a process holds of a trial. Its properties are the same."""
    kept = {name: trial.provenance[name] for name in _READ if name in trial.provenance}
    return replace(trial, provenance=kept)


def _is_error(said: object) -> TypeGuard[float]:
    return isinstance(said, float) and 0 < said < math.inf


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far a trial is and what it keeps: all that files are compared with.

    Attributes:
        adapter: As of `Trial`, `adapter_sha256` too.
    """

    id: int
    number: int
    state: TrialState
    attempt: int
    adapter: str | None
    adapter_sha256: str | None


@dataclass(frozen=True)
class Measurement:
    """One number of the trial with number `trial`, at one fidelity.

    At the trial's own fidelity it is an objective. `TRAINING_LOSS` at smaller ones is the learning
    curve: the mean loss of the training around that share of the full training.
    """

    trial: int
    name: str
    fidelity: float
    value: float
