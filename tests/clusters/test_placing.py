"""Photos placed in the clusters of other datasets: numbers, names, marks."""
import shutil
from dataclasses import replace

import numpy as np
import pytest
from by_hand import corrected
from weeks import note_contents

from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.cluster_results import write_clustering, write_map
from imgcluster.clusters.corrections_kept import UNKNOWN
from imgcluster.clusters.placing import clusters_of_same, earlier_clusters, place_on, put_in_none
from imgcluster.datafiles.artefacts import read_features, read_img_paths, read_labels, write_labels
from imgcluster.datafiles.chain import merged_in
from imgcluster.files import read_json, write_array, write_json, write_lines
from imgcluster.rows import unit_length
from imgcluster.som import SelfOrganizingMap


def test_a_product_that_was_new_last_week_is_known_by_its_number_and_name(weeks):
    assert weeks.clusters_of("week2") == {1: 1, 2: 2, 5: 5}
    assert weeks.clusters_of("week3") == {0: 0, 1: 1, 5: 5, 6: -1}
    assert read_names(weeks.folder("week3")) == {1: "ones", 5: "boots"}
    assert weeks.said == []


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


def test_photos_of_many_weeks_are_not_held_in_memory_at_once(tmp_path, peak_memory, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # each thread holds a block of its own
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


def test_photos_whose_features_are_all_0_are_in_no_cluster_and_in_no_group(weeks):
    weeks.photograph("week4", 0, 8, 9)
    features = read_features(weeks.folder("week4")).copy()
    features[[2, 20, 21]] = 0
    write_array(weeks.folder("week4") / "features.npy", features)
    weeks.place("week4", "week1")
    _, found = place_on({"week1": weeks.folder("week1")}, weeks.folder("week4"), features)
    blank = np.isin(np.arange(45), [2, 20, 21])
    assert (found.labels[blank] == -1).all() and (found.confidence[blank] == 0).all()
    assert (found.new_groups[blank] == -1).all() and len({*found.new_groups[15:][~blank[15:]]}) == 2
    assert (found.labels[:15][~blank[:15]] == 0).mean() > 0.5
