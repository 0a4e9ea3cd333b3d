"""Which clusters are most similar, as the page lists them."""
import numpy as np
from report_gallery import Page, make_gallery

from imgcluster.datafiles.artefacts import write_labels
from imgcluster.report import write_report
from imgcluster.report.nearness import CLUSTERS_LISTED, OF_A_PHOTO, PAIRS, comparable, nearness
from imgcluster.rows import read_all


def on_a_circle(angles):
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def test_clusters_are_listed_by_the_angle_to_their_means_without_themselves():
    labels = np.repeat([9, 3, 7, 0], 4)
    features = 5 * on_a_circle(np.repeat([0, 0.2, 0.5, 1.1], 4))
    assert nearness(features, labels, np.arange(0))[0] == {9: [3, 7, 0], 3: [9, 7, 0], 7: [3, 9, 0], 0: [7, 3, 9]}


def test_a_photo_is_nearest_to_clusters_other_than_its_own_and_one_in_none_to_any():
    labels = np.repeat([9, 3, 7, 0, -1], 4)
    features = on_a_circle(np.repeat([0, 0.2, 0.5, 1.1, 0.19], 4))
    features[0] = on_a_circle(np.array([1.0]))
    assert nearness(features, labels, np.array([0, 1, 16]))[1] == [[0, 7, 3], [3, 7, 0], [3, 9, 7]]


def test_a_photo_has_fewer_where_there_are_few_clusters():
    features = on_a_circle(np.arange(4.0))
    for labels, expected in (([0, 0, 2, 2], [[2], [0]]), ([1, 1, 1, 1], [[], []]), ([-1, -1, -1, -1], [[], []])):
        assert nearness(features, np.array(labels), np.array([0, 3]))[1] == expected


def test_lists_are_short_however_many_clusters_there_are():
    features = np.random.default_rng(0).standard_normal((3000, 8))
    near, near_photos, pairs = nearness(features, np.arange(3000), np.arange(9))
    assert len(near) == 3000 and {len(others) for others in near.values()} == {CLUSTERS_LISTED}
    assert not any(cluster in others for cluster, others in near.items())
    assert [len(others) for others in near_photos] == [OF_A_PHOTO] * 9 and len(pairs) == PAIRS


def test_pairs_come_by_the_angle_between_both_each_once():
    labels = np.repeat([9, 3, 7, 0, -1], 4)
    features = on_a_circle(np.repeat([0, 0.2, 0.5, 1.1, 0.1], 4))
    pairs = [sorted(pair) for pair in nearness(features, labels, np.arange(0))[2]]
    assert pairs == [[3, 9], [3, 7], [7, 9], [0, 7], [0, 3], [0, 9]]
    assert nearness(features[:4], labels[:4], np.arange(4))[2] == []


def test_clusters_that_differ_as_photos_of_one_do_are_nearer_than_those_that_do_not():
    rng = np.random.default_rng(0)
    # Light, the first axis, varies within each cluster; what tells products apart does not.
    light = rng.normal(size=120)
    places = np.array([[-0.7, 1, 0.5], [0.7, 1, 0.5], [-0.6, 1, -0.5]])[np.repeat(np.arange(3), 40)]
    features = (places + np.column_stack([light, *rng.normal(0, 0.02, (2, 120))])).astype(np.float32)
    labels = np.repeat(np.arange(3), 40)
    assert sorted(nearness(features, labels, np.arange(0))[2][0]) == [0, 2]
    assert sorted(nearness(comparable(features, labels, taught=False), labels, np.arange(0))[2][0]) == [0, 1]


def test_features_stay_as_they_are_where_nothing_shows_what_differs_or_a_network_learned_it():
    features, labels = np.random.default_rng(0).standard_normal((8, 4)).astype(np.float32), np.repeat([0, 1, 2, -1], 2)
    assert comparable(features, labels, taught=True) is features
    assert comparable(features, np.arange(8), taught=False) is features
    assert comparable(features, np.full(8, -1), taught=False) is features
    assert read_all(comparable(features, labels, taught=False)).shape == (8, 4)


def test_the_page_knows_what_is_near(tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.repeat([4, 8, -1], 8))
    write_report(tmp_path / "report.html", gallery)
    data = Page(tmp_path / "report.html").data
    assert {cluster["id"]: cluster["near"] for cluster in data["clusters"]} == {4: [8], 8: [4], -1: []}
    for cluster, near in zip(data["photos"]["cluster"], data["photos"]["near"]):
        assert near == {4: [8], 8: [4]}.get(cluster, near) and len(near) == 1
