"""Which clusters may hold several products, as the page lists them."""
import dataclasses

import numpy as np
import pandas as pd
from report_gallery import Page, make_gallery

from imgcluster.csv_tables import write_table
from imgcluster.report import write_report
from imgcluster.report.parts import CLUSTERS, in_parts


def test_clusters_with_most_photos_in_doubt_come_first_and_no_cluster_is_none():
    labels, half = np.repeat([4, 9, 7, -1, 2], 10), np.arange(50) % 10 // 5
    confidence = np.where(np.arange(50) % 10 < np.repeat([3, 8, 5, 10, 4], 10), 0.1, 0.9)
    assert in_parts(labels, confidence, [2 * labels + half]) == [9, 7, 2, 4]
    order = np.random.default_rng(0).permutation(50)
    assert in_parts(labels[order], confidence[order], [(2 * labels + half)[order]]) == [9, 7, 2, 4]


def test_only_clusters_with_doubt_that_a_finer_level_divides_are_listed():
    labels, half = np.repeat([4, 9, 7, 2], 10), np.arange(40) % 10 // 5
    confidence = np.where(labels == 9, 0.9, 0.1)
    coarse = np.where(labels == 4, 8 + half, labels)
    assert in_parts(labels, confidence, [coarse]) == [4]
    assert set(in_parts(labels, confidence, [coarse, np.where(labels == 2, 20 + half, coarse)])) == {4, 2}
    assert in_parts(labels, confidence, []) == in_parts(labels[:0], confidence[:0], [coarse[:0]]) == []


def test_the_list_is_short_however_many_clusters_there_are():
    labels, half = np.repeat(np.arange(40), 4), np.arange(160) % 4 // 2
    assert len(in_parts(labels, np.zeros(160), [2 * labels + half])) == CLUSTERS


def test_the_page_offers_clusters_in_doubt_where_a_finer_level_divides_them(tmp_path):
    gallery = make_gallery(tmp_path, 24, 2, all_files=False)
    table = pd.read_csv(gallery.data_dir / "clusters.csv").assign(confidence=np.repeat([0.2, 0.8], 12))
    write_table(gallery.data_dir / "clusters.csv", table)
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert page.data["inParts"] == [] and "several" not in page.ids
    write_table(gallery.data_dir / "clusters.csv", table.assign(level_4=np.repeat([0, 1, 2, 3], 6)))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    page = Page(tmp_path / "report.html")
    assert page.data["inParts"] == table["cluster"][:1].tolist() and "several" in page.ids
