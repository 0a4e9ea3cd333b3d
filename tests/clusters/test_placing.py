"""Photos placed in the clusters of another dataset: numbers, names, marks, and what is refused or warned of."""
import shutil
from dataclasses import replace

import numpy as np
import pytest

from imgcluster.clusters.carried_over import corrected, read_names
from imgcluster.clusters.cluster_results import write_clustering
from imgcluster.clusters.placing import doubt_of_placed, place_on, placed_by, placed_id, warn_of_other_earlier
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_array, write_json, write_lines
from imgcluster.wording import OWN_CLUSTERS


def test_photos_placed_later_meet_the_corrected_clusters(written, digits, fitted, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    last = clustering.num_clusters - 1
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"merge,,{last},0", "merge,,1,2"])
    write_lines(tmp_path / "img_paths.txt", names)
    found, _, moved = corrected(tmp_path, names, digits, fitted, clustering, warn=pytest.fail)
    assert moved == np.isin(clustering.labels, [1, last]).sum() > 0
    write_clustering(tmp_path, names, digits, fitted, found)
    write_array(tmp_path / "features.npy", digits)
    placed = place_on(tmp_path, tmp_path / "new", digits)[1]
    assert not np.isin(placed.labels, [1, last]).any()
    som = place_on(tmp_path, tmp_path / "new", digits[:9])[0]
    assert som.quantization_errors == [som.quantization_error(digits[:9])]
    assert placed.interval == (placed.num_clusters,) * 2 == (len(set(placed.labels) - {-1}),) * 2
    fits = placed.labels >= 0
    assert fits.mean() > 0.9
    before = np.isin(clustering.labels[fits], [0, last])
    assert (placed.labels[fits][before] == 0).mean() > 0.8
    units = fitted.best_matching_units(digits)[0]
    elsewhere = ~np.isin(np.arange(len(clustering.unit_clusters)), units[np.isin(clustering.labels, [1, last])])
    assert elsewhere.any()
    assert np.array_equal(found.unit_clusters[elsewhere], clustering.unit_clusters[elsewhere])
    assert not np.isin(found.unit_clusters, [1, last]).any()


@pytest.mark.parametrize("calibrated", [True, False])
def test_photos_that_fit_no_cluster_are_in_none_and_not_counted(written, digits, tmp_path, calibrated):
    earlier = tmp_path / "earlier"
    shutil.copytree(written[0], earlier)
    write_array(earlier / "features.npy", digits)
    write_labels(earlier, "pred", np.where(np.arange(300) < 3, -1, written[1].labels))
    write_json(earlier / "cluster_count.json", {**read_json(earlier / "cluster_count.json"), "calibrated": calibrated})
    photos = np.concatenate([digits[written[1].labels != 1][:20], -digits[:9]])
    som, placed, names = place_on(earlier, tmp_path, photos)
    assert (placed.labels[20:] == -1).all() and (placed.confidence[20:] == 0).all()
    fits = placed.labels >= 0
    assert fits.sum() > 15 and (placed.confidence[fits] > 0).mean() > 0.8
    assert placed.num_clusters == len(set(placed.labels[fits])) and placed.interval == (placed.num_clusters,) * 2
    assert placed.calibrated == calibrated and placed.words == "placed in earlier clusters" and placed.levels == []
    assert names == dict.fromkeys(range(written[1].num_clusters), "")
    assert som.topographic_errors == [som.topographic_error(photos)]
    write_labels(earlier, "pred", np.zeros(300, int))
    assert place_on(earlier, tmp_path, digits[:2])[1].labels.tolist() == [0, 0]


def test_placed_photos_are_of_one_clustering_while_the_earlier_one_and_its_numbers_stay(tmp_path):
    write_json(tmp_path / "cluster_count.json", {"clustering_id": "abc"})
    assert placed_id(tmp_path, {0: "", 7: "boots"}) == placed_id(tmp_path, {7: ""}) == "abc+7"
    assert placed_id(tmp_path, {0: "", 8: ""}) != "abc+7"


def test_names_of_earlier_clusters_are_kept_and_their_numbers_not_given_again(written, digits, fitted, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    first, second = tmp_path / "first", tmp_path / "second"
    write_lines(first / "img_paths.txt", names)
    write_lines(first / "corrections.csv", ["action,file,cluster,value", f"split,{names[0]},,new-1",
                                            "name,,0,zeros", "name,,1,ones", "name,,2,twos"])
    found = corrected(first, names, digits, fitted, clustering, warn=pytest.fail)[0]
    write_clustering(first, names, digits, fitted, found)
    write_array(first / "features.npy", digits)
    earlier, highest = place_on(first, first / "new", digits)[2], clustering.num_clusters
    assert list(earlier) == list(range(highest + 1)) and earlier[3] == ""
    few = np.flatnonzero(clustering.labels == 0)[1:]
    placed = replace(clustering, labels=clustering.labels[few], confidence=clustering.confidence[few], levels=[])
    options = {"earlier": earlier, "warn": pytest.fail}
    corrected(second, [names[row] for row in few], digits[few], fitted, placed, **options)
    assert read_names(second) == {0: "zeros", 1: "ones", 2: "twos"}
    write_lines(second / "corrections.csv", ["action,file,cluster,value", f"split,{names[few[0]]},,new-1",
                                             "name,,0,noughts", "name,,1,", "name,,new-1,odd"])
    found = corrected(second, [names[row] for row in few], digits[few], fitted, placed, **options)[0]
    assert found.labels[0] == highest + 1
    assert read_names(second) == {0: "noughts", 2: "twos", highest + 1: "odd"}


@pytest.mark.parametrize("earlier, new, words", [
    ({"network": "a"}, {"network": "b"},
     r"not by the network .*earlier \(there, here: by a, not fine-tuned; by b, not fine-tuned\); run "
     "03_extract_features.py for DATASET again with ASSIGN_TO set"),
    ({"network": "a", "network_file": "12ab"}, {"network": "a", "network_file": "34cd"},
     r"both by a, not fine-tuned, but with other weights .*; run 03"),
    ({"network": "a", "network_file": "12ab", "fitted_to": "shop"},
     {"network": "a", "network_file": "34cd", "fitted_to": "week2"}, "by a, fitted to shop; by a, fitted to week2"),
    ({"settings": {"L2_NORMALIZE": True}}, {"settings": {"L2_NORMALIZE": False}}, "L2_NORMALIZE: True, False"),
    ({"settings": {"PCA_WHITENING": 64}}, {"settings": {"PCA_WHITENING": 64}}, "PCA_WHITENING")])
def test_features_that_cannot_be_compared_are_not_placed(tmp_path, digits, earlier, new, words):
    for folder, record in (("earlier", earlier), ("new", new)):
        write_json(tmp_path / folder / "made_by_03.json", record)
    with pytest.raises(UserError, match=words) as refused:
        place_on(tmp_path / "earlier", tmp_path / "new", digits)
    assert "12ab" not in str(refused.value), "the digest of a network says nothing to anyone"


def test_clusters_that_changed_since_photos_were_placed_in_them_are_warned_of(tmp_path):
    said, earlier = [], tmp_path / "earlier"
    write_lines(earlier / "labels_pred.txt", ["0", "1"])
    for noted in ({}, {"placed_by": placed_by(earlier)}):
        write_json(tmp_path / "cluster_count.json", {"assigned_to": "earlier", **noted})
        warn_of_other_earlier(tmp_path, folder_of=lambda name: tmp_path / name, warn=said.append)
    assert said == []
    for name, lines in (("cluster_names.csv", ["cluster,name", "0,boots"]), ("labels_pred.txt", ["0", "0"])):
        write_json(tmp_path / "cluster_count.json", {"assigned_to": "earlier", "placed_by": placed_by(earlier)})
        write_lines(earlier / name, lines)
        warn_of_other_earlier(tmp_path, folder_of=lambda name: tmp_path / name, warn=said.append)
    shutil.rmtree(earlier)
    warn_of_other_earlier(tmp_path, folder_of=lambda name: tmp_path / name, warn=said.append)
    assert len(said) == 2 and all("clusters of earlier or their names have changed" in text for text in said)


def test_a_dataset_that_was_placed_itself_is_no_good_one_to_place_photos_in(tmp_path):
    assert doubt_of_placed(tmp_path, "week_2") == ""
    write_json(tmp_path / "cluster_count.json", {"assigned_to": "week_1"})
    assert "Go on naming week_1" in doubt_of_placed(tmp_path, "week_2")


def test_a_dataset_is_not_placed_in_its_own_clusters(written, digits):
    with pytest.raises(UserError, match=f"ASSIGN_TO {OWN_CLUSTERS}"):
        place_on(written[0], written[0], digits)


def test_a_dataset_that_was_not_clustered_is_named_with_its_setting(written, digits, tmp_path):
    with pytest.raises(UserError, match="ASSIGN_TO: .*nowhere.som.npz is missing"):
        place_on(tmp_path / "nowhere", written[0], digits)
    shutil.copytree(written[0], tmp_path / "parts")
    (tmp_path / "parts" / "cluster_count.json").unlink()
    with pytest.raises(UserError, match="ASSIGN_TO: .*parts.cluster_count.json is missing"):
        place_on(tmp_path / "parts", written[0], digits)


def test_photos_of_another_width_or_beside_none_in_a_cluster_are_not_placed(written, digits, tmp_path):
    with pytest.raises(UserError, match="64 features, those of DATASET 5"):
        place_on(written[0], tmp_path, np.ones((3, 5), np.float32))
    earlier = tmp_path / "earlier"
    shutil.copytree(written[0], earlier)
    write_labels(earlier, "pred", np.full(len(digits), -1))
    with pytest.raises(UserError, match="no photo in .* is in a cluster"):
        place_on(earlier, tmp_path, digits[:3])
