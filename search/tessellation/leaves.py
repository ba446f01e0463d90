"""What leaves say of the data, in closed form: the weight of a cut, and what a leaf predicts."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Matrix = NDArray[np.float64]


class Leaves(Protocol):
    """Evidence of a partition, by sums over the points of each leaf.

    Attributes:
        columns: `n x q`, what is summed.
        start: Of a single leaf, what `split` carries on.
    """

    columns: Matrix
    start: float

    def split(self, parent: Matrix, left: Matrix, carried: Matrix) -> tuple[Matrix, Matrix]:
        """What a cut of each of `m` trees adds to its log evidence, and what is carried on.

        Args:
            parent: `m x q` sums over the leaf that is cut.
            left: The same of one of its parts.
            carried: `m` numbers from the cuts before.
        """

    def settled(self, sums: Matrix) -> NDArray[np.bool_]:
        """Leaves, of `... x q` sums, that are cut no more."""


class GaussianLeaves:
    """A mean for each leaf, one variance for all: normal and inverse-gamma, conjugate.

    z | leaf j is N(mu_j, s2), mu_j is N(0, a s2), s2 is inverse gamma (the constant model of
    Ge's generalised process, 2024). A row may be the mean of several observations, or none.

    Args:
        means: Of the observations at each of `n` points; any where there are none.
        counts: How many they are, 0 among them.
        spread: a.
        shape: Of the inverse gamma.
        scale: Of the inverse gamma.
        within: Sum of squares of the observations about the means of their points.
        degrees: Observations less points, of which `within` is.
    """

    def __init__(
        self,
        means: Matrix,
        counts: Matrix,
        spread: float,
        shape: float,
        scale: float,
        within: float = 0.0,
        degrees: float = 0.0,
    ) -> None:
        self.columns = np.column_stack([counts, counts * means])
        self.spread = spread
        observed = counts > 0
        self.shape = shape + 0.5 * (float(observed.sum()) + degrees)
        squares = float((counts * means**2)[observed].sum()) + within
        n, total = self.columns.sum(0).tolist()
        self._whole = scale + 0.5 * squares
        self.start = self._whole - 0.5 * spread * total**2 / (1.0 + spread * n)

    def split(self, parent: Matrix, left: Matrix, carried: Matrix) -> tuple[Matrix, Matrix]:
        """See `Leaves.split`; the posterior's scale is carried."""
        right = parent - left
        parts = [1.0 + self.spread * x[..., 0] for x in (parent, left, right)]
        kept = [
            0.5 * self.spread * x[..., 1] ** 2 / part
            for x, part in zip((parent, left, right), parts, strict=True)
        ]
        scales = carried + (kept[0] - kept[1] - kept[2])
        whole, one, other = map(np.log, parts)
        gains = self.shape * np.log(carried / scales) + 0.5 * (whole - one - other)
        return gains, scales

    def settled(self, sums: Matrix) -> NDArray[np.bool_]:
        """None is: what has no observation is cut too, since it may be asked for."""
        return np.zeros(sums.shape[:-1], bool)

    def scale(self, sums: Matrix) -> float:
        """Posterior scale of s2 given the `j x 2` sums of all leaves."""
        kept = self.spread * sums[:, 1] ** 2 / (1.0 + self.spread * sums[:, 0])
        return self._whole - 0.5 * float(kept.sum())

    def log_evidence(self, sums: Matrix) -> float:
        """Of a partition by the `j x 2` sums of its leaves, but for what all partitions share."""
        logs = np.log1p(self.spread * sums[:, 0]).sum()
        return float(-self.shape * np.log(self.scale(sums)) - 0.5 * logs)


class LabelLeaves:
    """Shares of the classes for each leaf: multinomial and Dirichlet, conjugate (lemma 2).

    Args:
        labels: Class of each of `n` points, from 0 on.
        prior: `c` parameters of the Dirichlet.
    """

    start = 0.0

    def __init__(self, labels: NDArray[np.int64], prior: Matrix) -> None:
        self.columns = np.eye(len(prior))[labels]
        self.prior = prior

    def split(self, parent: Matrix, left: Matrix, carried: Matrix) -> tuple[Matrix, Matrix]:
        """See `Leaves.split`; nothing is carried."""
        gains = self._log_beta(left) + self._log_beta(parent - left) - self._log_beta(parent)
        return gains - self._log_beta(np.zeros(len(self.prior))), carried

    def settled(self, sums: Matrix) -> NDArray[np.bool_]:
        """Those of one class: the pausing condition of the authors' program."""
        found: NDArray[np.bool_] = (sums > 0).sum(-1) < 2
        return found

    def log_evidence(self, sums: Matrix) -> float:
        """Of a partition by the `j x c` counts of its leaves."""
        empty = self._log_beta(np.zeros(len(self.prior)))
        return float((self._log_beta(sums) - empty).sum())

    def shares(self, sums: Matrix) -> Matrix:
        """Posterior mean of the shares of `j` leaves, `j x c`."""
        counts = sums + self.prior
        found: Matrix = counts / counts.sum(-1, keepdims=True)
        return found

    def _log_beta(self, counts: Matrix) -> Matrix:
        total = counts + self.prior
        found: Matrix = gammaln(total).sum(-1) - gammaln(total.sum(-1))
        return found
