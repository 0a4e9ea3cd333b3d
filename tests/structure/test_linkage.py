"""Ward's tree is SciPy's on equal weights, repeats points for weights, and its cuts are nested."""
import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage
from sklearn.metrics import adjusted_rand_score

from imgcluster.rows import unit_length
from imgcluster.structure.linkage import cut, merge_costs, weighted_ward

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


def test_what_a_merge_costs_is_what_the_sum_of_squares_grows_by():
    weights = np.random.default_rng(1).integers(1, 5, 40)
    costs = merge_costs(POINTS, weights)
    pair = np.repeat(POINTS[[3, 8]], weights[[3, 8]], axis=0)
    assert costs[3, 8] == costs[8, 3] == pytest.approx(((pair - pair.mean(axis=0))**2).sum(), rel=1e-4)
    assert np.isinf(costs.diagonal()).all() and np.isfinite(costs).sum() == 40 * 39


@pytest.mark.parametrize("noise", [1e-3, 1e-5, 1e-7])
def test_among_near_copies_the_tree_comes_to_its_end(noise):
    rng = np.random.default_rng(0)
    for num in [20, 50, 200] * 5:
        photo = unit_length(rng.normal(size=(1, 128)))
        copies = (photo + noise * rng.normal(size=(num, 128))).astype(np.float32)
        tree = weighted_ward(copies, np.ones(num))
        assert (np.diff(tree[:, 2]) >= 0).all() and tree[-1, 3] == num and (tree[:, 2] >= 0).all()


def test_merging_costs_the_same_both_ways():
    points = np.random.default_rng(0).normal(size=(2500, 16)).astype(np.float32)
    costs = merge_costs(points, np.random.default_rng(1).integers(1, 5, 2500))
    assert np.array_equal(costs, costs.T)


def test_cuts_are_nested():
    tree = weighted_ward(POINTS, np.ones(40))
    coarse, fine = cut(tree, 4), cut(tree, 15)
    assert all(len(np.unique(coarse[fine == label])) == 1 for label in range(15))


def test_one_point_is_one_cluster():
    assert cut(weighted_ward(POINTS[:1], np.ones(1)), 1).tolist() == [0]
