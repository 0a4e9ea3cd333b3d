"""Photos placed in earlier clusters are scored by the labels of the earlier photos."""
import numpy as np
import pytest

from imgcluster.files import write_json, write_lines
from imgcluster.scores.placed import placing_in, placing_scores

EARLIER_TRUE = np.array(["boot", "boot", "boot", "shoe", "shoe", "sock", "sock"])
EARLIER = np.array(["0", "0", "1", "1", "1", "2", "-1"])  # a boot among shoes, a sock in no cluster


def test_photos_of_known_products_are_right_in_a_cluster_that_mostly_holds_theirs():
    true = np.array(["boot", "boot", "shoe", "sock", "sock"])
    assert placing_scores(true, np.array(["0", "1", "1", "2", "-1"]), EARLIER_TRUE, EARLIER) == {
        "known_in_own_cluster": 0.6, "known_in_no_cluster": 0.2}


def test_of_products_in_one_cluster_each_is_at_home_there():
    true, earlier_true = np.array(["boot", "shoe", "shoe", "shoe"]), np.array(["boot", "boot", "boot", "shoe", "shoe"])
    scores = placing_scores(true, np.array(["0", "0", "1", "-1"]), earlier_true, np.array(["0", "0", "0", "0", "0"]))
    assert scores == {"known_in_own_cluster": 0.5, "known_in_no_cluster": 0.5}


def test_new_products_are_told_apart_in_no_cluster_or_in_one_that_was_not_there():
    true = np.array(["boot", "hat", "hat", "hat", "hat"])
    assert placing_scores(true, np.array(["0", "-1", "7", "0", "0"]), EARLIER_TRUE, EARLIER) == {
        "known_in_own_cluster": 1.0, "known_in_no_cluster": 0.0, "new_in_no_cluster": 0.5}


def test_each_of_the_clusters_that_a_product_was_split_into_is_its_own():
    true, earlier_true = np.array(["boot"] * 4), np.array(["boot"] * 3)
    scores = placing_scores(true, np.array(["0", "1", "2", "2"]), earlier_true, np.array(["0", "1", "2"]))
    assert scores["known_in_own_cluster"] == 1


@pytest.mark.parametrize("true, earlier", [(["a hat", "a sock"], EARLIER), (["boot", "shoe"], np.full(7, "-1"))])
def test_nothing_is_told_of_labels_that_share_no_name_or_where_no_cluster_was(true, earlier):
    assert placing_scores(np.array(true), np.array(["0", "1"]), EARLIER_TRUE, earlier) == {}


def test_the_earlier_dataset_is_found_and_may_be_gone_or_without_labels(tmp_path):
    true, predicted = np.array(["boot", "hat"]), np.array(["0", "0"])
    week = tmp_path / "week"

    def scores():
        return placing_in(week, true, predicted, folder_of=lambda name: tmp_path / name)
    assert scores() == {}
    write_json(week / "cluster_count.json", {"assigned_to": "first"})
    assert scores() == {}
    write_lines(tmp_path / "first" / "labels_pred.txt", EARLIER)
    assert scores() == {}
    write_lines(tmp_path / "first" / "labels_true.txt", EARLIER_TRUE)
    assert scores() == {"known_in_own_cluster": 1.0, "known_in_no_cluster": 0.0, "new_in_no_cluster": 0.0}
    write_lines(tmp_path / "first" / "labels_true.txt", EARLIER_TRUE[1:])
    assert scores() == {}


def test_products_of_all_earlier_weeks_are_known(tmp_path):
    true, predicted = np.array(["boot", "sock", "hat", "hat", "cap"]), np.array(["0", "0", "4", "-1", "-1"])
    write_json(tmp_path / "week3" / "cluster_count.json", {"assigned_to": "week2"})
    write_json(tmp_path / "week2" / "cluster_count.json", {"assigned_to": "week1", "merged": {"2": 0}})
    for name, labels, clusters in (("week1", EARLIER_TRUE, EARLIER), ("week2", ["hat", "hat"], ["4", "4"])):
        write_lines(tmp_path / name / "labels_true.txt", labels)
        write_lines(tmp_path / name / "labels_pred.txt", clusters)

    def scores():
        return placing_in(tmp_path / "week3", true, predicted, folder_of=lambda name: tmp_path / name)
    # Socks are at home in cluster 0 since that was merged.
    assert scores() == {"known_in_own_cluster": 0.75, "known_in_no_cluster": 0.25, "new_in_no_cluster": 1.0}
    (tmp_path / "week1" / "labels_true.txt").unlink()
    assert scores() == {}, "what was known in all is not known"
