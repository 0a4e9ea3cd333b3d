"""Photos placed in the clusters of other datasets: numbers, names, marks, and what is refused or warned of."""
import shutil
from dataclasses import replace

import numpy as np
import pytest
from by_hand import corrected
from weeks import note_contents

from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.cluster_results import write_clustering, write_map
from imgcluster.clusters.corrections_kept import UNKNOWN
from imgcluster.clusters.placing import (
    clusters_of_same,
    earlier_clusters,
    highest_number,
    numbers_after,
    place_on,
    placed_by,
    put_in_none,
    to_place_anew,
    warn_of_other_earlier,
)
from imgcluster.datafiles.artefacts import read_features, read_img_paths, read_labels, write_labels
from imgcluster.datafiles.chain import chain_from, merged_in
from imgcluster.datafiles.records import record_file
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_array, write_json, write_lines
from imgcluster.rows import unit_length
from imgcluster.som import SelfOrganizingMap
from imgcluster.wording import OWN_CLUSTERS


def test_a_product_that_was_new_last_week_is_known_by_its_number_and_name(weeks):
    assert weeks.clusters_of("week2") == {1: 1, 2: 2, 5: 5}
    assert weeks.clusters_of("week3") == {0: 0, 1: 1, 5: 5, 6: -1}
    assert read_names(weeks.folder("week3")) == {1: "ones", 5: "boots"}
    assert weeks.said == []


def test_new_clusters_of_later_weeks_go_on_after_all_numbers_there_were(weeks):
    weeks.correct("week3", *(f"split,6_{number}.jpg,-1,new-1" for number in range(15)))
    weeks.place("week3", "week2")
    assert weeks.clusters_of("week3")[6] == 6
    # A number stays taken where the only cluster of it was merged.
    weeks.add_corrections("week3", "merge,,new-1,0")
    weeks.place("week3", "week2")
    weeks.photograph("week4", 3, 5, 7)
    weeks.correct("week4", *(f"split,7_{number}.jpg,-1,new-1" for number in range(15)))
    weeks.place("week4", "week3")
    assert weeks.clusters_of("week4") == {3: 3, 5: 5, 7: 7}
    assert [highest_number(weeks.folder(f"week{week}")) for week in (1, 2, 3, 4)] == [4, 5, 6, 7]


def test_corrections_hold_when_any_week_of_the_chain_is_corrected(weeks):
    weeks.correct("week3", *(f"split,6_{number}.jpg,-1,new-1" for number in range(15)), "move,0_0.jpg,,5",
                  "name,,new-1,hats", "move,0_1.jpg,,6", "name,,4,fours")
    weeks.place("week3", "week2")
    assert weeks.lines == 19 and weeks.clusters_of("week3")[6] == 6
    # Two clusters more in the first week, later one more in the second; then the highest ones are merged.
    weeks.correct("week1", "split,4_0.jpg,4,new-1", "split,4_1.jpg,4,new-2")
    weeks.find("week1")
    weeks.place("week2", "week1")
    weeks.place("week3", "week2")
    assert weeks.clusters_of("week2")[5] == 7
    weeks.add_corrections("week2", "split,1_3.jpg,1,new-2", "merge,,new-2,1")
    weeks.place("week2", "week1")
    weeks.add_corrections("week1", "merge,,4,3", "merge,,new-2,3")
    weeks.find("week1")
    weeks.place("week2", "week1")
    weeks.said.clear()
    weeks.place("week3", "week2")
    assert weeks.lines == 19 and weeks.said == []
    assert weeks.clusters_of("week3") == {0: 0, 1: 1, 5: 7, 6: 9}
    labels = dict(zip(read_img_paths(weeks.folder("week3")), read_labels(weeks.folder("week3"), "pred")))
    assert (labels["0_0.jpg"], labels["0_1.jpg"]) == ("7", "9")
    assert read_names(weeks.folder("week3")) == {1: "ones", 3: "fours", 7: "boots", 9: "hats"}


def test_corrections_of_photos_placed_in_the_first_week_hold_in_the_second_as_well(weeks):
    weeks.place("week3", "week1")
    weeks.correct("week3", *(f"split,6_{number}.jpg,-1,new-1" for number in range(15)), "name,,5,hats")
    weeks.place("week3", "week1")
    assert weeks.clusters_of("week3") == {0: 0, 1: 1, 5: -1, 6: 5}
    weeks.place("week3", "week2")
    assert weeks.clusters_of("week3") == {0: 0, 1: 1, 5: 5, 6: 6} and weeks.lines == 16
    assert read_names(weeks.folder("week3")) == {1: "ones", 5: "boots", 6: "hats"}


def test_files_that_were_there_before_are_put_where_they_were(weeks):
    note_contents(weeks.folder("week1"))
    photos = earlier_clusters({"week1": weeks.folder("week1")}).photos
    photos.labels[7] = photos.labels[8] = -1
    digests, left_out = ("new", "0_3.jpg", "4_14.jpg", "", "0_7.jpg", "0_8.jpg"), np.arange(75) == 8
    assert clusters_of_same(photos, digests, left_out).tolist() == [UNKNOWN, 0, 4, UNKNOWN, UNKNOWN, -1]
    assert clusters_of_same(replace(photos, digests=()), digests, left_out).tolist() == [UNKNOWN] * 6
    # Of two of one file, one that was merely not placed does not count.
    twice = replace(photos, digests=("new", *photos.digests[1:7], "0_3.jpg", *photos.digests[8:]))
    twice.labels[0] = -1
    assert clusters_of_same(twice, ("new", "0_3.jpg"), left_out).tolist() == [UNKNOWN, 0]
    # Whatever they look like.
    chain, known = {"week1": weeks.folder("week1")}, np.full(45, UNKNOWN)
    known[:20] = 3
    found = place_on(chain, weeks.folder("week2"), read_features(weeks.folder("week2")), clusters=known)[1]
    plain = place_on(chain, weeks.folder("week2"), read_features(weeks.folder("week2")))[1]
    assert (found.labels[:20] == 3).all() and (found.confidence[:20] == 1).all()
    assert np.array_equal(found.labels[20:], plain.labels[20:]) and found.num_clusters == len({*found.labels} - {-1})


def test_a_file_that_a_person_put_in_no_cluster_stays_in_none_and_is_nothing_new(weeks):
    note_contents(weeks.folder("week1"))
    weeks.correct("week1", "move,0_3.jpg,0,-1", "move,0_4.jpg,0,-1")
    weeks.find("week1")
    chain, features = {"week1": weeks.folder("week1")}, read_features(weeks.folder("week2"))
    photos, left_out = earlier_clusters(chain).photos, put_in_none(chain)
    assert np.flatnonzero(left_out).tolist() == [3, 4]
    plain = place_on(chain, weeks.folder("week2"), features)[1]
    # One looks like a product that is known, two like a new one.
    rows = [np.flatnonzero(plain.labels == 1)[0], *np.flatnonzero(plain.new_groups == 0)[:2]]
    same = np.full(45, UNKNOWN)
    same[rows] = clusters_of_same(photos, ["0_3.jpg", "0_4.jpg", "0_5.jpg"], left_out)
    found = place_on(chain, weeks.folder("week2"), features, clusters=same)[1]
    assert found.labels[rows].tolist() == [-1, -1, 0] and (found.confidence[rows] == 1).all()
    assert (found.new_groups[rows] == -1).all() and found.new_groups.max() >= 0
    # So it is once other photos were corrected, but not where these were.
    certainty = found.confidence_of(np.where(np.arange(45) == rows[2], 2, found.labels))
    assert certainty[rows[:2]].tolist() == [1, 1] and certainty[rows[2]] < 1
    assert found.confidence_of(np.where(found.labels == 0, 4, found.labels), merged={0: 4})[rows[2]] == 1
    # That a photo was not placed says nothing of it.
    weeks.place("week2", "week1")
    assert (read_labels(weeks.folder("week2"), "pred") == "-1").any()
    assert not put_in_none({"week2": weeks.folder("week2")}).any()
    (weeks.folder("week1") / "clusters.csv").unlink()
    assert not put_in_none(chain).any()


def test_clusters_merged_last_week_are_one(weeks):
    weeks.add_corrections("week2", "name,,2,twos", "merge,,2,0")
    weeks.place("week2", "week1")
    assert read_names(weeks.folder("week2")) == {0: "twos", 1: "ones", 5: "boots"}
    weeks.photograph("week3", 0, 2, 5)
    weeks.place("week3", "week2")
    weeks.photograph("week4", 2, 5)
    weeks.place("week4", "week3")
    for name in ("week3", "week4"):
        assert weeks.clusters_of(name)[2] == 0
        assert 2 not in read_labels(weeks.folder(name), "pred").astype(int)
        assert read_names(weeks.folder(name)) == {0: "twos", 1: "ones", 5: "boots"}
    # The first week's own stay as they were found there.
    weeks.place("week3", "week1")
    assert weeks.clusters_of("week3")[2] == 2


def test_a_cluster_that_no_photo_of_a_week_is_in_can_be_merged_there_all_the_same(weeks):
    weeks.add_corrections("week2", *(f"move,2_{number}.jpg,2,1" for number in range(15)), "merge,,2,0", "merge,,3,4",
                          "move,1_0.jpg,1,3", "merge,,3,0")
    weeks.said.clear()
    weeks.place("week2", "week1")
    [said] = weeks.said
    assert said.startswith("corrections.csv: line 36 (cluster 3, which has joined 4, begins anew) followed all")
    # The earlier photos of 3 had gone to 4 by then.
    assert merged_in(weeks.folder("week2")) == {2: 0, 3: 4}
    weeks.photograph("week3", 0, 2, 3, 4, 5)
    weeks.place("week3", "week2")
    found = weeks.clusters_of("week3")
    assert (found[0], found[3], found[4], found[5]) == (0, 4, 4, 5) and found[2] in (0, 1)


def test_merging_earlier_clusters_changes_what_later_weeks_were_placed_in(weeks):
    weeks.add_corrections("week2", "merge,,3,0")
    weeks.place("week2", "week1")
    weeks.said.clear()
    weeks.photograph("week4", 0, 3)
    weeks.place("week4", "week3")
    [said] = weeks.said
    assert said.startswith("week3: the clusters of week2 or their names have changed since")


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


def test_corrections_and_names_that_came_since_are_warned_of_in_the_order_to_mend_it(weeks):
    weeks.correct("week1", "name,,0,zeros", "merge,,4,3")
    weeks.place("week3", "week2")
    assert [text.partition(" came")[0] for text in weeks.said] == ["week1: corrections.csv"]
    weeks.find("week1")
    weeks.said.clear()
    weeks.place("week3", "week2")
    [said] = weeks.said
    assert said.startswith("week2: the clusters of week1 or their names have changed since") and said.endswith("again")
    weeks.correct("week1", "name,,0,noughts")
    weeks.find("week1")
    weeks.said.clear()
    warn_of_other_earlier(weeks.folder("week3"), folder_of=weeks.folder, warn=weeks.said.append)
    [said] = weeks.said
    assert said.startswith("the clusters of week1 or") and said.endswith("again, first for week2")
    weeks.place("week2", "week1")
    weeks.said.clear()
    warn_of_other_earlier(weeks.folder("week3"), folder_of=weeks.folder, warn=weeks.said.append)
    [said] = weeks.said
    assert said.startswith("the clusters of week2 and week1 or") and said.endswith("again")


def test_where_a_week_is_gone_the_chain_ends_with_a_warning_and_numbers_stay(weeks):
    weeks.correct("week3", *(f"split,6_{number}.jpg,-1,new-1" for number in range(15)))
    shutil.rmtree(weeks.folder("week1"))
    weeks.place("week3", "week2")
    [said] = weeks.said
    assert said.startswith("week2 was placed in the clusters of week1, which are not in") and "another name" in said
    assert weeks.clusters_of("week3") == {0: -1, 1: 1, 5: 5, 6: 6} and weeks.lines == 15
    assert read_names(weeks.folder("week3")) == {1: "ones", 5: "boots"}


def test_weeks_that_were_placed_in_clusters_that_have_changed_are_told(weeks):
    weeks.photograph("week2b", 1, 2)
    weeks.place("week2b", "week1")
    def told_of(name):
        return to_place_anew(name, weeks.folder(name), datasets=weeks.datasets(), command="run it")

    told = [told_of(name) for name in ("week1", "week2", "week3")]
    assert not any(told)
    weeks.correct("week1", "merge,,4,3")
    weeks.find("week1")
    said = told_of("week1")
    assert said.startswith("week2 and week2b were placed in these clusters as they were before")
    assert said.endswith(": run it") and not told_of("week2")
    weeks.place("week2b", "week1")
    assert told_of("week1").startswith("week2 was placed")
    weeks.place("week2", "week1")
    assert not told_of("week1")
    assert told_of("week2").startswith("week3 was placed")


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


def test_photos_of_many_weeks_are_not_held_in_memory_at_once(tmp_path, peak_memory):
    rng, chain, size = np.random.default_rng(0), {}, 1600
    som, labels = SelfOrganizingMap(4, 4, 800, normalize=True), np.arange(size) % 16
    centres = unit_length(rng.standard_normal((16, 800)))
    som.set_weights(centres.reshape(4, 4, 800))
    photos = (centres[labels] + 0.01 * rng.standard_normal((size, 800))).astype(np.float32)
    for week in range(4):
        folder = chain[f"week{week}"] = tmp_path / str(week)
        write_lines(folder / "img_paths.txt", [f"{row}.jpg" for row in range(size)])
        write_labels(folder, "pred", labels)
        write_array(folder / "features.npy", photos)
        write_map(folder / "som.npz", som, labels, labels)
        write_json(folder / "cluster_count.json", {"calibrated": False})
        write_json(folder / "made_by_03.json", {"trained_on": "others"})  # else places are held, of 128 numbers each
    one, four = (peak_memory(place_on, dict(list(chain.items())[:number]), tmp_path, photos[:10]) for number in (1, 4))
    assert four < one + photos.nbytes, "less than the features of one week more"


def test_photos_placed_later_meet_the_corrected_clusters(written, digits, fitted, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    last = clustering.num_clusters - 1
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"merge,,{last},0", "merge,,1,2"])
    write_lines(tmp_path / "img_paths.txt", names)
    found, _, moved = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)
    assert moved == np.isin(clustering.labels, [1, last]).sum() > 0
    write_clustering(tmp_path, names, digits, fitted, found)
    write_array(tmp_path / "features.npy", digits)
    placed = place_on({"earlier": tmp_path}, tmp_path / "new", digits)[1]
    assert not np.isin(placed.labels, [1, last]).any()
    som = place_on({"earlier": tmp_path}, tmp_path / "new", digits[:9])[0]
    assert som.quantization_errors == [som.quantization_error(digits[:9])]
    assert placed.interval == (placed.num_clusters,) * 2 == (len(set(placed.labels) - {-1}),) * 2
    fits = placed.labels >= 0
    assert fits.mean() > 0.9
    before = np.isin(clustering.labels[fits], [0, last])
    assert (placed.labels[fits][before] == 0).mean() > 0.8


@pytest.mark.parametrize("calibrated", [True, False])
def test_photos_that_fit_no_cluster_are_in_none_and_not_counted(written, digits, tmp_path, calibrated):
    earlier = tmp_path / "earlier"
    shutil.copytree(written[0], earlier)
    write_array(earlier / "features.npy", digits)
    write_labels(earlier, "pred", np.where(np.arange(300) < 3, -1, written[1].labels))
    write_json(earlier / "cluster_count.json", {**read_json(earlier / "cluster_count.json"), "calibrated": calibrated})
    photos = np.concatenate([digits[written[1].labels != 1][:20], -digits[:9]])
    som, placed = place_on({"earlier": earlier}, tmp_path, photos)
    assert (placed.labels[20:] == -1).all() and (placed.confidence[20:] == 0).all()
    fits = placed.labels >= 0
    assert fits.sum() > 15 and (placed.confidence[fits] > 0).mean() > 0.8
    assert placed.num_clusters == len(set(placed.labels[fits])) and placed.interval == (placed.num_clusters,) * 2
    assert ((placed.new_groups >= 0) == (placed.labels < 0)).all()
    assert placed.calibrated == calibrated and placed.words == "placed in earlier clusters" and placed.levels == []
    assert earlier_clusters({"earlier": earlier}).names == dict.fromkeys(range(written[1].num_clusters), "")
    assert som.topographic_errors == [som.topographic_error(photos)]
    write_labels(earlier, "pred", np.zeros(300, int))
    assert place_on({"earlier": earlier}, tmp_path, digits[:2])[1].labels.tolist() == [0, 0]


def test_copies_go_where_their_original_does(weeks):
    features = read_features(weeks.folder("week2"))
    # A photo of the first product, and one of the second that is listed as its copy.
    copies = np.arange(len(features))
    copies[15] = 0
    chain = {"week1": weeks.folder("week1")}
    apart, together = (place_on(chain, weeks.folder("week2"), features, copies=each)[1] for each in (None, copies))
    assert apart.labels[15] != apart.labels[0] == together.labels[0] == together.labels[15]
    assert together.confidence[15] == together.confidence[0]
    others = np.arange(len(features)) != 15
    assert np.array_equal(together.labels[others], apart.labels[others])
    # Also where one is a file that is known, unless its own is.
    copies[30] = 0
    for clusters, expected in (({15: 4}, [4, 4, 4]), ({0: -1}, [-1, -1, -1]), ({15: 4, 30: -1}, [4, 4, -1])):
        same = np.array([clusters.get(row, UNKNOWN) for row in range(len(features))])
        found = place_on(chain, weeks.folder("week2"), features, copies=copies, clusters=same)[1]
        assert found.labels[[0, 15, 30]].tolist() == expected and (found.confidence[[0, 15, 30]] == 1).all()


def test_listed_copies_of_earlier_photos_do_not_shorten_how_far_clusters_reach(weeks):
    folder, rng = weeks.folder("week1"), np.random.default_rng(7)
    chain, new = {"week1": folder}, read_features(weeks.folder("week2"))
    plain = place_on(chain, weeks.folder("week2"), new)[1]
    paths, features, labels = read_img_paths(folder), np.asarray(read_features(folder)), read_labels(folder, "pred")
    again = features + 0.02 * rng.standard_normal(features.shape).astype(np.float32)
    write_lines(folder / "img_paths.txt", [*paths, *(f"again/{path}" for path in paths)])
    write_array(folder / "features.npy", np.concatenate([features, again]))
    write_labels(folder, "pred", np.tile(labels.astype(int), 2))

    def marked():
        return (place_on(chain, weeks.folder("week2"), new)[1].labels < 0).mean()

    assert marked() > (plain.labels < 0).mean() + 0.2
    write_lines(folder / "duplicates.csv", ["file,kept", *(f"again/{path},{path}" for path in paths)])
    assert marked() == pytest.approx((plain.labels < 0).mean(), abs=0.05)


def test_numbers_mean_the_same_while_the_earlier_clusters_and_their_highest_number_stay(tmp_path):
    for record, labels, names, after in (({}, "07", ["7,boots"], "abc+7"), ({}, "00", ["7,boots"], "abc+7"),
                                         ({"highest_number": 7}, "01", [], "abc+7"), ({}, "08", [], "abc+8"),
                                         ({"numbers": "xyz+3"}, "08", [], "xyz+3+8")):
        write_json(tmp_path / "cluster_count.json", {"clustering_id": "abc", **record})
        write_lines(tmp_path / "labels_pred.txt", labels)
        write_lines(tmp_path / "cluster_names.csv", ["cluster,name", *names])
        assert numbers_after(tmp_path) == after


def test_names_of_earlier_clusters_are_kept_and_their_numbers_not_given_again(written, digits, fitted, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    first, second = tmp_path / "first", tmp_path / "second"
    write_lines(first / "img_paths.txt", names)
    write_lines(first / "corrections.csv", ["action,file,cluster,value", f"split,{names[0]},,new-1",
                                            "name,,0,zeros", "name,,1,ones", "name,,2,twos"])
    found = corrected(first, names, digits, clustering, warn=pytest.fail)[0]
    write_clustering(first, names, digits, fitted, found)
    write_array(first / "features.npy", digits)
    earlier, highest = earlier_clusters({"earlier": first}), clustering.num_clusters
    assert list(earlier.names) == list(range(highest + 1)) and earlier.names[3] == ""
    assert earlier.photos.img_paths == [f"earlier/{name}" for name in names]
    assert earlier.photos.labels.tolist() == found.labels.tolist()
    few = np.flatnonzero(clustering.labels == 0)[1:]
    placed = replace(clustering, labels=clustering.labels[few], confidence=clustering.confidence[few], levels=[],
                     confidence_of=None)
    options = {"earlier": earlier, "warn": pytest.fail}
    corrected(second, [names[row] for row in few], digits[few], placed, **options)
    assert read_names(second) == {0: "zeros", 1: "ones", 2: "twos"}
    write_lines(second / "corrections.csv", ["action,file,cluster,value", f"split,{names[few[0]]},,new-1",
                                             "name,,0,noughts", "name,,1,", "name,,new-1,odd"])
    said = []
    found = corrected(second, [names[row] for row in few], digits[few], placed, earlier=earlier, warn=said.append)[0]
    assert len(said) == 1 and "line 3 (cluster 0 was called 'zeros') called otherwise" in said[0]
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
        place_on({"earlier": tmp_path / "earlier"}, tmp_path / "new", digits)
    assert "12ab" not in str(refused.value), "the digest of a network says nothing to anyone"


def test_clusters_that_changed_since_photos_were_placed_in_them_are_warned_of(tmp_path):
    said, earlier = [], tmp_path / "earlier"
    write_lines(earlier / "labels_pred.txt", ["0", "1"])
    chain = chain_from("earlier", folder_of=lambda name: tmp_path / name)
    for noted in ({}, {"placed_by": placed_by(chain)}):
        write_json(tmp_path / "cluster_count.json", {"assigned_to": "earlier", **noted})
        warn_of_other_earlier(tmp_path, folder_of=lambda name: tmp_path / name, warn=said.append)
    assert said == []
    for name, lines in (("cluster_names.csv", ["cluster,name", "0,boots"]), ("labels_pred.txt", ["0", "0"])):
        write_json(tmp_path / "cluster_count.json", {"assigned_to": "earlier", "placed_by": placed_by(chain)})
        write_lines(earlier / name, lines)
        warn_of_other_earlier(tmp_path, folder_of=lambda name: tmp_path / name, warn=said.append)
    shutil.rmtree(earlier)
    warn_of_other_earlier(tmp_path, folder_of=lambda name: tmp_path / name, warn=said.append)
    assert len(said) == 2 and all("clusters of earlier or their names have changed" in text for text in said)


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
