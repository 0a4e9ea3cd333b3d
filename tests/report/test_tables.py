"""Tables of the report: scores, records of the steps, files with warnings."""
import dataclasses

import numpy as np
import pandas as pd
from report_gallery import Page, make_gallery

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.feature_record import features_digest
from imgcluster.datafiles.records import write_record
from imgcluster.files import write_json, write_lines
from imgcluster.report import write_report
from imgcluster.report.tables import answer, doubtful_files, records, scores


def test_scores_of_other_clusters_are_not_shown(tmp_path):
    gallery = make_gallery(tmp_path)
    inputs = [gallery.data_dir / "labels_pred.txt", gallery.data_dir / "features.npy"]
    write_record(gallery.data_dir, "05", settings={}, outputs=["metrics.json"], inputs=inputs)
    assert scores(gallery)["main"] and "ARI" in gallery.title
    write_lines(inputs[0], ["0"] * len(gallery.predicted))
    later = dataclasses.replace(gallery)
    assert not scores(later)["main"] and "ARI" not in later.title


def test_an_interval_of_another_number_of_clusters_is_not_shown(tmp_path):
    gallery = make_gallery(tmp_path)
    found = len(set(gallery.predicted))
    for number, interval in ((found, [2, 9]), (found + 1, None)):
        write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": number, "interval": [2, 9]})
        assert answer(gallery)["interval"] == interval


def test_step_02_is_that_of_the_training_set_in_use(tmp_path):
    gallery = make_gallery(tmp_path)
    for folder in ("data", "known"):
        write_json(tmp_path / folder / "made_by_02.json", {"step": "02", "outputs": [f"network of {folder}"]})
    for train_dir, dataset in ((tmp_path / "known", "known"), (gallery.data_dir, "data"), (None, None)):
        found = records(dataclasses.replace(gallery, train_dir=train_dir))
        trained = [(record["outputs"], record["dataset"]) for record in found if record["step"] == "02"]
        assert trained == ([([f"network of {dataset}"], dataset)] if dataset else [])
        assert [record["dataset"] for record in found if record["step"] == "04"] == [None]
    write_report(tmp_path / "report.html", gallery)
    assert "<summary>Step 02, data <small>network of data" in Page(tmp_path / "report.html").text


def test_photos_used_in_spite_of_a_warning_are_listed_with_those_left_out(tmp_path):
    gallery = make_gallery(tmp_path, all_files=False)
    warnings = {gallery.img_paths[1]: "blurred", gallery.img_paths[2]: "", gallery.img_paths[3]: "incomplete file",
                "copy left out.jpg": "dark"}
    write_table(gallery.data_dir / "photos.csv", pd.DataFrame({"file": list(warnings), "warnings": warnings.values()}))
    assert doubtful_files(gallery) == {"columns": ["file", "warnings"], "total": 2, "lines": [
        [gallery.img_paths[3], "incomplete file"], [gallery.img_paths[1], "blurred"]]}
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert {"files", "doubtful"} <= page.ids and "2 photos used with warnings" in page.text
    (gallery.data_dir / "photos.csv").write_text("file\na.jpg\n")
    assert doubtful_files(gallery) is None


def test_the_main_scores_are_open_and_the_others_folded(tmp_path):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "metrics.json", {"ari": 0.8, "bcubed_f1": 0.7, "silhouette": 0.1, "purity": np.nan})
    found = scores(gallery)
    assert [line[2] for line in found["main"]] == [0.8]
    assert list(found["groups"]) == ["Photo by photo (B-cubed)"]
    assert [line[0] for line in found["label_free"]] == ["Silhouette"]


def test_how_photos_were_placed_comes_first_among_the_scores(tmp_path):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": 3, "interval": [3, 3], "assigned_to": "first"})
    placed = {"known_in_own_cluster": 0.52, "known_in_no_cluster": 0.19, "new_in_no_cluster": 0.83}
    write_json(gallery.data_dir / "metrics.json", {"ari": 0.3, "ari_interval": [0.2, 0.4], "ami": 0.5, **placed})
    assert [line[2] for line in scores(gallery)["placed"]] == list(placed.values())
    write_report(tmp_path / "report.html", gallery)
    text = Page(tmp_path / "report.html").text
    section = text[text.index('<section id="scores">'):]
    parts = ("Placed in the clusters of first", "0.520", "0.190", "0.830", "These photos by themselves", "0.300",
             "More ways to count the same")
    assert [section.count(part) for part in parts] == [1] * 7
    assert sorted(parts, key=section.index) == list(parts)
    top = text[:text.index('<section id="scores">')]
    assert "Known products in their cluster" in top and "52 %" in top and "(ARI)" not in top


def test_features_of_ones_own_are_of_no_network_of_the_run(tmp_path):
    gallery = make_gallery(tmp_path)
    write_record(gallery.data_dir, "03", settings={"BACKBONE": "MobileNet"}, outputs=["features.npy"],
                 features=features_digest(gallery.data_dir))
    write_record(gallery.train_dir, "02", settings={}, outputs=["network.keras"])
    assert {"02", "03"} <= {record["step"] for record in records(gallery)} and gallery.history is not None
    np.save(gallery.data_dir / "features.npy", np.ones((24, 3), np.float32))
    own = dataclasses.replace(gallery)
    assert not {"02", "03"} & {record["step"] for record in records(own)} and own.history is None


def test_a_page_without_any_photo_says_so_once_and_others_do_not(tmp_path):
    gallery = make_gallery(tmp_path)
    write_report(tmp_path / "report.html", gallery)
    assert "no-photos" not in Page(tmp_path / "report.html").ids
    lacking = dataclasses.replace(gallery, img_dir=tmp_path / "none", raw_dir=tmp_path / "no")
    write_report(tmp_path / "report.html", lacking)
    page = Page(tmp_path / "report.html")
    assert "no-photos" in page.ids and page.text.count("grey squares stand for them") == 1
