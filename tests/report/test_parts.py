"""Which clusters may hold several products, as the page lists them."""
import dataclasses

import numpy as np
import pandas as pd
import pytest
from report_gallery import Page, make_gallery

from imgcluster.csv_tables import write_table
from imgcluster.report import write_report
from imgcluster.report.parts import CLUSTERS, in_parts, separation


def around(rng, angles, spread=0.02):
    """Photos about directions in the plane, which differ a little in 14 others."""
    plane = np.column_stack([np.cos(angles), np.sin(angles)])
    return np.column_stack([plane, np.zeros((len(angles), 14))]) + rng.normal(0, spread, (len(angles), 16))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_parts_are_the_more_separate_the_farther_they_lie_apart_whatever_the_scale(rng):
    parts = np.repeat([5, 2], [20, 6])
    found = [separation(around(np.random.default_rng(0), np.where(parts == 5, 0, apart)), parts)
             for apart in (0, 0.1, 0.4, 1.2)]
    assert abs(found[0]) < 0.1 and sorted(found) == found and 0.4 < found[-1] <= 1
    features = around(rng, np.where(parts == 5, 0, 0.4))
    assert separation(100 * features, parts) == pytest.approx(separation(features, parts), abs=1e-4)


def test_halves_of_one_product_are_not_separate_and_a_stray_is_no_product(rng):
    features = around(rng, np.zeros(30), spread=0.1)
    assert separation(features, features[:, 3] > 0) < 0.4
    stray = np.vstack([features, -features[:1]])
    assert separation(stray, np.arange(31) == 30) < separation(np.vstack([stray, stray[-1:]]), np.arange(32) >= 30)


def test_copies_of_one_photo_and_photos_without_features_are_no_error():
    assert np.isfinite(separation(np.ones((6, 3)), np.repeat([0, 1], 3)))
    assert np.isfinite(separation(np.zeros((4, 3)), np.array([0, 0, 1, 1])))


def test_parts_apart_and_photos_in_doubt_come_first_by_the_first_level_that_divides_them_and_no_cluster_is_none(rng):
    labels = np.repeat([4, 9, 7, -1, 2], 10)
    half = np.arange(50) % 10 // 5
    angles = np.repeat([0, 1, 2, 3, 4], 10) + half * np.repeat([0.3, 0.9, 0.9, 0.9, 0.6], 10)
    coarse = np.where(labels == 2, labels, 2 * labels + half)
    fine = np.where(labels == 2, 100 + half, coarse)
    rows, features = rng.permutation(50), around(rng, angles)
    sure = np.repeat([0.5, 0.5, 1.0, 0.5, 0.5], 10)
    assert in_parts(features, np.arange(50), labels, sure, [coarse, fine]) == [9, 2, 4]
    assert in_parts(features, rows, labels[rows], sure[rows], [coarse[rows]]) == [9, 4]
    in_doubt = np.where(labels == 7, 0.0, np.where(labels == 4, 0.9, 0.5))
    assert in_parts(features, rows, labels[rows], in_doubt[rows], [coarse[rows]]) == [7, 9, 4]
    assert in_parts(features, rows, labels[rows], sure[rows], []) == []


def test_the_list_is_short_however_many_clusters_there_are(rng):
    labels, half = np.repeat(np.arange(40), 4), np.arange(160) % 4 // 2
    features = around(rng, half * 1.0)
    assert len(in_parts(features, np.arange(160), labels, np.full(160, 0.5), [2 * labels + half])) == CLUSTERS


def test_the_page_offers_clusters_of_several_products_where_a_finer_level_tells_them_apart(tmp_path):
    gallery = make_gallery(tmp_path, 24, 2, all_files=False)
    products = np.repeat([0, 1, 2, 2], 6)
    features = np.eye(4, 8)[products] + 0.05 * np.random.default_rng(1).random((24, 8))
    np.save(gallery.data_dir / "features.npy", features.astype(np.float32))
    table = pd.read_csv(gallery.data_dir / "clusters.csv").assign(confidence=0.8)
    write_table(gallery.data_dir / "clusters.csv", table)
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert page.data["inParts"] == [] and "several" not in page.ids
    write_table(gallery.data_dir / "clusters.csv", table.assign(level_4=np.repeat([0, 1, 2, 3], 6)))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    page = Page(tmp_path / "report.html")
    assert page.data["inParts"][0] == 0 and "several" in page.ids
