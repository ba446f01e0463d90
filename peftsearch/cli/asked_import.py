"""What the options of `import` ask."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """How a folder of adapters is to be imported, by the names of the options.

    Attributes:
        measured: A file of measurements; None for the one beside the adapters.
    """

    measured: Path | None = None
    score: bool = False
    leave_out: bool = False
    dry_run: bool = False
    device: str = "auto"

    @property
    def options(self) -> list[str]:
        """Those that were given and mean nothing for a file."""
        given = {
            "--measured": self.measured,
            "--score": self.score,
            "--leave-out": self.leave_out,
            "--dry-run": self.dry_run,
        }
        return [name for name, value in given.items() if value]
