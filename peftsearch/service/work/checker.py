"""Full checks of job specs, each in a child process with a time limit."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.local_devices import EVERYWHERE
from peftsearch.records.preparation import Preparation
from peftsearch.service.guard.bodies import check_plain
from peftsearch.service.settings import Settings
from peftsearch.spaces.jobspec.mistakes import Mistake, WrongSpec
from peftsearch.spaces.jobspec.spec import JobSpec, find_mistakes, parse_spec

from .asking import Asker, NoAnswer
from .children import reader_environment

SECONDS = 300.0
"""Samples and models may be fetched within it."""
AT_ONCE = 2
WAITING = 4
PROGRAM = (sys.executable, "-m", "peftsearch.service.work.checking")


@dataclass(frozen=True)
class Complete:
    """A spec that a job can be made of.

    Attributes:
        notes: What a person should know about the data.
        configurations: Size of the space without the learning rate.
        data: Rows and classes of its splits.
    """

    spec: JobSpec
    notes: list[str]
    configurations: int
    data: Any


class Checker:
    """Checks of specs; for all threads.

    Args:
        program: What checks.
        seconds: Time limit of one check.
    """

    def __init__(
        self, settings: Settings, program: Sequence[str] = PROGRAM, seconds: float = SECONDS
    ) -> None:
        self._settings = settings
        busy = "Too many specs are being checked; try again in a while."
        self._asker = Asker(program, seconds, AT_ONCE, WAITING, busy)

    @property
    def folder(self) -> Path:
        """Where relative paths of specs begin."""
        roots = self._settings.data_roots
        return roots[0] if roots else Path.cwd()

    @property
    def places(self) -> int:
        """How many more checks may come."""
        return self._asker.places

    def check_quickly(self, data: Mapping[str, Any]) -> None:
        """Look at a spec by itself alone.

        Raises:
            WrongSpec: With all its mistakes.
        """
        self._check_plain(data)
        if mistakes := find_mistakes(data):
            raise WrongSpec(mistakes)

    def check(self, data: Mapping[str, Any]) -> Complete:
        """Look at a spec, its model, its data and its space; waits for it.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many checks run.
            WrongSpec: With all mistakes that can be known at once.
        """
        self._check_plain(data)
        answer = self._answer_within({"spec": data})
        spec = parse_spec(answer["spec"])
        return Complete(spec, answer["notes"], answer["configurations"], answer["data"])

    def _check_plain(self, data: Mapping[str, Any]) -> None:
        try:
            check_plain(data)
        except UserError as error:
            raise WrongSpec([Mistake.of(error)]) from error

    def list_columns(
        self, source: str, subset: str | None = None, whole: bool = False
    ) -> list[str]:
        """Names of the columns of a source of data; waits for it.

        Args:
            whole: Whether all of its rows are read too.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many checks run.
            WrongSpec: It is missing, malformed, or outside of the data folders.
        """
        request = {"source": source, "subset": subset, "whole": whole}
        self._check_plain(request)
        columns: list[str] = self._answer_within(request)["columns"]
        return columns

    def forecast(self, spec: JobSpec, workers: int, taught: Preparation) -> dict[str, Any]:
        """What a spec that was checked would come to; waits for it.

        Args:
            taught: What earlier jobs teach it. The program itself reads no database.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many checks run.
            WrongSpec: Nothing of it can be trained here.
        """
        request = {"spec": spec.to_json(), "workers": workers, "taught": taught.to_json()}
        return self._answer(request, self.folder)

    def check_device(self, device: str) -> None:
        """Before a job is made that no worker of this machine could take up; waits for it.

        Raises:
            Conflict: The service ends.
            HTTPException: 429, where too many checks run.
            WrongSpec: No such device on this machine.
        """
        if device not in EVERYWHERE:
            self._answer({"device": device}, Path.cwd())

    def _answer_within(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The same of what names files, with the folders in which they may lie."""
        roots = self._settings.data_roots
        names = None if roots is None else [str(x) for x in roots]
        return self._answer({**request, "folder": str(self.folder), "roots": names}, self.folder)

    def _answer(self, request: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """What the program answers to a request without mistakes."""
        try:
            answer = self._asker.ask(request, folder, reader_environment(self._settings))
        except NoAnswer as error:
            expected = "a spec that can be checked"
            raise WrongSpec([Mistake("", expected, error.got, error.hint)]) from error
        if "mistakes" in answer:
            raise WrongSpec([Mistake(**x) for x in answer["mistakes"]])
        return answer

    def close(self) -> None:
        """End the checks that run."""
        self._asker.close()
