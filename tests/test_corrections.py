"""Corrections change what they name and nothing else."""
import numpy as np
import pytest

from imgcluster.corrections import keep_numbers, merge_clusters, move_photos, split_cluster
from imgcluster.errors import UserError

LABELS = np.array([0, 0, 0, 1, 1, 2])


def test_merged_clusters_take_the_lowest_number():
    assert merge_clusters(LABELS, [2, 1]).tolist() == [0, 0, 0, 1, 1, 1]


def test_split_separates_far_points_and_keeps_other_clusters():
    points = np.array([[0.0], [0.1], [9.0], [5], [5], [5]])
    assert split_cluster(LABELS, 0, points).tolist() == [0, 0, 3, 1, 1, 2]
    assert split_cluster(LABELS, 0, points, parts=3).max() == 4


def test_moved_photos_join_an_old_or_a_new_cluster():
    assert move_photos(LABELS, [0, 5], 1).tolist() == [1, 0, 0, 1, 1, 1]
    assert move_photos(LABELS, [0], None).tolist() == [3, 0, 0, 1, 1, 2]


def test_corrections_leave_their_input_alone():
    before = LABELS.copy()
    move_photos(LABELS, [0], 1), split_cluster(LABELS, 0, np.arange(6.0)[:, None]), merge_clusters(LABELS, [0, 1])
    assert np.array_equal(LABELS, before)


def test_numbers_survive_a_second_run():
    assert keep_numbers(np.array([2, 2, 2, 0, 0, 1]), LABELS).tolist() == LABELS.tolist()
    assert keep_numbers(np.array([0, 0, 1, 2, 2, 3]), np.array([4, 4, 4, 1, 1, -1])).tolist() == [4, 4, 5, 1, 1, 6]


@pytest.mark.parametrize("wrong", [lambda: merge_clusters(LABELS, [0, 7]), lambda: move_photos(LABELS, [0], 9),
                                   lambda: split_cluster(LABELS, 2, np.zeros((6, 1))),
                                   lambda: split_cluster(LABELS, 8, np.zeros((6, 1)))])
def test_unknown_clusters_and_impossible_splits_are_named(wrong):
    with pytest.raises(UserError, match="cluster"):
        wrong()
