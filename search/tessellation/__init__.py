"""Random tessellation forests: trees of oblique cuts, drawn by sequential Monte Carlo.

A tree is a draw of a random tessellation process (Ge, Wang, Teh, Wang and Elliott, NeurIPS 2019):
hyperplanes cut polytopes at the rate at which random hyperplanes meet them, whatever lies beyond.
`TessellationForestRegressor` and `TessellationForestClassifier` are for tables, `forest` is for
programs.
"""

from typing import Any

__all__ = ["TessellationForest", "TessellationForestClassifier", "TessellationForestRegressor"]


def __getattr__(name: str) -> Any:
    """The estimators; scikit-learn is loaded for them alone."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import estimators

    return getattr(estimators, name)
