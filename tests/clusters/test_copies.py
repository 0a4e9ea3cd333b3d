"""Copies listed by step 01 or of the same features are one group; the first of each stands for it."""
import numpy as np
import pytest

from imgcluster.clusters.copies import copy_groups, originals
from imgcluster.errors import UserError

PATHS = [f"{number}.jpg" for number in range(6)]


def groups_of(tmp_path, features, table="file,kept,kind,distance\n"):
    (tmp_path / "duplicates.csv").write_text(table)
    return copy_groups(tmp_path, PATHS, features)


def test_listed_copies_and_copies_of_copies_are_one_group(tmp_path):
    features = np.random.default_rng(0).random((6, 4)).astype(np.float32)
    found = groups_of(tmp_path, features, "file,kept,kind,distance\n4.jpg,0.jpg,same,0\n2.jpg,4.jpg,same,0\n"
                                          "gone.jpg,1.jpg,same,0\n")
    assert found[0] == found[4] == found[2] and len(set(found)) == 4


def test_photos_of_the_same_features_are_copies_and_without_a_table_no_others(tmp_path):
    features = np.random.default_rng(0).random((6, 4)).astype(np.float32)
    features[5] = features[1]
    found = copy_groups(tmp_path, PATHS, features)
    assert found[5] == found[1] and len(set(found)) == 5
    assert np.array_equal(found, groups_of(tmp_path, features))


def test_photos_whose_features_are_all_0_are_no_copies_of_each_other(tmp_path):
    features = np.random.default_rng(0).random((6, 4)).astype(np.float32)
    features[[1, 4, 5]] = 0
    assert len(set(groups_of(tmp_path, features))) == 6
    assert len(set(groups_of(tmp_path, features, "file,kept\n5.jpg,4.jpg\n"))) == 5


def test_a_list_of_copies_without_its_columns_is_named(tmp_path):
    (tmp_path / "duplicates.csv").write_text("")
    with pytest.raises(UserError, match="duplicates.csv: without the columns file and kept.*run 01"):
        copy_groups(tmp_path, ["a.jpg", "b.jpg"], np.eye(2))


def test_the_first_of_each_group_stands_for_it():
    first, stands_in = originals(np.array([7, 3, 7, 5, 3]))
    assert first.tolist() == [0, 1, 3] and stands_in.tolist() == [0, 1, 0, 2, 1]
