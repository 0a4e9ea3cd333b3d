"""Adjusted mutual information: scikit-learn's, with any sizes of clusters, also where there are very many."""
import time

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from imgcluster.scores import mutual_information
from imgcluster.scores.mutual_information import adjusted_mutual_information


def table(true, predicted):
    return contingency_matrix(true, predicted, sparse=True, dtype=np.int64).tocoo()


@pytest.mark.parametrize("seed", range(10))
def test_it_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    for _ in range(10):
        num = rng.integers(2, 300)
        true, predicted = (rng.integers(0, rng.integers(1, most), num) for most in (40, 90))
        predicted = np.where(rng.random(num) < rng.random(), true, predicted)
        counts = table(true, predicted)
        assert adjusted_mutual_information(counts) == pytest.approx(adjusted_mutual_info_score(true, predicted),
                                                                    abs=1e-10)
        expected = mutual_information.expected_mutual_information(*(counts.toarray().sum(axis) for axis in (1, 0)))
        assert expected == pytest.approx(expected_mutual_information(counts.tocsr(), int(num)), abs=1e-10)


ONE, ALONE, HALVES = [0] * 6, list(range(6)), [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("true, predicted, expected", [
    (ONE, ONE, 1), (ALONE, ALONE, 1), (HALVES, HALVES, 1), (HALVES, [7, 7, 7, 3, 3, 3], 1), ([0], [0], 1),
    (ONE, ALONE, 0), (ALONE, ONE, 0), (ONE, HALVES, 0), (HALVES, ONE, 0), (HALVES, ALONE, 0), (ALONE, HALVES, 0)])
def test_partitions_that_are_the_same_or_say_nothing(true, predicted, expected):
    assert adjusted_mutual_information(table(true, predicted)) == pytest.approx(expected, abs=1e-10)
    assert adjusted_mutual_info_score(true, predicted) == pytest.approx(expected, abs=1e-10)


def test_a_great_many_clusters_take_no_long_time():
    rng, start = np.random.default_rng(0), time.perf_counter()
    true = rng.integers(0, 20_000, 100_000)
    predicted = np.where(rng.random(len(true)) < 0.5, np.arange(len(true)) + 20_000, true)
    assert 0.3 < adjusted_mutual_information(table(true, predicted)) < 0.9
    assert time.perf_counter() - start < 5, "88 s, where each pair of clusters is counted"
