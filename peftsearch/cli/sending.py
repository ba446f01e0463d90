"""Where an export goes: what is wrong with that is told before anything is loaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from peftsearch.errors import UserError
from peftsearch.results.exports.places import check_free

if TYPE_CHECKING:
    from peftsearch.results.exports.pushing import Target


@dataclass(frozen=True)
class Sending:
    """Whether an export goes to a repository of the hub, and who may see it there.

    Attributes:
        repo: None sends nothing.
    """

    repo: str | None = None
    private: bool = False

    def check(self, out: Path | None) -> None:
        """Refuse what cannot be done whatever the job is.

        Raises:
            UserError: Nothing is to be done at all, or the folder holds something.
        """
        if self.repo is None and out is None:
            raise UserError("a folder by --out or a repository by --push", "neither", "name one")
        if self.repo is None and self.private:
            raise UserError(
                "--private with --push", "it alone", "name the repository, or leave it"
            )
        if out is not None:
            check_free(out)

    def find_target(self) -> "Target | None":
        """The repository, which was looked at; None where nothing is to be sent.

        Raises:
            PushFailed: The hub is away.
            UserError: It cannot be written.
        """
        if self.repo is None:
            return None
        from peftsearch.results.exports.pushing import check_target

        return check_target(self.repo, self.private)
