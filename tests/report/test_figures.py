"""Figures: every one of a finished dataset is drawn, and what has no data is left out."""
import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.files import write_array, write_json
from imgcluster.report.figures import figures, found_alone, save_figures
from imgcluster.report.gallery import load_thumbnail
from imgcluster.rows import unit_length

ALWAYS = {"scatter.png", "distance_map.png", "hits.png", "map.png"}
COUNT = 24


@pytest.fixture
def gallery(finished_gallery):
    return finished_gallery


def draw(gallery, name):
    return figures(gallery)[name]()


def changed(gallery, **fields):
    """The same gallery with other fields and nothing read yet."""
    return dataclasses.replace(gallery, **fields)


def sheet(cluster):
    return f"cluster_sheets/cluster_{cluster:03d}.png"


def text_of(figure):
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_a_finished_dataset_has_every_figure(gallery, tmp_path):
    made = {name: draw() for name, draw in figures(gallery).items()}
    assert set(made) == ALWAYS | {"background_removal.png", "training.png", "confusion.png", "scores.png", sheet(0),
                                  sheet(1), sheet(2)}
    for name, figure in made.items():
        assert isinstance(figure, Figure), name
        figure.savefig(tmp_path / "figure.png", dpi=30)


def test_figures_of_an_earlier_run_that_this_one_lacks_are_removed(gallery, silent, tmp_path):
    def saved(gallery):
        names = save_figures(gallery, tmp_path / "result", progress=silent)
        assert all((tmp_path / "result" / name).stat().st_size for name in names)
        return set(names)

    before = saved(gallery)
    (tmp_path / "result" / "own.png").touch()
    (gallery.data_dir / "labels_true.txt").unlink()
    now = saved(changed(gallery, max_sheets=1))
    assert before - now == {"confusion.png", sheet(0), sheet(2)} and now < before
    left = (path.relative_to(tmp_path / "result").as_posix() for path in (tmp_path / "result").rglob("*.png"))
    assert set(left) == now | {"own.png"}


def test_clusters_come_largest_first_and_no_more_than_asked_for(gallery):
    sheets = [name for name in figures(changed(gallery, max_sheets=2)) if name.startswith("cluster_sheets")]
    assert sheets == [sheet(1), sheet(0)]
    none = changed(gallery, max_sheets=0)
    assert not any(name.startswith("cluster_sheets") for name in figures(none)) and draw(none, "confusion.png") is None


def test_sheets_hold_the_photos_of_their_cluster_the_most_typical_first(gallery):
    assert "12 photos" in text_of(draw(gallery, sheet(1)))
    rows = gallery.typical_first(np.flatnonzero(gallery.predicted == 1))
    assert sorted(rows) == list(range(12))
    features = unit_length(np.load(gallery.data_dir / "features.npy"))
    assert (np.diff(features[rows] @ features[:12].sum(axis=0)) <= 1e-6).all()


@pytest.mark.parametrize("listed", [True, False])
def test_copies_of_one_photo_are_not_all_that_is_seen_of_a_cluster(gallery, listed):
    features = np.load(gallery.data_dir / "features.npy")
    copied = gallery.typical_first(np.flatnonzero(gallery.predicted == 1))[0]
    others = np.setdiff1d(np.flatnonzero(gallery.predicted == 1), copied)[:3]
    features[others] = features[copied] * (1.0001 if listed else 1)
    write_array(gallery.data_dir / "features.npy", features)
    if listed:
        write_table(gallery.data_dir / "duplicates.csv", pd.DataFrame(
            {"file": [gallery.img_paths[row] for row in others], "kept": gallery.img_paths[copied]}))
    rows = changed(gallery).typical_first(np.flatnonzero(gallery.predicted == 1))
    same = np.isin(rows, [copied, *others])
    assert same.sum() == 4 and same[-3:].all() and same[:-3].sum() == 1


def test_the_few_photos_that_a_person_merged_into_a_cluster_are_not_its_most_typical(gallery):
    features = np.repeat(np.eye(3, 6, dtype=np.float32), [12, 8, 4], axis=0)
    features[:10] += 0.1 * np.random.default_rng(1).random((10, 6), np.float32)
    features += 0.001 * np.random.default_rng(2).random((COUNT, 6), np.float32)  # no copies
    write_array(gallery.data_dir / "features.npy", features)
    write_labels(gallery.data_dir, "pred", np.repeat([1, 0, 1], [12, 8, 4]))
    by_hand = np.arange(COUNT) >= 20
    write_table(gallery.data_dir / "clusters.csv", gallery.clusters.assign(confidence=np.where(by_hand, 1, 0.5)))
    merged = changed(gallery)
    rows = merged.typical_first(np.flatnonzero(merged.predicted == 1))
    assert by_hand[rows].tolist() == [False] * 12 + [True] * 4


def test_a_sheet_names_every_file_and_says_what_the_number_means(gallery):
    text = text_of(draw(gallery, sheet(2)))
    assert all(re.search(rf"{row:02} (신발|□□)\.png", text) for row in range(20, 24))
    assert "confidence" in text and f"{gallery.clusters['confidence'][20]:.2f}" in text


def test_a_cluster_that_no_photo_of_the_map_shows_is_told_of(gallery):
    behind = np.setdiff1d(np.arange(COUNT), gallery.unit_photo)[0]
    write_labels(gallery.data_dir, "pred", np.where(np.arange(COUNT) == behind, 9, gallery.predicted))
    said = "; 1 cluster not seen here, as each place shows one photo of several"
    assert "not seen" not in text_of(draw(gallery, "map.png"))
    assert said in " ".join(text_of(draw(changed(gallery), "map.png")).split())


def test_one_model_alone_in_its_cluster_is_spoken_of_in_the_singular(gallery):
    write_labels(gallery.data_dir, "true", [f"model_{max(cluster, 1)}" for cluster in gallery.predicted])
    said = " ".join(text_of(draw(changed(gallery), "confusion.png")).split())
    assert "1 of 2 models has a cluster to itself (at least 90% of it and of its photos)" in said


def test_a_table_of_some_models_says_that_it_leaves_others_out(gallery):
    assert "are shown" not in text_of(draw(gallery, "confusion.png"))
    some = text_of(draw(changed(gallery, max_sheets=3), "confusion.png"))
    assert "3 models are shown, the most confused first" in some.replace("\n", " ")


def test_the_table_calls_clusters_by_their_names(gallery):
    assert "red boots" not in text_of(draw(gallery, "confusion.png"))
    write_table(gallery.data_dir / "cluster_names.csv", pd.DataFrame({"cluster": [1], "name": ["red boots"]}))
    assert "red boots" in text_of(draw(changed(gallery), "confusion.png"))


def test_the_sheet_of_one_photo_counts_it_in_the_singular(gallery):
    write_labels(gallery.data_dir, "pred", np.where(np.arange(COUNT) == 0, 9, gallery.predicted))
    assert "cluster 9, 1 photo Numbers: " in " ".join(text_of(draw(changed(gallery), sheet(9))).split())


def test_the_sheet_of_a_large_cluster_ends_with_its_most_doubtful_photos(gallery, monkeypatch):
    monkeypatch.setattr("imgcluster.report.figures.SHEET_PHOTOS", 6)
    monkeypatch.setattr("imgcluster.report.figures.SHEET_DOUBTFUL", 2)
    rows, confidence = gallery.typical_first(np.arange(12)), gallery.clusters["confidence"].to_numpy()
    text = " ".join(text_of(draw(gallery, sheet(1))).split())
    assert "6 in the middle left out" in text
    shown = [*rows[:4], *sorted(rows[4:], key=lambda row: -confidence[row])[-2:]]
    assert re.findall(r"0\.\d\d", text) == [f"{confidence[row]:.2f}" for row in shown]


def test_names_that_people_gave_are_shown(gallery):
    write_table(gallery.data_dir / "cluster_names.csv", pd.DataFrame({"cluster": [1], "name": ["red boots"]}))
    assert "cluster 1 (red boots)" in text_of(draw(gallery, sheet(1)))
    assert all("red boots" in text_of(draw(gallery, name)) for name in ("map.png", "scatter.png", "distance_map.png"))


def test_a_corrected_photo_is_framed_in_its_new_cluster(gallery):
    row = gallery.unit_photo[gallery.unit_photo >= 0][0]
    write_labels(gallery.data_dir, "pred", np.where(np.arange(COUNT) == row, 7, gallery.predicted))
    fresh = changed(gallery)
    assert fresh.unit_clusters[fresh.unit_photo == row] == 7
    assert (fresh.unit_clusters[fresh.unit_photo < 0] == -1).all()


def test_models_with_a_cluster_to_themselves_are_counted():
    true = np.repeat(["a", "b", "c"], [10, 10, 10])
    predicted = np.array([0] * 10 + [1] * 9 + [2] + [3] * 5 + [4] * 5)
    assert found_alone(true, predicted) == (2, 3)
    assert found_alone(true, np.zeros(30, int)) == (0, 3)
    assert found_alone(true, np.where(np.arange(30) < 10, -1, predicted)) == (1, 3)


def test_an_empty_cluster_has_no_sheet(gallery):
    write_labels(gallery.data_dir, "pred", np.repeat([0, 3], [20, 4]))
    assert {name for name in figures(gallery) if name.startswith("cluster_sheets")} == {sheet(0), sheet(3)}


def test_without_true_labels_scores_and_confusion_are_left_out(gallery):
    (gallery.data_dir / "labels_true.txt").unlink()
    write_json(gallery.data_dir / "metrics.json", {"num_clusters": 3})
    assert draw(gallery, "scores.png") is None and draw(gallery, "confusion.png") is None
    assert isinstance(draw(gallery, "scatter.png"), Figure) and isinstance(draw(gallery, "hits.png"), Figure)


def test_without_a_fine_tuned_network_there_are_no_training_curves(gallery):
    assert draw(changed(gallery, train_dir=None), "training.png") is None
    (gallery.train_dir / "history.csv").unlink()
    assert draw(gallery, "training.png") is None


def test_without_metrics_there_is_no_table_of_scores(gallery):
    (gallery.data_dir / "metrics.json").unlink()
    assert draw(gallery, "scores.png") is None and "ARI" not in gallery.title


def test_photos_that_step_01_left_as_they_were_are_not_shown_twice(gallery):
    assert isinstance(draw(gallery, "background_removal.png"), Figure)
    assert draw(changed(gallery, img_dir=gallery.raw_dir), "background_removal.png") is None


def test_without_any_photos_the_figures_are_drawn_all_the_same_but_for_sheets_of_nothing(gallery, tmp_path):
    lacking = changed(gallery, img_dir=tmp_path / "none", raw_dir=tmp_path / "none")
    thumbnail = load_thumbnail(lacking, 0)
    assert thumbnail.dtype == np.uint8 and np.ptp(thumbnail) == 0
    assert isinstance(draw(lacking, "map.png"), Figure) and draw(lacking, sheet(0)) is None
    for other in gallery.img_paths[1:]:
        (gallery.img_dir / other).unlink()
    assert isinstance(draw(changed(gallery, raw_dir=tmp_path / "none"), sheet(0)), Figure)
