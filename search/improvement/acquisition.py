"""Expected hypervolume improvement in closed form, where cost is exact and quality uncertain.

Against a front F and a reference point (q_ref, c_ref), a configuration of cost c and quality f
adds

    integral over c' in [c, c_ref] of max(0, f - F*(c')) dc',

where F*(c') is the front's best quality at cost c' or less, q_ref where there is none. F* is a
step function, so that for f ~ N(mu, sigma^2) the expectation is a sum over its steps right of c of
width times expected improvement over the step's level: exact, with no box decomposition. The cost
axis is ascending; quality is maximised.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, ndtr

from peftsearch.search.surrogates.surrogate import Posterior

Matrix = NDArray[np.float64]

_LOG_ROOT_TWO_PI = 0.5 * np.log(2.0 * np.pi)
_ROOT_HALF_PI, _ROOT_TWO = np.sqrt(0.5 * np.pi), np.sqrt(2.0)
_CELLS = 1_000_000
"""Candidates times draws times steps that are held in memory at once."""


class Staircase(NamedTuple):
    """F* of each of `s` draws: at most `m` steps, shorter ones are padded with zero width.

    Attributes:
        left: Where a step begins on the cost axis, `s x m`; the first is minus infinity.
        right: Where it ends, `s x m`.
        levels: Quality of the step, `s x m`.
    """

    left: Matrix
    right: Matrix
    levels: Matrix


def staircase(costs: Matrix, qualities: Matrix, q_ref: float, c_ref: float) -> Staircase:
    """Steps of F* for each of `s` draws of the qualities of `n` points.

    Args:
        costs: Cost of each point, `n`.
        qualities: Drawn quality, `s x n`.
        q_ref: Quality of the reference point.
        c_ref: Cost of the reference point.
    """
    order = np.argsort(costs, kind="stable")
    edges = np.concatenate([[-np.inf], np.minimum(costs[order], c_ref)])
    start = np.full((len(qualities), 1), q_ref)
    levels = np.maximum.accumulate(np.hstack([start, qualities[:, order]]), axis=1)
    # The last of equal edges holds the best of them, and only where F* rises is a new step.
    final = np.append(edges[1:] > edges[:-1], True) & (edges < c_ref)
    edges, levels = edges[final], levels[:, final]
    rises = np.hstack([np.ones_like(start, bool), levels[:, 1:] > levels[:, :-1]])
    left = np.full((len(levels), rises.sum(1).max()), c_ref)
    heights = np.full_like(left, q_ref)
    for row, kept in enumerate(rises):
        left[row, : kept.sum()] = edges[kept]
        heights[row, : kept.sum()] = levels[row, kept]
    right = np.hstack([left[:, 1:], np.full_like(start, c_ref)])
    return Staircase(left, right, heights)


def mean_volume(steps: Staircase, q_ref: float, cheapest: float) -> float:
    """Hypervolume under F* within the box, averaged over the draws.

    Args:
        q_ref: Quality of the reference point.
        cheapest: Left end of the box on the cost axis.
    """
    widths = np.maximum(steps.right - np.maximum(steps.left, cheapest), 0.0)
    return float((widths * (steps.levels - q_ref)).sum(1).mean())


def log_improvement(u: Matrix) -> Matrix:
    """log(phi(u) + u Phi(u)), stable for every u.

    For u < -1 as log phi(u) + log(1 - |u| Phi(u) / phi(u)), and far out by the leading term of
    the second part, 1 / u^2 (Ament et al., arXiv 2310.20708, equation 9).
    """
    values = np.empty_like(u)
    high = u > -1.0
    near, far = u[high], u[~high]
    density = np.exp(-0.5 * near**2 - _LOG_ROOT_TWO_PI)
    values[high] = np.log(density + near * ndtr(near))
    # Below -1e4 the difference from 1 drowns in rounding; the leading term does not.
    gap = np.minimum(-far * _ROOT_HALF_PI * erfcx(-far / _ROOT_TWO), 1.0 - 1e-12)
    tail = np.where(far > -1e4, np.log1p(-gap), -2.0 * np.log(-far))
    values[~high] = tail - 0.5 * far**2 - _LOG_ROOT_TWO_PI
    return values


def log_ehvi(costs: Matrix, mean: Matrix, variance: Matrix, steps: Staircase) -> Matrix:
    """Logarithm of the expected hypervolume improvement of `k` candidates for each of `s` draws.

    Args:
        costs: Exact cost of each candidate, `k`.
        mean: Mean quality given the draw, `s x k`.
        variance: Variance of quality given the draw, `s x k`; 0 is allowed.
        steps: F* of each draw.

    Returns:
        `s x k`; minus infinity where nothing can be gained.
    """
    left, right, levels = (part[:, None, :] for part in steps)
    widths = np.maximum(right - np.maximum(left, costs[:, None]), 0.0)
    sigma = np.broadcast_to(np.sqrt(variance)[:, :, None], widths.shape)
    above = mean[:, :, None] - levels
    gain = np.full(widths.shape, -np.inf)
    uncertain, certain = (widths > 0.0) & (sigma > 0.0), (sigma == 0.0) & (above > 0.0)
    u = above[uncertain] / sigma[uncertain]
    gain[uncertain] = log_improvement(u) + np.log(sigma[uncertain] * widths[uncertain])
    gain[certain] = _log(above[certain] * widths[certain])
    return log_sum(gain, axis=-1)


def acquisition_values(
    posterior: Posterior, x: Matrix, costs: Matrix, baseline: Matrix, q_ref: float, c_ref: float
) -> Matrix:
    """Log of the EHVI of `k` candidates, averaged over the posterior's draws.

    Args:
        posterior: Its draws are at the `n` points that may be on the front: the baseline set X,
            which is what was evaluated, and the pending points.
        x: `k x d` candidates.
        costs: Exact cost of each candidate, `k`.
        baseline: Exact cost of each of the `n` points; infinite for one that can not be on a
            front.
        q_ref: Quality of the reference point.
        c_ref: Cost of the reference point.

    Returns:
        `k` numbers; minus infinity where nothing can be gained.
    """
    steps = staircase(baseline, posterior.draws, q_ref, c_ref)
    size = max(1, _CELLS // steps.levels.size)
    parts = [np.empty(0)]
    for begin in range(0, len(x), size):
        chunk = slice(begin, begin + size)
        values = log_ehvi(costs[chunk], *posterior.predict(x[chunk]), steps)
        parts.append(log_sum(values, axis=0) - np.log(len(values)))
    return np.concatenate(parts)


def log_sum(values: Matrix, axis: int) -> Matrix:
    """Logarithm of the sum of exponentials along an axis; SciPy's takes three times as long for
    arrays as small as these."""
    largest = values.max(axis, keepdims=True)
    largest[np.isneginf(largest)] = 0.0
    total: Matrix = _log(np.exp(values - largest).sum(axis)) + largest.squeeze(axis)
    return total


def _log(values: Matrix) -> Matrix:
    """Logarithm; minus infinity for 0, without a warning."""
    return np.log(values, out=np.full_like(values, -np.inf), where=values > 0.0)
