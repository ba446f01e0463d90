"""The table of techniques as people and programs read it: `peftsearch techniques`, the docs."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from peftsearch.spaces.families.family import FAMILIES

from .coverage import families_of
from .table import Technique, providers


@dataclass(frozen=True)
class TechniqueRow:
    """One technique.

    Attributes:
        families: Model families that can carry it.
        group: What it trains, by which charts colour it.
        dropout: Whether it has one.
        package: That adds it, with its version; empty for our own.
        exports_as: `peft`, or else `adapter` (for `peftsearch.load_adapter`), and as what row
            `peft` takes it where it is asked for.
        on_server: What a server must hold beside the frozen model and the head: `nothing`,
            `merged weights` or `adapter`.
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
    on_server: str
    source: str
    group: str
    dropout: bool
    package: str

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


def rows(techniques: Iterable[Technique]) -> list[TechniqueRow]:
    """What is shown of techniques, in their order."""
    techniques = list(techniques)
    packages = providers(row.name for row in techniques)
    return [_row(row, packages.get(row.name, "")) for row in techniques]


def _row(technique: Technique, package: str) -> TechniqueRow:
    return TechniqueRow(
        name=technique.name,
        summary=technique.summary,
        formula=technique.formula,
        status=technique.status,
        capacity_name=technique.capacity_name if technique.capacities else "",
        capacities=technique.capacities,
        rate=technique.rate,
        families=families_of(technique),
        merges=technique.merges,
        exports_as=_exports_as(technique),
        on_server=technique.on_server,
        source=technique.source,
        group=technique.group,
        dropout=technique.dropout is not None,
        package=package,
    )


def _exports_as(technique: Technique) -> str:
    if technique.exports:
        return "peft"
    return f"adapter, or peft as {technique.peft_as}" if technique.peft_as else "adapter"
