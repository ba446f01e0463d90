"""The table of techniques as people and programs read it: `peftsearch techniques`, the docs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from peftsearch.spaces.families.family import FAMILIES

from .coverage import families_of
from .table import TECHNIQUES, Technique


@dataclass(frozen=True)
class Row:
    """One technique.

    Attributes:
        families: Model families that can carry it.
        exports_as: `peft`, or else `adapter` (for `peftsearch.load_adapter`).
    """

    name: str
    summary: str
    formula: str
    status: str
    capacity_name: str
    capacities: tuple[int, ...]
    rate: float
    families: tuple[str, ...]
    merges: bool
    exports_as: str
    source: str

    @property
    def families_text(self) -> str:
        """`all`, `all but X, Y`, or the names."""
        lacking = [name for name in FAMILIES if name not in self.families]
        if not lacking:
            return "all"
        if len(lacking) < len(self.families):
            return f"all but {', '.join(lacking)}"
        return ", ".join(self.families)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def rows() -> Sequence[Row]:
    """The whole table, core techniques first."""
    return [_row(technique) for technique in TECHNIQUES.values()]


def _row(technique: Technique) -> Row:
    return Row(
        name=technique.name,
        summary=technique.summary,
        formula=technique.formula,
        status=technique.status,
        capacity_name=technique.capacity_name if technique.capacities else "",
        capacities=technique.capacities,
        rate=technique.rate,
        families=families_of(technique),
        merges=technique.merges,
        exports_as="peft" if technique.exports else "adapter",
        source=technique.source,
    )
