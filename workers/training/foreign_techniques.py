"""Techniques of other packages: what they claim is held against what they do."""

from collections.abc import Mapping
from typing import Any

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.techniques.table import providers

PACKAGES = "packages"
"""Key of a trial's provenance: package and version by technique; absent where all are ours."""


def check_size(configuration: Configuration, anatomy: Anatomy, size: int) -> None:
    """Whether a configuration trains as many numbers as its packages say, which are its costs.

    Args:
        size: Trained numbers of what was attached, the head excluded.

    Raises:
        UserError: It trains others.
    """
    foreign = providers(configuration.techniques)
    if foreign and size != (claimed := trainable_parameters(configuration, anatomy)):
        raise UserError(
            f"{claimed:,} trained numbers, as {tell(foreign)} says",
            f"{size:,} in what it built",
            "mend the count of its row, or leave it out of the space",
        )


def name_packages(configuration: Configuration) -> dict[str, Any]:
    """What a trial's provenance says of packages."""
    foreign = providers(configuration.techniques)
    return {PACKAGES: foreign} if foreign else {}


def check_same(configuration: Configuration, provenance: Mapping[str, Any]) -> None:
    """Whether a trial's techniques are still those that trained it.

    Raises:
        UserError: Another version of a package is installed.
    """
    trained = provenance.get(PACKAGES)
    if trained is not None and trained != (now := providers(configuration.techniques)):
        raise UserError(
            f"{tell(trained)}, which trained it",
            tell(now) or "none of another package",
            "install that version, or train it again by a new job",
        )


def tell(packages: Mapping[str, str]) -> str:
    """`vshift of stranger 0.1`."""
    return " and ".join(f"{name} of {package}" for name, package in sorted(packages.items()))
