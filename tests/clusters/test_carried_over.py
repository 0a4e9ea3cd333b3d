"""What a clustering takes over: a person's corrections and names."""
import errno
import os
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from by_hand import corrected

from imgcluster.clusters import clusterings
from imgcluster.clusters.carried_over import require_told
from imgcluster.clusters.certainty import confidence
from imgcluster.clusters.cluster_count import cluster_photos
from imgcluster.clusters.cluster_names import read_names
from imgcluster.clusters.cluster_results import write_clustering
from imgcluster.clusters.clusterings import Earlier, Photos, found_in, of_report
from imgcluster.clusters.corrections import clustering_id
from imgcluster.csv_tables import write_table
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_json, write_lines
from imgcluster.som import map_of


def confidence_in(clustering, labels):
    """Of a blind Clustering's photos in other clusters, none of which a person made."""
    known = clustering.confidence_of.keywords
    return known["held_out"].lowered(confidence(known["places"], np.unique(labels, return_inverse=True)[1]))


def test_corrections_of_a_person_are_applied_and_counted(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    assert corrected(tmp_path, names, digits, clustering, warn=pytest.fail) == (clustering, 0, 0)
    write_lines(tmp_path / "corrections.csv", [])
    said = []
    assert corrected(tmp_path, names, digits, clustering, warn=said.append) == (clustering, 0, 0)
    assert "holds no corrections" in said[0]
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "merge,,1,0", "name,,0,zeros"])
    found, lines, moved = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)
    assert (lines, moved) == (2, (clustering.labels == 1).sum())
    assert found.num_clusters == clustering.num_clusters - 1 and not (found.labels == 1).any()
    assert pd.read_csv(tmp_path / "cluster_names.csv").name.tolist() == ["zeros"]


def test_an_estimate_stays_one_after_corrections(written, digits, fitted, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "name,,0,zeros"])
    named = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    assert (named.interval, named.method, named.corrected_from) == (clustering.interval, clustering.method, None)
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "merge,,1,0"])
    write_lines(tmp_path / "img_paths.txt", names)
    found = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    write_clustering(tmp_path, names, digits, fitted, found)
    count, before = read_json(tmp_path / "cluster_count.json"), clustering.num_clusters
    low, high = clustering.interval
    assert low < high and (count["num_clusters"], count["corrected_from"]) == (before - 1, before)
    assert count["interval"] == [low, high] and found.likely == f"estimated before: {before}, likely {low} to {high}"
    assert count["method"] == f"corrected by hand, before that {before} ({clustering.method})"
    assert count["in_words"] == f"corrected by hand, before that {before}, {clustering.words}"


def test_one_moved_photo_makes_no_certainty_of_an_estimate(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    row = int(np.flatnonzero(clustering.labels == 0)[0])
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"move,{names[row]},0,1"])
    found = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    assert (found.num_clusters, found.interval) == (clustering.num_clusters, clustering.interval)
    assert found.words == f"corrected by hand, {clustering.words}" and "before" not in found.method


@pytest.mark.parametrize("interval, after", [
    (lambda count: (count - 1, count), lambda count: (count - 1, count)),
    (lambda count: (count, count), lambda count: (count + 1, count + 1))])
def test_corrections_leave_the_interval_of_an_estimate_and_make_none_of_a_number(written, digits, tmp_path, interval,
                                                                                after):
    names, count = [f"{row}.png" for row in range(300)], written[1].num_clusters
    clustering = replace(written[1], interval=interval(count))
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"split,{names[0]},,new-1"])
    assert corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0].interval == after(count)


def test_corrections_of_photos_that_are_not_there_are_warned_of_and_not_counted(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "move,raw_img/0.png,0,1", "name,,0,zeros",
                                               *[f"move,gone {row}.png,0,1" for row in range(12)]])
    found, lines, moved = corrected(tmp_path, names, digits, clustering, warn=said.append)
    assert (lines, moved) == (1, 0) and np.array_equal(found.labels, clustering.labels)
    assert len(said) == 1 and "and 3 more" in said[0]
    assert "line 2 (raw_img/0.png; did you mean 0.png?), line 4 (gone 0.png)" in said[0]


def test_a_name_given_to_two_clusters_is_warned_of_in_one_line(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "name,,0,zeros", "name,,2,zeros"])
    corrected(tmp_path, names, digits, clustering, warn=said.append)
    assert len(said) == 1 and "clusters 0, 2 share the name 'zeros'" in said[0] and "merge" in said[0]
    assert read_names(tmp_path) == {0: "zeros", 2: "zeros"}


@pytest.mark.parametrize("gone, ending", [(1, "line 2 (gone 0.png) passed"), (10, "line 11 (gone 9.png) passed"),
                                          (11, "line 11 (gone 9.png) and 1 more passed")])
def test_ten_lines_are_named_and_any_more_counted(written, digits, tmp_path, gone, ending):
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value",
                                               *[f"move,gone {row}.png,0,1" for row in range(gone)]])
    said = []
    corrected(tmp_path, [f"{row}.png" for row in range(300)], digits, written[1], warn=said.append)
    assert len(said) == 1 and ending in said[0]


def test_corrections_of_photos_that_are_elsewhere_are_warned_of_and_counted(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    row = int(np.flatnonzero(clustering.labels == 1)[0])
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"move,{names[row]},2,0"])
    found, lines, moved = corrected(tmp_path, names, digits, clustering, warn=said.append)
    assert (lines, moved, found.labels[row]) == (1, 1, 0)
    assert len(said) == 1 and f"line 2 ({names[row]} is in cluster 1, not in 2) followed all the same" in said[0]


def test_photos_placed_by_hand_are_no_longer_doubtful(written, digits, fitted, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    order = np.argsort(clustering.confidence, kind="stable")
    first, elsewhere = order[0], clustering.labels != clustering.labels[order[0]]
    second = order[elsewhere[order]][0]
    assert clustering.confidence[second] < 0.3
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"split,{names[first]},,new-1"])
    write_lines(tmp_path / "img_paths.txt", names)
    found = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    write_clustering(tmp_path, names, digits, fitted, found)
    doubtful = pd.read_csv(tmp_path / "review.csv").file.tolist()
    assert names[first] not in doubtful and names[second] in doubtful
    certainty = confidence_in(clustering, found.labels)
    assert found.confidence[first] == 1 and np.array_equal(found.confidence[elsewhere], certainty[elsewhere])


def test_a_photo_moved_to_the_cluster_it_is_in_is_right_there(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    row = int(clustering.confidence.argmin())
    number = clustering.labels[row]
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"move,{names[row]},{number},{number}"])
    found, lines, moved = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)
    assert (lines, moved, found.num_clusters) == (1, 0, clustering.num_clusters)
    assert found.confidence[row] == 1
    assert np.array_equal(np.delete(found.confidence, row), np.delete(clustering.confidence, row))


def test_photos_of_a_cluster_that_was_split_are_not_doubtful_for_having_been_in_one(tmp_path):
    # What tells two products apart is hidden where small clusters were of backgrounds, which differ more.
    rng, products, backgrounds = np.random.default_rng(0), np.arange(240) % 4, np.arange(240) // 4 % 6
    features = 8 * rng.normal(size=(3, 24))[np.maximum(products - 1, 0)] + 0.7 * rng.normal(size=(6, 24))[backgrounds]
    features += 0.7 * rng.normal(size=(240, 24))
    features[products == 1, 0] += 2
    names, features = [f"{row}.png" for row in range(240)], features.astype(np.float32)
    clustering = cluster_photos(features, map_of(features), num_clusters=3)
    together = products < 2
    assert len(set(clustering.labels[together])) == 1
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", *(
        f"split,{names[row]},,new-1" for row in np.flatnonzero(products == 1))])
    found = corrected(tmp_path, names, features, clustering, warn=pytest.fail)[0]
    left = products == 0
    before = confidence_in(clustering, found.labels)
    assert found.confidence[left].mean() > 1.3 * before[left].mean()
    assert np.array_equal(found.confidence[~together], before[~together])
    # A network that learnt to tell products apart is taken at its word.
    learnt = corrected(tmp_path, names, features, replace(
        clustering, confidence_of=partial(clustering.confidence_of, held_out=None)), warn=pytest.fail)[0]
    as_told = confidence(clustering.confidence_of.keywords["places"], found.labels)
    assert np.array_equal(learnt.confidence[left], as_told[left])


def test_photos_between_clusters_that_were_merged_are_no_longer_doubtful(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    assert (clustering.confidence < 0.3).any()
    write_lines(tmp_path / "img_paths.txt", names)
    lines = [f"merge,,{cluster},0" for cluster in range(1, clustering.num_clusters)]
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", *lines[:-1]])
    two = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    certainty, other = confidence_in(clustering, two.labels > 0), two.labels > 0
    assert np.array_equal(two.confidence[other], certainty[other])
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", *lines, "move,7.png,,-1"])
    one = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    assert (one.confidence[one.labels == 0] == 1).all()
    placed = replace(clustering, confidence_of=None)
    assert np.array_equal(np.delete(corrected(tmp_path, names, digits, placed, warn=pytest.fail)[0].confidence,
                                    7), np.delete(clustering.confidence, 7))


def test_corrections_of_another_clustering_are_left_aside(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    own, other = clustering_id(names, clustering.labels), clustering_id(names, clustering.labels[::-1])
    for made_for, applied in ((own, True), ("", True), (other, False)):
        write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value,clustering", f"merge,,1,0,{made_for}",
                                                   f"name,,0,zeros,{made_for}"])
        found, lines, moved = corrected(tmp_path, names, digits, clustering, warn=said.append)
        assert (lines, moved > 0, found is not clustering) == (2 * applied, applied, applied)
    said_once, = said
    assert f"2 lines, the first is line 2, left aside: made for another clustering ({other!r}" in said_once
    assert not (tmp_path / "cluster_names.csv").exists(), "names went with the corrections"
    # Those made for the present clusters are applied beside them.
    with (tmp_path / "corrections.csv").open("a") as file:
        file.write(f"merge,,1,0,{own}\n")
    assert corrected(tmp_path, names, digits, clustering, warn=said.append)[1] == 1 and len(said) == 2


def test_corrections_of_a_clustering_that_was_found_here_are_carried_over(written, digits, fitted, tmp_path):
    names, clustering, told = [f"{row}.png" for row in range(300)], written[1], []
    options = {"warn": pytest.fail, "say": told.append}
    corrected(tmp_path, names, digits, clustering, **options)
    before = np.where(clustering.labels == 1, 0, clustering.labels)
    write_json(tmp_path / "cluster_count.json", {"clustering_id": clustering_id(names, clustering.labels)})
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "merge,,1,0", "name,,0,zeros",
                                               f"split,{names[7]},,new-1"])
    rows = np.delete(np.arange(300), 3)
    assert clustering.labels[3] != clustering.labels[7]
    others = cluster_photos(digits[rows], fitted, num_clusters=clustering.num_clusters + 3)
    present = [names[row] for row in rows]
    for _ in range(2):
        found, lines, moved = corrected(tmp_path, present, digits[rows], others, **options)
        write_json(tmp_path / "cluster_count.json", {"clustering_id": clustering_id(present, others.labels)})
        assert lines == 3 and moved == (found.labels != others.labels).sum() > 0
        merged, = set(found.labels[(before[rows] == 0) & (rows != 7)])
        assert ((found.labels == merged) == ((before[rows] == 0) & (rows != 7))).all()
        assert read_names(tmp_path) == {merged: "zeros"} and found.confidence[list(rows).index(7)] == 1
        assert (found.labels == found.labels[list(rows).index(7)]).sum() == 1
    assert told == 2 * ["3 corrections of clusters found before, carried over: 3 clusters stay as you left them"]
    # With the earlier clusters again, they are as they were.
    again = corrected(tmp_path, names, digits, clustering, **options)[0]
    expected = before.copy()
    expected[7] = clustering.num_clusters
    assert again.labels.tolist() == expected.tolist() and len(told) == 2


def test_corrected_clusters_whose_photos_have_other_names_are_told(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    corrected(tmp_path, names, digits, clustering, warn=pytest.fail)
    write_json(tmp_path / "cluster_count.json", {"clustering_id": clustering_id(names, clustering.labels)})
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "name,,2,twos", f"split,{names[7]},,new-1",
                                               "name,,0,zeros"])
    gone = (clustering.labels == 2) | (np.arange(300) == 7)
    renamed = [f"other/{name}" if each else name for name, each in zip(names, gone)]
    for _ in range(2):
        found = corrected(tmp_path, renamed, digits, clustering, warn=said.append)[0]
    assert len(said) == 2 and set(read_names(tmp_path).values()) == {"zeros"}
    number, photos = clustering.num_clusters, (clustering.labels == 2).sum() - (clustering.labels[7] == 2)
    assert said[0].startswith(f"corrections.csv: 'twos' ({photos} photos) and cluster {number} of then (1 photo): no ")
    back = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    assert set(read_names(tmp_path).values()) == {"twos", "zeros"} and back.num_clusters == found.num_clusters + 1


def test_copies_go_along_with_their_photo(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    copy, photo = np.flatnonzero(clustering.labels == 0)[:2]
    write_lines(tmp_path / "duplicates.csv", ["file,kept", f"{names[copy]},{names[photo]}", "gone.png,9.png"])
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"move,{names[photo]},0,1"])
    found, lines, moved = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)
    assert found.labels[[copy, photo]].tolist() == [1, 1] and (lines, moved) == (1, 2)
    assert (found.confidence[[copy, photo]] == 1).all()


def test_copies_stay_with_their_photo_when_files_are_renamed(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    copy, photo = np.flatnonzero(clustering.labels == 0)[:2]

    def labels_after(paths):
        write_table(tmp_path / "photos.csv", pd.DataFrame({"file": paths, "digest": names}))
        write_table(tmp_path / "duplicates.csv", pd.DataFrame({"file": [paths[copy]], "kept": [paths[photo]]}))
        return corrected(tmp_path, paths, digits, clustering, warn=pytest.fail)[0].labels.tolist()

    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", f"move,{names[photo]},0,1"])
    before = labels_after(names)
    write_json(tmp_path / "cluster_count.json", {"clustering_id": clustering_id(names, clustering.labels)})
    assert before[copy] == before[photo] == 1
    assert labels_after([f"shop/{name}" for name in names]) == before
    assert labels_after(["renamed.png" if row == photo else name for row, name in enumerate(names)]) == before


def test_a_step_begins_before_names_change_and_not_where_lines_cannot_be_followed(written, digits, tmp_path):
    names, clustering, begun = [f"{row}.png" for row in range(300)], written[1], []
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "name,,0,zeros", "paint,,0,1"])
    options = {"warn": pytest.fail, "begin": lambda: begun.append(read_names(tmp_path))}
    with pytest.raises(UserError, match="paint"):
        corrected(tmp_path, names, digits, clustering, **options)
    assert not begun
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "name,,0,zeros"])
    corrected(tmp_path, names, digits, clustering, **options)
    assert begun == [{}] and read_names(tmp_path) == {0: "zeros"}


def test_corrections_made_after_others_were_carried_over_are_of_the_clusters_shown(written, digits, fitted, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    others = cluster_photos(digits, fitted, num_clusters=clustering.num_clusters - 2)
    ids = [clustering_id(names, each.labels) for each in (clustering, others)]
    corrected(tmp_path, names, digits, clustering, warn=pytest.fail)
    row = int(np.flatnonzero(clustering.labels == 0)[0])
    lines = ["action,file,cluster,value,clustering", f"split,{names[row]},0,new-1,{ids[0]}",
             f"name,,new-1,odd,{ids[0]}"]
    write_lines(tmp_path / "corrections.csv", lines)
    shown = corrected(tmp_path, names, digits, others, warn=pytest.fail)[0]
    (odd, name), = read_names(tmp_path).items()
    assert name == "odd" and shown.labels[row] == odd > others.labels.max()
    write_lines(tmp_path / "corrections.csv", [*lines, f"split,{names[row + 1]},,new-1,{ids[1]}",
                                               f"merge,,{odd},new-1,{ids[1]}"])
    for each in (others, others, clustering):
        found = corrected(tmp_path, names, digits, each, warn=pytest.fail)[0]
        pair = found.labels == found.labels[row]
        assert np.flatnonzero(pair).tolist() == [row, row + 1] and list(read_names(tmp_path).values()) == ["odd"]


def test_corrections_of_clusters_of_its_own_are_carried_over_to_those_photos_are_placed_in_and_back(
        written, digits, tmp_path):
    names, clustering, told = [f"{row}.png" for row in range(300)], written[1], []
    options = {"warn": pytest.fail, "say": told.append}
    corrected(tmp_path, names, digits, clustering, **options)
    own = clustering_id(names, clustering.labels)
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value,clustering", f"merge,,1,0,{own}",
                                               f"split,{names[7]},,new-1,{own}", f"name,,0,zeros,{own}"])
    earlier = Earlier(dict.fromkeys(range(21), ""), Photos([f"week1/{row}.png" for row in range(21)], np.arange(21)))
    placed = replace(clustering, labels=np.where(clustering.labels < 2, 20 - clustering.labels, clustering.labels))
    found, lines, _ = corrected(tmp_path, names, digits, placed, earlier=earlier, **options)
    together = (clustering.labels < 2) & (np.arange(300) != 7)
    cluster, = set(found.labels[together])
    assert lines == 3 and cluster in (19, 20) and not (found.labels[~together] == cluster).any()
    # A photo that was split off stays alone, with a number that no earlier cluster had.
    assert found.labels[7] == 21 and (found.labels == 21).sum() == 1
    assert read_names(tmp_path) == {cluster: "zeros"}
    assert told == ["3 corrections of clusters found before, carried over: 3 clusters stay as you left them"]
    corrected(tmp_path, names, digits, clustering, **options)
    assert read_names(tmp_path) == {0: "zeros"} and len(told) == 1
    as_placed = found_in(tmp_path, names, placed.labels, earlier).id
    assert as_placed.endswith("+20")
    assert clusterings.recall(tmp_path, as_placed).labels.tolist() == placed.labels.tolist()


def test_corrections_that_a_later_file_lacks_are_told_and_put_aside(written, digits, tmp_path):
    names, clustering, told = [f"{row}.png" for row in range(300)], written[1], []
    options = {"warn": pytest.fail, "say": told.append}
    lines = ["action,file,cluster,value", "merge,,1,0", "name,,0,zeros", "name,,2,twos"]
    write_lines(tmp_path / "corrections.csv", lines)
    corrected(tmp_path, names, digits, clustering, **options)
    followed = (tmp_path / "corrections.csv").read_bytes()
    write_lines(tmp_path / "corrections.csv", [*lines[:2], "name,,3,threes"])
    for _ in range(2):
        corrected(tmp_path, names, digits, clustering, **options)
        assert told == ["gone from corrections.csv since the last run: 2 corrections (the file of then is kept as "
                        "outdated/corrections.csv)"]
    assert (tmp_path / "outdated" / "corrections.csv").read_bytes() == followed
    # Where most are gone, as with a file from another page, it is a warning.
    write_lines(tmp_path / "corrections.csv", [*lines[:1], "name,,4,fours"])
    corrected(tmp_path, names, digits, clustering, warn=told.append)
    assert told[1:] == ["gone from corrections.csv since the last run: 2 corrections (the file of then is kept as "
                        "outdated/corrections-2.csv)"]


def test_a_line_that_was_passed_over_and_is_mended_is_not_said_to_be_gone(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    for line in ("move,gone.png,,1", "merge,,new-2,0", f"move,{names[0]},,1"):
        write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "name,,0,zeros", line])
        corrected(tmp_path, names, digits, clustering, warn=lambda _: None, say=pytest.fail)
    assert not (tmp_path / "outdated").exists()


def test_all_photos_may_be_put_in_no_cluster(written, digits, tmp_path):
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", *[f"move,{name},,-1" for name in names]])
    found = corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[0]
    assert (found.labels == -1).all() and found.num_clusters == 0 and found.levels == []


def test_corrections_written_by_hand_are_for_the_clusters_found_last_and_no_others(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    own = clustering_id(names, clustering.labels)
    others = replace(clustering, labels=clustering.labels[::-1])
    write_json(tmp_path / "cluster_count.json", {"clustering_id": own})
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "merge,,1,0"])
    assert corrected(tmp_path, names, digits, others, warn=said.append) == (others, 0, 0)
    # By then the clusters found last are the others.
    write_json(tmp_path / "cluster_count.json", {"clustering_id": clustering_id(names, others.labels)})
    assert corrected(tmp_path, names, digits, others, warn=said.append) == (others, 0, 0)
    assert len(said) == 2 and all(f"made for another clustering ({own!r}" in text for text in said)
    assert corrected(tmp_path, names, digits, clustering, warn=pytest.fail)[1] == 1


def test_lines_that_may_be_of_the_report_or_of_later_clusters_stop_the_step_and_nothing_is_lost(tmp_path):
    path, text = tmp_path / "corrections.csv", "action,file,cluster,value,clustering\nmerge,,1,0,a\nname,,5,Soja,\n"
    path.write_text(text)
    for latest, reported in (("b", ""), ("b", "b"), ("", "a")):  # no report, one of these clusters, none found yet
        write_json(tmp_path / "cluster_count.json", {"clustering_id": latest})
        require_told(tmp_path, reported)
    write_json(tmp_path / "cluster_count.json", {"clustering_id": "b"})
    with pytest.raises(UserError, match="line 3 does not say.*\n +a  where .* report.*\n +b  where .* clusters.csv"):
        require_told(tmp_path, "a")
    assert path.read_text() == text
    path.write_text(text.replace("Soja,", "Soja,a"))
    require_told(tmp_path, "a")


def test_the_clustering_of_a_report_is_known_and_kept(written, digits, tmp_path):
    write_json(tmp_path / "made_by_06.json", {"clustering_id": "a"})
    assert of_report(tmp_path, tmp_path / "report.html") == ""
    write_lines(tmp_path / "report.html", [])
    assert of_report(tmp_path, tmp_path / "report.html") == "a"
    names, clustering = [f"{row}.png" for row in range(300)], written[1]
    kept = clustering_id(names, clustering.labels)
    for shift in range(15):
        others = replace(clustering, labels=(clustering.labels + shift) % clustering.num_clusters)
        corrected(tmp_path, names, digits, replace(others, labels=np.roll(others.labels, shift)), warn=pytest.fail,
                  reported=kept)
    assert (tmp_path / "clusterings" / f"{kept}.csv").exists()


def test_a_line_written_by_hand_that_names_a_named_cluster_otherwise_is_told_once(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    own = clustering_id(names, clustering.labels)
    lines = ["action,file,cluster,value,clustering", f"name,,4,Bravo,{own}"]
    for number, (line, warned) in enumerate(((f"name,,4,Bravo Apple,{own}", 0), ("name,,3,Soja,", 0),
                                             ("name,,4,Soja Milk,", 1), ("name,,2,Valio,", 1)), start=3):
        lines.append(line)
        write_lines(tmp_path / "corrections.csv", lines)
        corrected(tmp_path, names, digits, clustering, warn=said.append)
        lines = (tmp_path / "corrections.csv").read_text().splitlines()
        assert len(said) == warned, number
    assert "line 5 (cluster 4 was called 'Bravo Apple')" in said[0]


@pytest.fixture
def locked(monkeypatch):
    """corrections.csv as Windows holds a file that is open in another program."""
    replacing = os.replace

    def refuse(source, target):
        if str(target).endswith("corrections.csv"):
            raise PermissionError(errno.EACCES, "Permission denied", str(source))
        replacing(source, target)

    monkeypatch.setattr(os, "replace", refuse)


def test_a_file_that_is_open_elsewhere_is_followed_with_a_warning(written, digits, tmp_path, locked):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    (tmp_path / "corrections.csv").write_text("action,file,cluster,value\nmerge,,1,0\n")
    found, lines, moved = corrected(tmp_path, names, digits, clustering, warn=said.append)
    assert lines == 1 and moved and len(said) == 1 and "corrections.csv cannot be written" in said[0]


def test_a_file_that_is_open_elsewhere_is_not_later_taken_for_one_about_other_clusters(
        written, digits, tmp_path, locked):
    write_json(tmp_path / "cluster_count.json", {"clustering_id": "others"})
    names = [f"{row}.png" for row in range(300)]
    these, options = clustering_id(names, written[1].labels), {"warn": lambda _: None}
    (tmp_path / "corrections.csv").write_text("action,file,cluster,value\nmerge,,1,0\n")
    with pytest.raises(UserError, match="Close it where it is open"):
        corrected(tmp_path, names, digits, written[1], **options)
    (tmp_path / "corrections.csv").write_text(f"action,file,cluster,value,clustering\nmerge,,1,0,{these}\n")
    assert corrected(tmp_path, names, digits, written[1], **options)[1] == 1


def test_a_file_with_lines_that_cannot_be_followed_stays_as_it_is(written, digits, tmp_path):
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "merge,,1,"])
    before = (tmp_path / "corrections.csv").read_bytes()
    with pytest.raises(UserError, match="line 2: value is missing"):
        corrected(tmp_path, [f"{row}.png" for row in range(300)], digits, written[1], warn=pytest.fail)
    assert (tmp_path / "corrections.csv").read_bytes() == before


def test_corrections_that_change_nothing_are_warned_of_and_not_counted(written, digits, tmp_path):
    names, clustering, said = [f"{row}.png" for row in range(300)], written[1], []
    write_lines(tmp_path / "corrections.csv", ["action,file,cluster,value", "merge,,1,1", "name,,0,zeros"])
    assert corrected(tmp_path, names, digits, clustering, warn=said.append) == (clustering, 1, 0)
    assert said == ["corrections.csv: line 2 (cluster 1 joins itself) passed over, as nothing is changed by it"]
