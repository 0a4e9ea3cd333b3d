"""Corrections hold, one clustering after the other: what a person touched stays as it was left."""
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from found_clusters import clustering, spread

from imgcluster.clusters.corrections import Corrected
from imgcluster.clusters.corrections_file import COLUMNS
from imgcluster.clusters.corrections_followed import _with_earlier, follow
from imgcluster.errors import UserError


def lines(found, *cells):
    return pd.DataFrame([[*line, found.id] for line in cells], columns=[*COLUMNS, "clustering"], dtype=str)


def table_of(*parts):
    table = pd.concat(parts, ignore_index=True)
    return table.set_index(pd.RangeIndex(2, 2 + len(table)))


def after(table, present, *known, features=None):
    """(the `Followed` of a table, {cluster: its photos as a text, sorted})."""
    found = follow(table, present, {each.id: each for each in known}.get, features=features)
    return found, grouped(present, found.corrected.labels)


def grouped(found, labels):
    groups = {}
    for photo, cluster in sorted(zip(found.img_paths, labels.tolist())):
        groups[cluster] = groups.get(cluster, "") + photo
    return groups


X = clustering(spread(c0="abcd", c1="efgh", c2="ijk", c3="lm"))


def test_without_another_clustering_lines_mean_what_they_meant():
    table = table_of(lines(X, ("merge", "", "1", "0"), ("split", "i", "2", "new-1"), ("name", "", "3", "bags")))
    found, groups = after(table, X)
    assert groups == {0: "abcdefgh", 2: "jk", 3: "lm", 4: "i"} and found.corrected.names == {3: "bags"}
    assert (found.num_lines, found.num_carried, found.num_kept, found.begun is X.labels) == (3, 0, 0, True)


def test_nothing_changes_but_the_photo_that_left():
    table = table_of(lines(X, ("merge", "", "1", "0"), ("split", "i", "2", "new-1"), ("split", "j", "2", "new-1"),
                           ("move", "l", "3", "2"), ("name", "", "new-1", "odd"), ("name", "", "0", "boots")))
    y = clustering(spread(c1="abc", c0="efgh", c2="ijk", c3="lm"))
    found, groups = after(table, y, X)
    assert groups == {0: "abcefgh", 2: "ij", 3: "m", 4: "kl"} and found.corrected.names == {0: "boots", 2: "odd"}
    assert (found.num_lines, found.num_carried, found.num_kept) == (6, 6, 4)


def test_merged_clusters_stay_merged_and_new_photos_of_either_part_join_them():
    table = table_of(lines(X, ("merge", "", "1", "0")))
    y = clustering(spread(c0="abcdx", c1="efghy", c2="ijk", c3="lmz"))
    found, groups = after(table, y, X, features=np.eye(len(y.img_paths)))
    assert groups == {0: "abcdefghxy", 2: "ijk", 3: "lmz"} and found.num_kept == 1


def test_photos_split_off_stay_apart_and_new_ones_go_to_the_part_they_are_like():
    table = table_of(lines(X, ("split", "a", "0", "new-1"), ("split", "b", "0", "new-1"), ("name", "", "new-1", "red"),
                           ("name", "", "0", "blue")))
    y = clustering(spread(c0="efgh", c1="abcdxyz", c2="ijk", c3="lm"))
    features = np.array([{"a": [1, 0], "b": [9, 1], "x": [5, 1], "y": [1, 4]}.get(photo, [0, 1])
                         for photo in y.img_paths], np.float32)
    found, groups = after(table, y, X, features=features)
    names = {name: groups[cluster] for cluster, name in found.corrected.names.items()}
    assert names == {"red": "abx", "blue": "cdyz"} and len(groups) == 5


def test_a_photo_that_was_moved_stays_where_it_was_put():
    table = table_of(lines(X, ("move", "a", "0", "2")))
    y = clustering(spread(c0="abcdlm", c1="efgh", c2="ijk"))
    found, groups = after(table, y, X)
    assert groups[2] == "aijk" and found.corrected.by_hand.tolist() == [photo == "a" for photo in y.img_paths]
    # That it was taken out of cluster 0 says no more of l and m than that they were not in it.
    assert sorted(groups.values()) == ["aijk", "bcd", "efgh", "lm"]


def test_names_stay_with_their_photos():
    table = table_of(lines(X, ("name", "", "1", "boots"), ("name", "", "3", "bags"), ("name", "", "2", "hats"),
                           ("name", "", "2", "")))
    y = clustering(spread(c0="efghx", c1="lm", c2="abcdijk"))
    found, groups = after(table, y, X)
    assert found.corrected.names == {0: "boots", 1: "bags"} and groups[0] == "efghx"
    assert found.corrected.touched == {0, 1, 3} and groups[3] == "ijk" and groups[2] == "abcd"


def test_of_two_that_want_one_cluster_the_larger_share_gets_its_number():
    table = table_of(lines(X, ("name", "", "3", "bags"), ("name", "", "2", "hats")))
    y = clustering(spread(c0="ijklm", c1="abcdefgh"))
    found, groups = after(table, y, X)
    assert groups == {0: "ijk", 1: "abcdefgh", 2: "lm"} and found.corrected.names == {0: "hats", 2: "bags"}
    # An untouched cluster keeps the number as well where it has more photos there.
    y = clustering(spread(c0="abcdlm", c1="efghijk"))
    found, groups = after(table_of(lines(X, ("name", "", "3", "bags"))), y, X)
    assert groups == {0: "abcd", 1: "efghijk", 2: "lm"} and found.corrected.names == {2: "bags"}


def test_photos_of_untouched_clusters_that_were_found_in_a_kept_one_go_where_most_of_theirs_are():
    table = table_of(lines(X, ("name", "", "1", "boots")))
    y = clustering(spread(c0="efghai", c1="bcd", c2="jk", c3="lm"))
    assert after(table, y, X)[1] == {0: "efgh", 1: "abcd", 2: "ijk", 3: "lm"}
    y = clustering(spread(c0="efghlm", c1="abcd", c2="ijk"))
    assert after(table, y, X)[1] == {0: "efgh", 1: "abcd", 2: "ijk", 3: "lm"}


def test_untouched_clusters_are_found_anew():
    table = table_of(lines(X, ("name", "", "3", "bags")))
    y = clustering(spread(c0="abef", c1="cdghijk", c2="lmxyz"))
    assert after(table, y, X)[1] == {0: "abef", 1: "cdghijk", 2: "lmxyz"}


def test_photos_in_no_cluster_are_found_anew_unless_a_person_put_them_there():
    x = clustering(spread(c0="abcd", c1="efgh", none="ij"))
    table = table_of(lines(x, ("move", "a", "0", "-1"), ("move", "e", "1", "-1")))
    y = clustering(spread(c0="abcdi", c1="fgh", none="ej"))
    found, groups = after(table, y, x)
    assert groups == {-1: "aej", 0: "bcdi", 1: "fgh"}
    assert [photo for photo, placed in zip(y.img_paths, found.corrected.by_hand) if placed] == ["a", "e"]


def test_a_kept_cluster_takes_its_photos_back_that_fit_no_cluster_now():
    table = table_of(lines(X, ("name", "", "3", "bags"), ("name", "", "2", "hats")))
    y = clustering(spread(c0="abcdi", c1="efgh", none="jklm"))
    assert after(table, y, X)[1] == {0: "abcd", 1: "efgh", 2: "ijk", 3: "lm"}


def test_clusters_whose_photos_have_all_left_are_gone():
    table = table_of(lines(X, ("name", "", "3", "bags"), ("merge", "", "1", "0")))
    found, groups = after(table, clustering(spread(c0="ijkxy")), X)
    assert groups == {0: "ijkxy"} and (found.num_kept, found.corrected.names) == (0, {})
    found, groups = after(table, clustering(spread(c0="xy", c1="z")), X)
    assert groups == {0: "xy", 1: "z"} and found.num_kept == 0
    assert after(table, clustering(spread(none="xyz")), X)[1] == {-1: "xyz"}


def test_a_cluster_stays_as_it_was_left_when_its_photos_are_renamed():
    x = replace(X, digests=tuple(X.img_paths))
    table = table_of(lines(X, ("merge", "", "1", "0"), ("split", "i", "2", "new-1"), ("name", "", "3", "bags")))
    renamed = {photo: f"{photo}'" for photo in "abefilm"}
    y = clustering({renamed.get(photo, photo): cluster for photo, cluster in zip(X.img_paths, X.labels.tolist())})
    found, groups = after(table, replace(y, digests=tuple(X.img_paths)), x)
    assert {photos.replace("'", "") for photos in groups.values()} == {"abcdefgh", "jk", "lm", "i"}
    assert [*found.corrected.names.values()] == ["bags"] and found.vanished == []
    # By their names alone those are new photos.
    found, groups = after(table, y, x)
    assert "i'" not in groups.values() and found.vanished


@pytest.mark.parametrize("names, originals", [
    ({"a": "a'"}, {"b": "a'"}), ({"a": None}, {}), ({"a": "shop/a", "b": "shop/b"}, {"shop/b": "shop/a"}),
    ({"a": None, "b": "x"}, {}), ({"better": "better"}, {"a": "better", "b": "better"})])
def test_copies_went_along_with_a_photo_whatever_becomes_of_it(names, originals):
    x = replace(X, digests=tuple(X.img_paths), originals={"b": "a"})
    clusters = dict.fromkeys(names, 0) | dict(zip(X.img_paths, X.labels.tolist()))
    present = {photo: names.get(photo, photo) for photo in clusters if names.get(photo, photo)}
    y = clustering({name: clusters[photo] for photo, name in present.items()})
    y = replace(y, digests=tuple(present), originals=originals)
    found, _ = after(table_of(lines(X, ("move", "a", "0", "2"))), y, x)
    numbers = dict(zip(present, found.corrected.labels.tolist()))
    by_hand = dict(zip(present, found.corrected.by_hand.tolist()))
    assert all(numbers[copy] == numbers["i"] and by_hand[copy] for copy in {"a", "b"} & {*present})
    assert numbers["c"] == numbers["d"] == 0 and not (by_hand["c"] or by_hand["i"])


def test_corrections_of_several_clusterings_follow_each_other():
    y = clustering(spread(c0="abcdx", c1="efgy", c2="ijkz", c3="lm"))
    table = table_of(lines(X, ("merge", "", "1", "0"), ("name", "", "0", "boots")),
                     lines(y, ("split", "x", "0", "new-1"), ("split", "y", "0", "new-1"), ("merge", "", "3", "2"),
                           ("name", "", "0", "shoes")))
    found, groups = after(table, y, X)
    assert groups == {0: "abcdefg", 2: "ijklmz", 4: "xy"} and found.corrected.names == {0: "shoes"}
    assert (found.num_lines, found.num_carried, found.num_kept) == (6, 2, 1)
    assert grouped(y, found.begun) == {0: "abcdefgxy", 2: "ijkz", 3: "lm"}
    z = clustering(spread(c0="abcefgxyzijkm", c1="d", c2="w"))
    found, groups = after(table, z, X, y)
    assert sorted(groups.values()) == ["abcdefg", "ijkmz", "w", "xy"]
    assert (found.num_lines, found.num_carried, found.num_kept) == (6, 6, 3)
    # Back where it began, with what was said of both; h had left in between.
    found, groups = after(table, X, y)
    assert sorted(groups.values()) == ["abcdefgh", "ijklm"] and [*found.corrected.names.values()] == ["shoes"]


def test_a_new_cluster_is_known_by_its_name_after_lines_for_another_clustering():
    y = clustering(spread(c0="abcdx", c1="efgh", c2="ijk", c3="lm"))
    table = table_of(lines(X, ("split", "a", "0", "new-1"), ("split", "e", "1", "new-2"), ("move", "e", "", "1")),
                     lines(y, ("name", "", "3", "bee")),
                     lines(X, ("split", "b", "0", "new-1"), ("name", "", "new-1", "boots"),
                           ("split", "c", "0", "new-3"), ("split", "f", "1", "new-2")))
    found, groups = after(table, X, y)
    assert sorted(groups.values()) == ["ab", "c", "d", "egh", "f", "ijk", "lm"]
    number, = (cluster for cluster, photos in groups.items() if photos == "ab")
    assert found.corrected.names[number] == "boots" and not found.corrected.idle


def test_where_a_new_photo_went_by_its_features_is_known_later():
    table = table_of(lines(X, ("split", "a", "0", "new-1"), ("split", "b", "0", "new-1")))
    y = clustering(spread(c0="abcdx", c1="efgh"))
    features = np.array([[1, 0] if photo in "abx" else [0, 1] for photo in y.img_paths], np.float32)
    begun = dict(zip(y.img_paths, follow(table, y, {X.id: X}.get, features=features).begun.tolist()))
    table = table_of(table, lines(y, ("name", "", "0", "blue")))
    z = clustering(spread(c0="efgh", c1="abcdx"))
    assert "abx" in after(table, z, X, clustering(spread(c0="abcdx", c1="efgh"), begun=begun))[1].values()
    begun["x"] = 77  # of corrections that are no longer there
    assert "abx" not in after(table, z, X, clustering(spread(c0="abcdx", c1="efgh"), begun=begun))[1].values()


def test_lines_of_clusterings_that_are_not_known_are_left_aside():
    gone = clustering(spread(c0="abc"))
    table = table_of(lines(gone, ("merge", "", "1", "0")), lines(X, ("name", "", "0", "boots")))
    found, groups = after(table, X)
    assert found.aside.index.tolist() == [2] and found.num_lines == 1 and found.corrected.names == {0: "boots"}


def test_odd_lines_of_all_clusterings_are_told():
    y = clustering(spread(c0="abcx", c1="efgh"))
    table = table_of(lines(X, ("merge", "", "0", "0"), ("move", "gone", "0", "1"), ("move", "d", "0", "1")),
                     lines(y, ("move", "a", "1", "1")))
    found, _ = after(table, y, X)
    assert (list(found.corrected.idle), list(found.corrected.lost), list(found.corrected.astray)) == ([2], [3], [5])
    assert (found.num_lines, found.num_carried) == (2, 1)
    with pytest.raises(UserError, match="line 2: cluster '9'"):
        after(table_of(lines(X, ("merge", "", "9", "0"))), y, X)


def test_of_what_was_said_of_earlier_clusters_names_given_since_and_numbers_of_ones_own_have_no_part():
    labels = np.array([0, 7, 7, 2])
    start = Corrected(labels, np.zeros(4, bool), {7: "boots"}, {7})
    placed = Corrected(labels, np.zeros(4, bool), {0: "boots", 1: "bags", 5: "own"}, {1, 5}, merged={2: 1, 0: 5})
    made = _with_earlier(start, placed, 3)
    assert made.names == {7: "boots", 1: "bags"} and made.touched == {7, 1}
    assert made.merged == {2: 1} and made.labels.tolist() == [0, 7, 7, 1]
