"""Which clusters are most similar, as the page lists them."""
import numpy as np
from report_gallery import Page, make_gallery

from imgcluster.datafiles.artefacts import write_labels
from imgcluster.report import write_report
from imgcluster.report.nearness import CLUSTERS_LISTED, OF_A_PHOTO, nearness


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
    near, near_photos = nearness(features, np.arange(3000), np.arange(9))
    assert len(near) == 3000 and {len(others) for others in near.values()} == {CLUSTERS_LISTED}
    assert not any(cluster in others for cluster, others in near.items())
    assert [len(others) for others in near_photos] == [OF_A_PHOTO] * 9


def test_the_page_knows_what_is_near(tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.repeat([4, 8, -1], 8))
    write_report(tmp_path / "report.html", gallery)
    data = Page(tmp_path / "report.html").data
    assert {cluster["id"]: cluster["near"] for cluster in data["clusters"]} == {4: [8], 8: [4], -1: []}
    for cluster, near in zip(data["photos"]["cluster"], data["photos"]["near"]):
        assert near == {4: [8], 8: [4]}.get(cluster, near) and len(near) == 1
