"""Coarser and finer partitions are nested, keep the clusters they are given and stay near the counts asked for."""
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from imgcluster.clusters.directions import follow_directions
from imgcluster.clusters.levels import followed, joined, level_counts, nested_levels, regrouped, split
from imgcluster.structure.hierarchy import by_size, hierarchy_of, partition

# Photos that set no bound to the levels.
MANY = 10**6


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


def test_levels_follow_a_persons_corrections_and_stay_nested():
    features, _ = nested_clouds()
    hierarchy = hierarchy_of(features)
    labels = follow_directions(features, partition(hierarchy, 12))
    levels = nested_levels(hierarchy, features, labels, (3, 48))
    corrected = np.where(labels == 3, 7, labels)  # one merged away,
    corrected[[5, 50, 500]] = 12  # three photos split off
    corrected[700:710] = (corrected[700] + 1) % 3  # ten moved,
    corrected[:2] = -1  # two fit none
    after = followed(levels, 12, corrected)
    placed, counts = corrected >= 0, [level.max() + 1 for level in after]
    assert counts == sorted(set(counts)) and counts[0] < len(np.unique(corrected[placed])) < counts[-1]
    assert any(lies_within(level[placed], corrected[placed]) and lies_within(corrected[placed], level[placed])
               for level in after)
    assert all(lies_within(fine, coarse) for coarse, fine in zip(after, after[1:]))
    untouched = (labels == corrected) & (labels != 7)
    assert adjusted_rand_score(levels[-1][untouched], after[-1][untouched]) > 0.97


def test_levels_hold_no_cluster_of_photos_that_were_all_put_in_none():
    levels = [np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 2])]
    assert [level.tolist() for level in followed(levels, 3, np.array([0, 0, 0, -1, -1, 2]))] == [[0, 0, 0, 0, 0, 1]]


def test_levels_of_clusters_that_nobody_corrected_stay():
    features, _ = nested_clouds()
    hierarchy = hierarchy_of(features)
    labels = by_size(follow_directions(features, partition(hierarchy, 12)))
    levels = nested_levels(hierarchy, features, labels, (3, 48))
    assert all((before == after).all() for before, after in zip(levels, followed(levels, 12, labels), strict=True))


def test_photos_that_left_a_cluster_leave_its_parts():
    labels, fine = np.array([0, 0, 0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 2, 2, 0])
    assert regrouped(labels, fine).tolist() == [2, 2, 0, 0, 0, 1, 1, 1]
    assert regrouped(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 0, 1])).tolist() == [0, 0, 2, 1, 1]


def test_levels_are_sought_where_the_next_merge_costs_much_more_than_the_last_one():
    heights = np.ones(63)
    heights[-9:] = 100  # ten clusters: every merge from ten on is a hundred times as dear
    tree = np.column_stack([np.zeros((63, 2)), heights, np.zeros(63)])
    assert 10 in level_counts(tree, 5, (4, 6), MANY) and 10 in level_counts(tree, 20, (15, 30), MANY)


def test_levels_reach_as_far_as_the_interval_does():
    tree = np.column_stack([np.zeros((999, 2)), np.arange(1, 1000), np.zeros(999)])
    usual = level_counts(tree, 16, (12, 24), MANY)
    assert len(usual) == 4 and 3 <= min(usual) and max(usual) <= 4 * 16 * 1.3
    wide = level_counts(tree, 16, (2, 16 * 10), MANY)
    assert set(usual) < set(wide) and len(wide) == 6 and min(wide) <= 2 * 1.3 and 16 * 8 / 1.3 <= max(wide)
    assert len(level_counts(tree, 1, (1, 999), MANY)) == 5  # of one cluster nothing is coarser


@pytest.mark.parametrize("count", [8, 40])
def test_levels_are_near_a_quarter_half_twice_and_four_times_the_count(count):
    for seed in range(5):
        heights = np.sort(np.random.default_rng(seed).lognormal(size=199))
        tree = np.column_stack([np.zeros((199, 2)), heights, np.zeros(199)])
        found = level_counts(tree, count, (count, count), MANY)
        assert len(found) == 4 and all(each / 1.3 <= factor * count <= each * 1.3
                                       for each, factor in zip(found, (0.25, 0.5, 2, 4)))


@pytest.mark.parametrize("heights, count, levels", [
    ([1, 5, 5, 5, 9], 4, [2]), ([1, 5, 5, 5, 9], 2, [5]), ([1, 5, 5, 5, 9], 20, [5]), ([1, 2, 8, 8, 9], 2, [4])])
def test_a_level_ends_before_the_dearest_merge_has_two_clusters_or_more_and_fewer_than_nodes(heights, count, levels):
    tree = np.column_stack([np.zeros((5, 2)), heights, np.zeros(5)])  # of six nodes
    assert level_counts(tree, count, (count, count), MANY) == levels


def test_clusters_of_a_finer_level_have_two_photos_on_average():
    tree = np.column_stack([np.zeros((9, 2)), np.arange(1, 10), np.zeros(9)])  # of ten nodes
    assert max(level_counts(tree, 4, (4, 4), 10)) <= 4 and max(level_counts(tree, 3, (3, 3), 10)) == 5


def test_the_answer_before_a_correction_is_no_level_beside_the_corrected_one():
    pairs = np.repeat(np.arange(8), 4)
    levels = [pairs // 4, pairs // 2, pairs]
    for count, corrected, counts in ((4, np.where(pairs == 1, 4, pairs // 2), [2, 5, 8]),
                                     (4, np.where(pairs // 2 == 3, 2, pairs // 2), [2, 3, 8])):
        after = followed(levels, count, corrected)
        assert [level.max() + 1 for level in after] == counts
        assert all(lies_within(fine, coarse) for coarse, fine in zip(after, after[1:]))
