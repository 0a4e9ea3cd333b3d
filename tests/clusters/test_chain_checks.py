"""What keeps photos from being placed in the clusters of others, refused with what to do about it."""
import shutil

import numpy as np
import pytest

from imgcluster.clusters.chain_checks import doubts_of_own
from imgcluster.clusters.placing import place_on
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.datafiles.records import record_file
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_array, write_json
from imgcluster.wording import OWN_CLUSTERS


def test_numbers_that_would_mean_several_clusters_are_refused_and_the_weeks_to_place_anew_named(weeks):
    weeks.correct("week1", "split,4_0.jpg,4,new-1")
    weeks.find("week1")
    weeks.photograph("week4", 0)
    both = "week2 .with ASSIGN_TO = 'week1'., then week3 .with ASSIGN_TO = 'week2'.$"
    for again in (both, both.partition("then ")[2]):
        with pytest.raises(UserError, match=f"run 04_cluster_som.py again for {again}"):
            weeks.place("week4", "week3")
        weeks.place("week2", "week1")
    weeks.place("week3", "week2")
    weeks.place("week4", "week3")
    weeks.photograph("week1", 0, 1)
    weeks.find("week1")
    with pytest.raises(UserError, match="week1 has other clusters, or more, than when week2 was placed in them"):
        weeks.place("week3", "week2")


def test_datasets_in_each_others_clusters_are_refused(weeks):
    for name in ("week1", "week2"):
        with pytest.raises(UserError, match="in the clusters of DATASET themselves"):
            weeks.place(name, "week3")
    path = weeks.folder("week1") / "cluster_count.json"
    write_json(path, {**read_json(path), "assigned_to": "week2"})
    weeks.photograph("week4", 0)
    with pytest.raises(UserError, match="week3, week2 and week1 are in each other's clusters"):
        weeks.place("week4", "week3")


def test_each_week_is_compared_by_the_network_behind_its_features(weeks):
    for name, network in (("week1", "a"), ("week2", "b"), ("week3", "b")):
        write_json(weeks.folder(name) / "made_by_03.json", {"network": network})
    with pytest.raises(UserError, match="those of week1 in .*by a, .*; by b.*those of week2 are: run steps 03 and 04"):
        weeks.place("week3", "week2")


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
        place_on({"earlier": tmp_path / "earlier"}, tmp_path / "new", digits)
    assert "12ab" not in str(refused.value), "the digest of a network says nothing to anyone"


def test_a_dataset_is_not_placed_in_its_own_clusters(weeks):
    with pytest.raises(UserError, match=f"ASSIGN_TO = 'week1' {OWN_CLUSTERS}"):
        weeks.place("week1", "week1")


def test_a_dataset_that_was_not_clustered_is_named_with_its_setting(weeks):
    with pytest.raises(UserError, match="ASSIGN_TO = 'wek1': there is no .*wek1 .did you mean 'week1'.*; name a"):
        weeks.place("week2", "wek1")
    weeks.folder("nowhere").mkdir()
    for missing in ("som.npz", "cluster_count.json", "labels_pred.txt"):
        with pytest.raises(UserError, match="ASSIGN_TO = 'nowhere': .*nowhere.som.npz is missing"):
            weeks.place("week1", "nowhere")
        aside = (weeks.folder("week2") / missing).rename(weeks.root / missing)
        with pytest.raises(UserError, match=f"ASSIGN_TO = 'week2': .*week2.{missing} is missing"):
            weeks.place("week3", "week2")
        aside.rename(weeks.folder("week2") / missing)


def test_weeks_whose_clustering_was_cut_off_are_refused_until_it_came_to_its_end(weeks):
    record = record_file(weeks.folder("week1"), "04")
    write_json(record, {"complete": False})
    for name in ("week1", "week2"):
        with pytest.raises(UserError, match=f"ASSIGN_TO = .{name}.: step 04 did not .* for week1, .* week1$"):
            weeks.place("week3", name)
    record.unlink()
    weeks.place("week3", "week2")


def test_a_map_of_features_of_another_width_is_refused(written, digits, tmp_path):
    earlier = tmp_path / "earlier"
    shutil.copytree(written[0], earlier)
    wider = np.hstack([digits, digits])
    write_array(earlier / "features.npy", wider)
    with pytest.raises(UserError, match="earlier are of 64 features a photo, its features have 128 by now; run 04_"):
        place_on({"earlier": earlier}, tmp_path, wider[:3])


def test_photos_of_another_width_or_beside_none_in_a_cluster_are_not_placed(written, digits, tmp_path):
    earlier = tmp_path / "earlier"
    shutil.copytree(written[0], earlier)
    write_array(earlier / "features.npy", digits)
    with pytest.raises(UserError, match="photos of earlier have 64 features, those of DATASET 5"):
        place_on({"earlier": earlier}, tmp_path, np.ones((3, 5), np.float32))
    write_labels(earlier, "pred", np.full(len(digits), -1))
    with pytest.raises(UserError, match="no photo of earlier is in a cluster"):
        place_on({"earlier": earlier}, tmp_path, digits[:3])


def test_features_of_ones_own_that_were_centred_or_fit_next_to_nothing_are_doubted():
    earlier = 3 + np.random.default_rng(0).standard_normal((2000, 8)).astype(np.float32)
    centred = earlier - earlier.mean(axis=0)
    assert [*doubts_of_own("week1", earlier, earlier[:40], 0.5)] == []
    assert [*doubts_of_own("week1", centred, 7 * centred / centred.std(axis=0), 0.5)] == []
    [said] = doubts_of_own("week1", earlier, centred, 0.5)
    assert said.startswith("the mean of these features is far nearer to 0 than that of week1's")
    assert [*doubts_of_own("week1", centred, centred[:10], 0.5)] == []
    [said] = doubts_of_own("week1", earlier, earlier[:, ::-1], 0.05)
    assert said.startswith("hardly any of these photos fit the clusters of week1")
