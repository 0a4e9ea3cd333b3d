"""How likely each number of products is, given a count that is off by some factor and numbers that stand out."""
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

# The density, over logarithms, of any factor from a tenth to ten, all as likely.
ANY_FACTOR = 1 / (2 * np.log(10))
# How often a clear peak is at the number of products rather than at that of kinds or of views of them, and how far it
# is then off in logarithms.
OF_PRODUCTS, PEAK_OFF = 0.2, 0.12


@dataclass(frozen=True)
class Guess:
    """A number of products, `count`, the logarithm of which is off by `sigma` (a Gaussian's)."""

    count: float
    sigma: float


def chances_of(guess, most, peaks=()):
    """Return how likely each number of products 1..most is, float [most], sum 1: by a Guess, and by the `peaks`,
    [(count, clarity 0..1)], that stand out in the photos.

    The number of products is now and then at a clear peak, where it may also be one of kinds, or of views; then it says
    nothing. Beforehand all numbers are as likely in logarithms.
    """
    logs = np.log(np.arange(1, most + 1))
    likelihood = norm.logpdf(logs, np.log(guess.count), guess.sigma) - logs
    for count, clear in peaks:
        chance = OF_PRODUCTS * clear
        likelihood += np.log(1 - chance + chance * norm.pdf(logs, np.log(count), PEAK_OFF) / ANY_FACTOR)
    chances = np.exp(likelihood - likelihood.max())
    return chances / chances.sum()


def quantile(chances, share):
    """Return the least number up to which `chances` of 1, 2, ... [M] sum up to a share, 0..1."""
    return min(int(np.searchsorted(np.cumsum(chances), share)) + 1, len(chances))
