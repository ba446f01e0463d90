"""Random tessellation forests for tables, by the conventions of scikit-learn."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .forest import Forest, Mapper, Options, grow
from .leaves import GaussianLeaves, LabelLeaves, Leaves
from .normals import Matrix, Normals
from .regression import believe, predict, together

NORMALS = ("uniform", "axis")
_ROUNDING = 1e-12
"""Spread of numbers, as a share of the largest, that says nothing."""


class TessellationForest(BaseEstimator):  # type: ignore[misc]
    """What both forests share.

    Args:
        n_estimators: Trees.
        particles: Of each tree; 1 grows trees without a look at `y`.
        normals: Of the cuts: `uniform`, in any direction, or `axis`, the Mondrian process.
        weights: Of the columns in the normals, not negative; None weighs them alike.
        max_leaves: Most leaves of a tree.
        budget: Time at which a tree ends, in units of one over length, where a column is one
            long; None leaves it to `max_leaves`.
        executor: Spreads the trees, with `map` as those of `concurrent.futures`; None uses none.
            The forest is the same.
        random_state: A seed, a generator, or None.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        particles: int = 30,
        normals: str = "uniform",
        weights: Sequence[float] | None = None,
        max_leaves: int = 50,
        budget: float | None = None,
        executor: Mapper | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_estimators, self.particles = n_estimators, particles
        self.normals, self.weights = normals, weights
        self.max_leaves, self.budget = max_leaves, budget
        self.executor, self.random_state = executor, random_state

    def _scale(self, x: Matrix) -> Matrix:
        """Columns of the training rows to [0, 1]; equal ones to 0."""
        scaled: Matrix = (x - self._least) / self._extent
        return scaled

    def _grow(self, x: Matrix, leaves: Leaves) -> Forest:
        for name in ("n_estimators", "particles", "max_leaves"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(
                    f"expected {name}: 1, 2, 3 ...; got {value!r}; give a whole number"
                )
        budget = np.inf if self.budget is None else float(self.budget)
        if not budget > 0:
            raise ValueError(f"expected a budget above 0, or None; got {budget!r}; raise it")
        options = Options(self.n_estimators, self.particles, self.max_leaves, budget)
        seed = int(check_random_state(self.random_state).randint(2**31))
        return grow(x, leaves, self._law(x.shape[1]), options, seed, self.executor)

    def _law(self, d: int) -> Normals:
        if self.normals not in NORMALS:
            raise ValueError(f"expected normals of {NORMALS}; got {self.normals!r}; choose one")
        weights = np.ones(d) if self.weights is None else np.asarray(self.weights, float)
        fits = weights.shape == (d,) and (weights >= 0).all()
        if not fits or not 0 < weights.sum() < np.inf:
            raise ValueError(
                f"expected {d} finite weights of columns, none negative and some positive; "
                f"got {self.weights!r}; give one for each column"
            )
        return Normals(weights / weights.max(), self.normals == "axis")

    def _learn_scale(self, x: Matrix) -> Matrix:
        extent = np.ptp(x, axis=0)
        self._least, self._extent = x.min(0), np.where(extent > 0, extent, 1.0)
        return self._scale(x)

    def _read(self, x: ArrayLike) -> Matrix:
        check_is_fitted(self)
        return self._scale(validate_data(self, x, reset=False, dtype=np.float64))


class TessellationForestRegressor(RegressorMixin, TessellationForest):  # type: ignore[misc]
    """Oblique regression forest whose leaves have closed-form evidence and Student-t posteriors.

    Ge et al., NeurIPS 2019 (arXiv 1906.05440), with the constant model of their generalised
    process (2024) in the leaves, and Mondrian forests' variance off the data. Time of a fit grows
    with trees x particles x leaves x rows; it is made for hundreds of rows.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the trees.

        Args:
            X: `n x d` numbers; of one row no noise could be told.
            y: `n` numbers.

        Raises:
            ValueError: They are not, or a parameter is out of its range.
        """
        read = {"dtype": np.float64, "y_numeric": True, "ensure_min_samples": 2}
        rows, target = validate_data(self, X, y, **read)
        target = target.astype(np.float64)
        size = float(np.abs(target).max()) or 1.0
        parts = target / size  # whose squares neither overflow nor vanish
        mean, spread = float(parts.mean()), float(parts.std())
        # Less is rounding: such a target is constant.
        self._shift, self._unit = size * mean, size * (spread if spread > _ROUNDING else 1.0)
        standard = size * (parts - mean) / self._unit
        leaves = GaussianLeaves(standard, np.ones(len(standard)), 10.0, 0.5, 0.1)
        self.forest_ = self._grow(self._learn_scale(rows), leaves)
        self.beliefs_ = believe(self.forest_, leaves)
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Means at `k` rows.

        Args:
            X: `k x d`.
            return_std: Give also the standard deviations of the function itself, an observation's
                noise left out.
        """
        rows = self._read(X)
        means, variances = together(*predict(self.forest_, self.beliefs_, rows))
        found = self._shift + self._unit * means
        return (found, self._unit * np.sqrt(variances)) if return_std else found

    def predict_noise(self) -> float:
        """Standard deviation of an observation about the function."""
        check_is_fitted(self)
        noises = self.beliefs_.noises[self.forest_.nodes.roots]
        return self._unit * float(np.sqrt(noises.mean()))


class TessellationForestClassifier(ClassifierMixin, TessellationForest):  # type: ignore[misc]
    """Oblique classification forest whose leaves have Dirichlet-multinomial evidence.

    Ge et al., NeurIPS 2019 (arXiv 1906.05440). Shares of classes are averaged over trees, where
    the authors' program counts votes.

    Attributes:
        classes_: In the order of `predict_proba`.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the trees.

        Args:
            X: `n x d` numbers.
            y: `n` classes.

        Raises:
            ValueError: They are not, or a parameter is out of its range.
        """
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        counts = np.bincount(numbers)
        # Of the paper: a thousandth of a class's rows, so that leaves are all but certain.
        leaves = LabelLeaves(numbers, counts / 1000.0)
        self.forest_ = self._grow(self._learn_scale(rows), leaves)
        self.shares_ = leaves.shares(self.forest_.sums(leaves.columns))
        return self

    def predict_proba(self, X: ArrayLike) -> Matrix:
        """Shares of the classes at `k` rows, `k x c`."""
        rows = self._read(X)
        found: Matrix = self.forest_.blend(rows, self.shares_, self.shares_).mean(0)
        found /= found.sum(1, keepdims=True)
        return found

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The likeliest class of `k` rows."""
        shares = self.predict_proba(X)
        found: NDArray[Any] = self.classes_[shares.argmax(1)]
        return found
