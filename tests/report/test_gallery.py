"""The gallery: what a finished dataset has to show."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imgcluster.csv_tables import write_table
from imgcluster.errors import UserError
from imgcluster.report.gallery import before_and_after, load_thumbnail, warn_of_photos_not_found


@pytest.fixture
def gallery(finished_gallery):
    return finished_gallery


def test_photos_that_are_nowhere_are_told_of(gallery, tmp_path):
    said = []
    warn_of_photos_not_found(gallery, warn=pytest.fail)
    without_raw = replace(gallery, raw_dir=tmp_path / "none")
    warn_of_photos_not_found(without_raw, warn=pytest.fail)
    warn_of_photos_not_found(replace(without_raw, img_dir=tmp_path / "no"), warn=said.append)
    assert f"24 of 24 photos found neither in {tmp_path / 'none'} nor in" in said[0] and "no sheets" in said[0]
    (gallery.img_dir / gallery.img_paths[3]).unlink()
    warn_of_photos_not_found(replace(without_raw), warn=said.append)
    assert f"1 of 24 photos found neither in {tmp_path / 'none'}" in said[1] and "no sheets" not in said[1]


@pytest.mark.parametrize("spoil", [
    lambda table: table.sort_values("cluster"), lambda table: table.head(20), lambda table: table.drop(columns="file"),
    lambda table: table.drop(columns="distance"), lambda table: table.assign(confidence="0,5")])
def test_a_table_of_clusters_that_was_sorted_or_edited_is_named(gallery, spoil):
    path = gallery.data_dir / "clusters.csv"
    write_table(path, spoil(pd.read_csv(path)))
    with pytest.raises(UserError, match="clusters.csv: its lines are not those .* run 04_cluster_som.py again"):
        gallery.clusters  # noqa: B018


def test_names_in_the_table_of_clusters_are_texts(gallery):
    path = gallery.data_dir / "clusters.csv"
    write_table(path, pd.read_csv(path).assign(name=["boots", "", "12"] * 8))
    assert gallery.clusters["name"].tolist() == ["boots", "", "12"] * 8
    assert gallery.clusters["cluster"].dtype == int


@pytest.mark.parametrize("content", ["", "phase,epoch,loss,val_loss\n"])
def test_a_history_without_epochs_is_none(gallery, content):
    (gallery.train_dir / "history.csv").write_text(content)
    assert gallery.history is None


def test_the_history_is_of_numbers_but_for_the_phase(gallery):
    (gallery.train_dir / "history.csv").write_text("phase,epoch,loss,val_loss\nhead,0,,0.5\nnetwork,1,0.4,0.3\n")
    assert [kind.kind for kind in gallery.history.dtypes.drop("phase")] == ["i", "f", "f"]
    assert gallery.history["phase"].tolist() == ["head", "network"] and np.isnan(gallery.history["loss"][0])


@pytest.mark.parametrize("folder", ["img_dir", "raw_dir"])
def test_photos_are_shown_from_where_they_are(gallery, tmp_path, folder):
    lacking = replace(gallery, **{folder: tmp_path / "none"})
    assert load_thumbnail(lacking, 0).shape == (16, 16, 3)
    assert before_and_after(lacking, range(24)) == ({}, 0, 0)


def test_of_photos_that_step_01_changed_those_come_first_that_changed_most(gallery):
    greys = {3: 110, 7: 200, 20: 150}
    for row, name in enumerate(gallery.img_paths):
        for folder, grey in ((gallery.raw_dir, 90), (gallery.img_dir, greys.get(row, 90))):
            Image.fromarray(np.full((16, 16, 3), grey, np.uint8)).save(folder / name)
    pairs, changed, looked_at = before_and_after(gallery, range(24))
    assert (list(pairs), changed, looked_at) == ([7, 20, 3], 3, 24)
    assert [int(after.mean()) for _, after in pairs.values()] == [200, 150, 110]


def test_all_of_what_changed_is_counted_and_some_is_shown(gallery):
    pairs, changed, looked_at = before_and_after(gallery, range(24))
    assert (len(pairs), changed, looked_at) == (12, 24, 24)
    assert before_and_after(gallery, []) == ({}, 0, 0)


def test_thumbnails_show_the_photo_without_background(gallery, squares):
    np.testing.assert_array_equal(load_thumbnail(gallery, 5), 255 - squares(np.arange(24) % 4)[5])


def test_titles_tell_the_finding(gallery):
    assert all(part in gallery.title for part in ("shoes", "3", "4", "24", "0.6"))
