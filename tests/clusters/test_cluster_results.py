"""The files of step 04."""
from dataclasses import replace

import numpy as np
import pandas as pd

from imgcluster.clusters.cluster_names import write_names
from imgcluster.clusters.cluster_results import (
    OUTPUTS,
    read_map,
    review_list,
    warn_of_other_inputs,
    warn_of_what_was_scored,
    write_clustering,
    write_map,
)
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.datafiles.records import write_record
from imgcluster.files import read_json, write_lines


def test_every_file_is_written_and_rows_agree(written, digits):
    folder, clustering = written
    assert all((folder / name).exists() for name in OUTPUTS)
    table = pd.read_csv(folder / "clusters.csv")
    assert table.cluster.tolist() == clustering.labels.tolist() == np.load(folder / "labels_pred.npy").tolist()
    assert {f"level_{level.max() + 1}" for level in clustering.levels} <= set(table.columns)


def test_the_count_is_written_with_how_it_was_found(written, digits, fitted, tmp_path):
    clustering = replace(written[1], interval=(2, 90), words="by eye", finer_groups=40)
    names = [f"{row}.png" for row in range(len(digits))]
    write_lines(tmp_path / "img_paths.txt", names)
    write_clustering(tmp_path, names, digits, fitted, clustering, blind_count=7)
    count = read_json(tmp_path / "cluster_count.json")
    assert (count["num_clusters"], count["interval"]) == (clustering.num_clusters, [2, 90])
    assert (count["in_words"], count["finer_groups"], count["blind_count"]) == ("by eye", 40, 7)


def test_a_map_read_back_places_photos_as_before(written, digits, fitted):
    som = read_map(written[0] / "som.npz")
    for found, expected in zip(som.best_matching_units(digits), fitted.best_matching_units(digits)):
        assert np.array_equal(found, expected)
    assert som.topology == "hexagonal"
    with np.load(written[0] / "som.npz") as arrays:
        assert np.allclose(arrays["distance_map"], fitted.distance_map(scaling="mean"))


def test_units_of_the_map_are_of_the_cluster_that_most_of_their_photos_are_in(fitted, tmp_path):
    units, labels = np.array([0, 0, 0, 3, 5, 5]), np.array([2, 1, 2, -1, 0, -1])
    write_map(tmp_path / "som.npz", fitted, units, labels)
    with np.load(tmp_path / "som.npz") as arrays:
        assert arrays["unit_clusters"].shape == arrays["hits"].shape
        assert arrays["unit_clusters"].ravel()[:6].tolist() == [2, -1, -1, -1, -1, 0]
        assert arrays["hits"].ravel()[:6].tolist() == [3, 0, 0, 1, 0, 2]


def test_groups_of_new_photos_are_of_those_that_are_still_in_no_cluster(written, digits, fitted, tmp_path):
    labels = np.where(np.arange(300) < 6, -1, written[1].labels)
    groups = np.where(np.arange(300) < 9, np.arange(300) % 2, -1)
    write_lines(tmp_path / "img_paths.txt", [f"{row}.png" for row in range(300)])
    write_clustering(tmp_path, range(300), digits, fitted, replace(written[1], labels=labels, new_groups=groups))
    table = pd.read_csv(tmp_path / "clusters.csv")
    assert table.new_group.tolist() == [0, 1, 0, 1, 0, 1] + [-1] * 294
    assert "new_group" not in pd.read_csv(written[0] / "clusters.csv")


def test_names_of_clusters_stand_beside_their_photos(written, digits, fitted, tmp_path):
    names = [f"{row}.png" for row in range(300)]
    write_names(tmp_path, {1: "mug, red", 7: "pan"})
    write_lines(tmp_path / "img_paths.txt", names)
    write_clustering(tmp_path, names, digits, fitted, replace(written[1], confidence=np.linspace(0, 1, 300)))
    for name in ("clusters.csv", "review.csv"):
        table = pd.read_csv(tmp_path / name, keep_default_na=False)
        called = {1: "mug, red", 7: "pan"}
        assert table.name.tolist() == [called.get(cluster, "") for cluster in table.cluster]
        assert "mug, red" in set(table.name)
        assert "name" not in pd.read_csv(written[0] / name)


def test_of_copies_the_first_is_to_be_looked_at(written, digits, fitted, tmp_path):
    names, copies = [f"{row}.png" for row in range(300)], np.arange(300)
    copies[4] = 1
    write_lines(tmp_path / "img_paths.txt", names)
    doubtful = replace(written[1], confidence=np.where(np.isin(copies, [1, 9]), 0, 1))
    write_clustering(tmp_path, names, digits, fitted, doubtful, copies=copies)
    assert pd.read_csv(tmp_path / "review.csv").file.tolist() == ["1.png", "9.png"]


def test_review_list_is_the_least_confident_first_and_bounded_but_for_all_that_fit_no_cluster():
    table = pd.DataFrame({"file": list("abcdefghij"), "cluster": [0] * 7 + [-1] * 3,
                          "confidence": [0.9, 0.1, 0.45, 0.3, 0.49, 0.8, 0.7, 0, 0, 0]})
    found = review_list(table)
    assert found.file.tolist() == list("bdhij")
    assert found.reason.tolist() == ["between clusters"] * 2 + ["fits no cluster"] * 3


def test_review_list_holds_all_photos_whose_cluster_nothing_tells():
    table = pd.DataFrame({"file": list("abcdefghij"), "cluster": [0] * 9 + [-1], "confidence": [0.1, 0.2] + [0] * 8})
    found = review_list(table[1:], unknown=np.arange(2, 8))
    assert found.file.tolist() == ["i", "b", *"cdefgh", "j"]
    assert found.reason.tolist()[2:] == ["nothing tells its cluster"] * 6 + ["fits no cluster"]


def test_files_that_are_not_those_a_step_read_are_warned_of(tmp_path):
    said = []
    write_lines(tmp_path / "img_paths.txt", "abc")
    for kind in ("true", "pred"):
        write_labels(tmp_path, kind, np.arange(3))
    np.save(tmp_path / "features.npy", np.eye(3))
    write_record(tmp_path, "04", settings={}, outputs=[], inputs=[tmp_path / "features.npy"])
    write_record(tmp_path, "05", settings={}, outputs=[],
                 inputs=[tmp_path / "labels_true.txt", tmp_path / "labels_pred.txt"])
    for check in (warn_of_other_inputs, warn_of_what_was_scored):
        check(tmp_path, warn=said.append)
    assert said == []
    np.save(tmp_path / "features.npy", np.ones((3, 3)))
    warn_of_other_inputs(tmp_path, warn=said.append)
    write_labels(tmp_path, "pred", np.zeros(3, int))
    warn_of_what_was_scored(tmp_path, warn=said.append)
    assert ["step 04 made the clusters from" in said[0], "step 05 scored" in said[1]] == [True, True] and len(said) == 2
    write_labels(tmp_path, "pred", np.arange(3))
    (tmp_path / "labels_true.txt").unlink()
    warn_of_what_was_scored(tmp_path, warn=said.append)
    assert said[2].startswith("labels_true.txt ") and "step 05 scored" in said[2], "scores by labels that are gone"


def test_photos_with_less_than_a_third_of_the_lead_are_to_be_looked_at_one_at_least():
    table = pd.DataFrame({"file": list("abc"), "cluster": 0, "confidence": [0.34, 0.33, 0.32]})
    assert review_list(table)["file"].tolist() == review_list(table[1:])["file"].tolist() == ["c"]
    table = pd.DataFrame({"file": [f"{row}" for row in range(100)], "cluster": 0, "confidence": 0.34})
    assert review_list(table).empty and len(review_list(table.assign(confidence=0.33))) == 20
