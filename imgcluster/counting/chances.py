"""How likely each number of products is, given a count that is off by some factor and numbers that stand out."""
from dataclasses import dataclass

import numpy as np

# The density, over logarithms, of any factor from a tenth to ten, all as likely.
ANY_FACTOR = 1 / (2 * np.log(10))
# How far a peak is off in logarithms where it is at the number of products, and how sure it is of that at most.
PEAK_OFF, SUREST = 0.12, 0.5
# A guess may be so many times too high.
BEYOND = 3


def density(away, sigma):
    """Return the density of a Gaussian of width `sigma` so far from its middle. (SciPy's takes a second to import.)"""
    return np.exp(-0.5 * np.square(away / sigma)) / (sigma * np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Guess:
    """A number of products, `count`, the logarithm of which is off by `sigma` (a Gaussian's)."""

    count: float
    sigma: float


def chances_of(guess, most, peaks=()):
    """Return how likely each number of products 1..most is, float [most], sum 1: by a Guess, and by the `peaks`,
    [(count, chance 0..1)], that stand out in the photos.

    With that chance the number of products is at the peak, about; else the peak is one of kinds or of views, and says
    nothing. Beforehand all numbers are as likely in logarithms; what is said of larger ones is said of `most`.
    """
    logs = np.log(np.arange(1, BEYOND * most + 1))
    likelihood = -0.5 * np.square((logs - np.log(guess.count)) / guess.sigma) - logs
    for count, chance in peaks:
        at_peak = density(logs - np.log(count), PEAK_OFF) / ANY_FACTOR
        likelihood += np.log1p(min(chance, SUREST) * (at_peak - 1))
    chances = np.exp(likelihood - likelihood.max())
    return np.append(chances[:most - 1], chances[most - 1:].sum()) / chances.sum()


def quantile(chances, share):
    """Return the least number up to which `chances` of 1, 2, ... [M] sum up to a share, 0..1."""
    return min(int(np.searchsorted(np.cumsum(chances), share)) + 1, len(chances))
