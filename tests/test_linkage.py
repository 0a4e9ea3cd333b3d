"""Ward's tree is SciPy's on equal weights, repeats points for weights, and its cuts are nested."""
import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from sklearn.metrics import adjusted_rand_score

from imgcluster.linkage import cut, weighted_ward

POINTS = np.random.default_rng(0).random((40, 3)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 7, 39, 40])
def test_cuts_agree_with_scipy_on_equal_weights(count):
    labels = cut(weighted_ward(POINTS, np.ones(40)), count)
    assert labels.max() + 1 == count
    assert adjusted_rand_score(cut(linkage(POINTS.astype(float), "ward"), count), labels) == 1


def test_a_weight_stands_for_repeated_points():
    weights = np.random.default_rng(1).integers(1, 5, 40)
    repeated = cut(linkage(np.repeat(POINTS, weights, axis=0).astype(float), "ward"), 6)
    assert adjusted_rand_score(repeated, np.repeat(cut(weighted_ward(POINTS, weights), 6), weights)) == 1


def test_cuts_are_nested():
    tree = weighted_ward(POINTS, np.ones(40))
    coarse, fine = cut(tree, 4), cut(tree, 15)
    assert all(len(np.unique(coarse[fine == label])) == 1 for label in range(15))


def test_one_point_is_one_cluster():
    assert cut(weighted_ward(POINTS[:1], np.ones(1)), 1).tolist() == [0]
