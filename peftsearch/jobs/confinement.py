"""Keeping what a job spec names within given folders, before anything of it is read.

Over a network a spec may be written by someone who has no account on this machine. Such a spec may
name files under the service's data roots, `demo:NAME`, `package:NAME` and hub ids, and nothing
else: no other folder, no URL. What is refused is told the same way whether it exists or not.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from peftsearch.errors import UserError
from peftsearch.message_text import show
from peftsearch.samples.fetch import PREFIX
from peftsearch.spaces.jobspec.spec import JobSpec

_PACKAGE = re.compile(r"package:[A-Za-z0-9]++([_.-]++[A-Za-z0-9]++)*+")
_SUBSET = re.compile(r"[\w.-]++", re.ASCII)


@dataclass(frozen=True)
class Confinement:
    """Where the paths of a spec may lead.

    Attributes:
        roots: Folders, at least one.
    """

    roots: Sequence[Path]

    def check(self, spec: JobSpec, folder: Path) -> None:
        """Refuse a spec that names anything outside.

        Args:
            folder: Where relative paths begin.

        Raises:
            UserError: Says which key.
        """
        self._check_value("model.path", spec.model.path, folder, packages=True)
        if spec.model.encoder is not None:
            self._check_value("model.encoder", spec.model.encoder, folder, packages=True)
        for name in ("train", "validation", "test"):
            value = getattr(spec.task, name)
            if value is not None:
                self._check_value(f"task.{name}", value, folder, packages=False)
        if isinstance(listed := spec.space.configurations, str) and not self._holds(
            listed, folder
        ):
            self._refuse("space.configurations", listed)
        reference = spec.objectives.reference
        if reference is not None and not self._holds(reference, folder):
            self._refuse("objectives.reference", reference)
        if spec.artefacts is not None:
            expected, hint = "a job without artefacts, which this service chooses", "leave it out"
            raise UserError(expected, repr(spec.artefacts), hint, "artefacts")
        if spec.task.subset is not None and not _SUBSET.fullmatch(spec.task.subset):
            got = repr(spec.task.subset)
            raise UserError("the name of a subset", got, "correct it", "task.subset")

    def _check_value(self, where: str, value: str, folder: Path, packages: bool) -> None:
        allowed = value.startswith(PREFIX) or (packages and _PACKAGE.fullmatch(value))
        if allowed:
            return
        if not self._holds(value, folder):
            self._refuse(where, value, f", a name that begins with {PREFIX}, or a hub id")
        self._check_links(where, folder / value)

    def _check_links(self, where: str, folder: Path) -> None:
        """Readers follow the links in a folder, which whoever packed it may have set."""
        todo, seen = [folder.resolve()], set[Path]()
        while todo:
            here = todo.pop()
            seen.add(here)
            for link in _links(here):
                if not self._leads_within(link):
                    got = f"{show(link.name)} in {show(here)}, which leads elsewhere"
                    hint = "put a copy in its place"
                    expected = "links that stay within the service's data folders"
                    raise UserError(expected, got, hint, where)
                if (real := link.resolve()).is_dir() and real not in seen:
                    todo.append(real)

    def _leads_within(self, link: Path) -> bool:
        try:
            return self._within(link)
        except (OSError, RuntimeError):  # a loop
            return False

    def _refuse(self, where: str, value: str, others: str = "") -> NoReturn:
        raise UserError(
            f"a path within the service's data folders{others}",
            repr(value),
            "name a file or folder there; whoever runs the service says which they are",
            where,
        )

    def _holds(self, value: str, folder: Path) -> bool:
        if not value or "\\" in value or ":" in value or not value.isprintable():
            return False
        if value.startswith("~"):
            return False
        try:
            here, elsewhere = folder / value, Path.cwd() / value
            # What is not there may be a hub id, which readers look for where they work first.
            free = _is_there(here) or self._within(elsewhere) or not _is_there(elsewhere)
            return self._within(here) and free
        except (OSError, ValueError, RuntimeError):  # too long, or a loop of links
            return False

    def _within(self, path: Path) -> bool:
        real = path.resolve()
        return any(real.is_relative_to(root.resolve()) for root in self.roots)


def _links(folder: Path) -> Iterator[Path]:
    """All links below a folder, those of folders not followed."""
    for place, folders, files in os.walk(folder):
        paths = (Path(place, name) for name in (*folders, *files))
        yield from (path for path in paths if path.is_symlink())


def _is_there(path: Path) -> bool:
    return path.is_symlink() or path.exists()
