"""Coarser and finer partitions are nested, keep the clusters they are given and stay near the counts asked for."""
import numpy as np
import pytest

from imgcluster.directions import follow_directions
from imgcluster.hierarchy import hierarchy_of, partition
from imgcluster.levels import joined, level_counts, nested_levels, split


def nested_clouds(seed=0):
    """(features of 4 kinds of 3 products in 3 views, 30 photos each; the view of each photo)."""
    rng, view = np.random.default_rng(seed), np.repeat(np.arange(36), 30)
    features = (3 * rng.standard_normal((4, 24))[view // 9] + 1.5 * rng.standard_normal((12, 24))[view // 3]
                + 0.7 * rng.standard_normal((36, 24))[view] + 0.6 * rng.standard_normal((len(view), 24)))
    return features.astype(np.float32), view


def lies_within(fine, coarse):
    return all(len(np.unique(coarse[fine == label])) == 1 for label in np.unique(fine))


@pytest.mark.parametrize("count", [1, 5, 12, 40])
def test_each_cluster_lies_within_one_of_the_next_coarser_level(count):
    features, _ = nested_clouds()
    hierarchy = hierarchy_of(features)
    labels = follow_directions(features, partition(hierarchy, count))
    levels = nested_levels(hierarchy, features, labels, (max(1, count // 8), 8 * count))
    counts = [len(np.unique(level)) for level in levels]
    assert counts == sorted(set(counts)) and counts == [level.max() + 1 for level in levels]
    assert any((level == labels).all() for level in levels) and len(levels) >= 4
    assert all(lies_within(fine, coarse) for coarse, fine in zip(levels, levels[1:]))


def test_kinds_and_views_are_found_from_products():
    features, view = nested_clouds()
    hierarchy = hierarchy_of(features)
    labels = follow_directions(features, partition(hierarchy, 12))
    kinds, views = joined(labels, view // 9), split(features, labels, partition(hierarchy, 36))
    assert lies_within(labels, view // 3) and lies_within(kinds, view // 9) and kinds.max() == 3
    assert views.max() == 35 and lies_within(views, labels) and lies_within(views, view)


def test_a_photo_in_a_part_of_another_cluster_goes_to_the_nearest_part_of_its_own():
    places = np.array([[1, 0], [1, 0.1], [1, 1], [1, 1.1], [0, 1], [0.1, 1], [0.9, 1]], np.float32)
    labels, fine = np.array([0, 0, 0, 0, 1, 1, 0]), np.array([0, 0, 1, 1, 2, 2, 2])
    assert split(places, labels, fine).tolist() == [1, 1, 0, 0, 2, 2, 0]


def test_a_cluster_without_parts_of_its_own_stays_whole():
    places = np.eye(5, dtype=np.float32)
    assert split(places, np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1])).tolist() == [0, 0, 2, 1, 1]


def test_levels_are_sought_where_the_next_merge_costs_much_more_than_the_last_one():
    heights = np.ones(63)
    heights[-9:] = 100  # ten clusters: every merge from ten on is a hundred times as dear
    tree = np.column_stack([np.zeros((63, 2)), heights, np.zeros(63)])
    assert 10 in level_counts(tree, 5, (4, 6)) and 10 in level_counts(tree, 20, (15, 30))


def test_levels_reach_as_far_as_the_interval_does():
    tree = np.column_stack([np.zeros((999, 2)), np.arange(1, 1000), np.zeros(999)])
    usual = level_counts(tree, 16, (12, 24))
    assert len(usual) == 4 and 3 <= min(usual) and max(usual) <= 4 * 16 * 1.3
    wide = level_counts(tree, 16, (2, 16 * 10))
    assert set(usual) < set(wide) and len(wide) == 6 and min(wide) <= 2 * 1.3 and 16 * 8 / 1.3 <= max(wide)
    assert len(level_counts(tree, 1, (1, 999))) == 5  # of one cluster nothing is coarser


@pytest.mark.parametrize("count", [8, 40])
def test_levels_are_near_a_quarter_half_twice_and_four_times_the_count(count):
    for seed in range(5):
        heights = np.sort(np.random.default_rng(seed).lognormal(size=199))
        found = level_counts(np.column_stack([np.zeros((199, 2)), heights, np.zeros(199)]), count, (count, count))
        assert len(found) == 4 and all(each / 1.3 <= factor * count <= each * 1.3
                                       for each, factor in zip(found, (0.25, 0.5, 2, 4)))


@pytest.mark.parametrize("heights, count, levels", [
    ([1, 5, 5, 5, 9], 4, [2]), ([1, 5, 5, 5, 9], 2, [5]), ([1, 5, 5, 5, 9], 20, [5]), ([1, 2, 8, 8, 9], 2, [4])])
def test_a_level_ends_before_the_dearest_merge_has_two_clusters_or_more_and_fewer_than_nodes(heights, count, levels):
    tree = np.column_stack([np.zeros((5, 2)), heights, np.zeros(5)])  # of six nodes
    assert level_counts(tree, count, (count, count)) == levels
