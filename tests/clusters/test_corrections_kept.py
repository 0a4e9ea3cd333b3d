"""What a person touched stays as it was left, whatever clusters are found next."""
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from found_clusters import clustering

from imgcluster.clusters.clusterings import Earlier, Found, Photos
from imgcluster.clusters.corrections import Corrected
from imgcluster.clusters.corrections_kept import carried, nearest


@pytest.mark.parametrize("seed", range(40))
def test_kept_clusters_hold_whatever_is_found(seed):
    rng = np.random.default_rng(seed)
    files = [f"{number}" for number in range(60)]
    state = Corrected(rng.integers(-1, 6, 40), rng.random(40) < 0.2, {0: "zeros", 1: "ones"}, {0, 1, 4})
    then = dict(zip(files[:40], state.labels.tolist()))
    none = {file for file, cluster, by_hand in zip(files, state.labels, state.by_hand) if cluster < 0 and by_hand}
    present = [file for file in files if rng.random() < 0.8]
    found = clustering(dict(zip(present, rng.integers(-1, 5, len(present)).tolist())))
    made = carried(state, clustering(then), found, features=rng.normal(size=(len(present), 3)).astype(np.float32))
    now = dict(zip(present, made.labels.tolist()))
    of_kept = {}
    for cluster in (0, 1, 4):
        numbers = {now[file] for file in present if then.get(file) == cluster}
        assert len(numbers) == 1 and numbers <= made.touched and numbers != {-1}
        of_kept[cluster], = numbers
    assert len(set(of_kept.values())) == 3 and set(of_kept.values()) == made.touched
    assert made.names == {of_kept[0]: "zeros", of_kept[1]: "ones"}
    assert not {file for file in present if now[file] in made.touched and then.get(file, -1) not in (0, 1, 4, -1)}
    assert {file for file in present if file in none} <= {file for file in present if now[file] == -1}
    assert all(by_hand == (file in files[:40] and state.by_hand[int(file)])
               for file, by_hand in zip(present, made.by_hand))
    # Taken for the corrections of these clusters, it stays as it is; so it does on the way to others and back.
    again = carried(made, found, found)
    other = clustering(dict(zip(present, rng.integers(0, 9, len(present)).tolist())))
    back = carried(carried(made, found, other), other, found)
    kept = [{file for file in present if now[file] == cluster} for cluster in made.touched]
    for result in (again, back):
        after_all = [{file for file, each in zip(present, result.labels) if each == cluster and now[file] >= 0}
                     for cluster in result.touched]
        assert sorted(map(sorted, kept)) == sorted(map(sorted, after_all))


def test_the_nearest_is_that_of_the_greatest_cosine():
    features = np.random.default_rng(0).normal(size=(2500, 6)).astype(np.float32)
    rows, others = np.arange(1100), np.arange(1100, 2500)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    assert np.array_equal(nearest(features, rows, others), (unit[rows] @ unit[others].T).argmax(axis=1))


@pytest.mark.parametrize("seed", range(40))
def test_kept_clusters_of_placed_photos_hold_whatever_becomes_of_the_earlier_ones(seed):
    rng = np.random.default_rng(seed)
    files, others = [f"{number}" for number in range(120)], [f"week1/{number}" for number in range(60)]
    labels = rng.integers(0, 8, 60)
    before = Found(files, rng.integers(-1, 8, 120), begun=np.zeros(120, int),
                   earlier=Earlier(dict.fromkeys(range(8), ""), Photos(others, labels)))
    # Clusters 8 and 9 are this week's, and the earlier 6 has joined 4.
    now = rng.integers(-1, 10, 120)
    now[now == 6] = 4
    by_hand = (rng.random(120) < 0.2) | (now > 7)
    state = Corrected(now, by_hand, {0: "zeros", 8: "eights"}, {0, 1, 4, 8, 9}, merged={6: 4})
    there = [rng.random(size) < 0.8 for size in (120, 60)]
    others_now = Photos(np.array(others)[there[1]].tolist(), rng.integers(0, 6, there[1].sum()))
    found = Found(np.array(files)[there[0]].tolist(), rng.integers(-1, 6, there[0].sum()),
                  begun=np.zeros(there[0].sum(), int), earlier=Earlier(dict.fromkeys(range(7), ""), others_now))
    made = carried(state, before, found)
    clusters = dict(zip(files, now.tolist()))
    clusters = dict(zip(files, now.tolist()))
    numbers = {cluster: {int(made.labels[row]) for row, file in enumerate(found.img_paths) if clusters[file] == cluster}
               for cluster in (0, 1, 4, 8, 9)}
    # Where most of a cluster's earlier photos are; this week's come after those of earlier weeks, one number lower now.
    then = dict(zip(others, labels.tolist()))
    homes = {cluster: Counter(number for file, number in zip(others_now.img_paths, others_now.labels.tolist())
                              if then[file] == cluster).most_common() for cluster in range(8)}
    home = {cluster: min(number for number, count in found if count == found[0][1]) for cluster, found in homes.items()}
    home |= {8: 7, 9: 8}
    assert numbers == {cluster: {made.merged.get(home[cluster], home[cluster])} for cluster in numbers}
    assert made.touched == set.union(*numbers.values()) and made.highest == 8
    assert made.names == {home[0]: "zeros", 7: "eights"} and made.unnamed == []
    none = [file for row, file in enumerate(files) if now[row] == -1 and by_hand[row] and there[0][row]]
    assert all(made.labels[found.img_paths.index(file)] == -1 for file in none)
    assert made.merged in ({}, {home[6]: made.merged.get(home[6])}) and not np.isin(made.labels, [*made.merged]).any()
    rest = [row for row, file in enumerate(found.img_paths) if clusters[file] in (2, 3, 5, 7) and not made.by_hand[row]]
    placed = found.labels[rest].tolist()
    assert made.labels[rest].tolist() == [made.merged.get(number, number) for number in placed]


def test_earlier_clusters_that_were_made_one_are_one_again():
    def placed(labels, earlier):
        photos = Photos([f"week1/{number}" for number in range(9)], earlier)
        return Found(["a", "b"], labels, begun=labels, earlier=Earlier({0: "", 1: "", 2: ""}, photos))

    before = placed(np.array([0, 1]), np.repeat([0, 1, 2], 3))
    state = Corrected(np.array([1, 1]), np.zeros(2, bool), {}, {1}, merged={0: 1})
    for labels, merged, clusters in ((np.repeat([2, 0, 1], 3), {2: 0}, [0, 0]), (np.repeat([1, 1, 0], 3), {}, [1, 1]),
                                     (np.repeat([1, 0, 2], [4, 2, 3]), {1: 0}, [0, 0])):
        made = carried(state, before, placed(labels[[0, 4]], labels))
        assert (made.merged, made.labels.tolist(), made.touched) == (merged, clusters, {clusters[0]})


def test_a_cluster_that_is_mostly_another_one_now_is_not_merged_again():
    def placed(own, earlier):
        photos = Photos([f"week1/{number}" for number in range(8)], np.array(earlier))
        earlier = Earlier(dict.fromkeys(range(3), ""), photos)
        return Found(list("abcdef"), np.array(own), begun=np.array(own), earlier=earlier)

    before = placed([2, 2, 2, 2, 2, 0], [0, 0, 0, 1, 1, 1, 2, 2])
    found = placed([1, 1, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1, 1, 1])
    made = carried(Corrected(before.labels, np.zeros(6, bool), {}, {0}, merged={1: 0}), before, found)
    assert made.labels.tolist() == found.labels.tolist() and made.merged == {}


def test_photos_that_were_all_put_in_no_cluster_are_carried_over():
    state = Corrected(np.array([0, 0]), np.zeros(2, bool), {0: "x"}, {0})
    made = carried(state, clustering({"a": 0, "b": 0}), clustering({"a": -1, "b": -1}))
    assert made.labels.tolist() == [0, 0] and made.names == {0: "x"}


def test_a_new_photo_of_a_cluster_that_was_divided_goes_the_way_of_those_it_is_like():
    before = clustering({"a": 0, "b": 0, "c": 0, "d": 0, "e": 0})
    state = Corrected(np.array([0, 0, 0, 1, 1]), np.zeros(5, bool), touched={0, 1})  # d and e were split off
    found = clustering({**dict.fromkeys("abcde", 0), "new": 0, "other": 0})
    likes = np.array([[1, 0], [1, 0.1], [1, 0.2], [0, 1], [0.1, 1], [0, 1], [1, 0]], np.float32)
    labels = carried(state, before, found, features=likes).labels
    assert labels[5] == labels[3] == labels[4] != labels[0] == labels[1] == labels[2] == labels[6]


OWN, PLACED = Earlier(), Earlier({0: "", 1: "", 2: ""}, Photos(["week1/a", "week1/b", "week1/c"], np.arange(3)))


@pytest.mark.parametrize("earlier", [OWN, PLACED])
@pytest.mark.parametrize("originals", [{"new": "a"}, {"a": "new"}, {"a": "gone", "new": "gone"},
                                       {"new": "a", "c": "a"}, {"a": "new", "more": "new"}])
@pytest.mark.parametrize("cluster, other", [(1, "d"), (2, "e"), (-1, "x")])
def test_a_copy_that_comes_later_is_where_a_person_put_its_original(earlier, originals, cluster, other):
    clusters = {"a": 0, "b": 0, "c": 0, "d": 1, "e": 2, "x": -1}
    before = replace(clustering(clusters), earlier=earlier)
    state = Corrected(np.array([cluster, 0, 0, 1, 2, -1]), np.arange(6) == 0, touched={0, cluster} - {-1})
    found = clustering({**clusters, "new": 0, "more": 0})
    # All look like another one of the cluster that they were found in.
    made = carried(state, before, replace(found, earlier=earlier, originals=originals), features=np.ones((8, 2)))
    copies = ["a", "new"] + ["more"] * ("more" in originals)
    where, by_hand = (dict(zip(found.img_paths, each.tolist())) for each in (made.labels, made.by_hand))
    assert {where[photo] for photo in copies} == {where[other]} and all(by_hand[photo] for photo in copies)
    # One that was there has been left where it is.
    assert where["c"] == where["b"] not in (where[other], -1) and not by_hand["c"]


@pytest.mark.parametrize("earlier", [OWN, PLACED])
def test_a_copy_that_comes_later_does_not_follow_another_copy_away_from_their_original(earlier):
    clusters = {"a": 0, "b": 1, "c": -1, "copy a": 0, "copy c": -1}
    before = replace(clustering(clusters), earlier=earlier)
    state = Corrected(np.array([0, 1, -1, 1, 1]), np.arange(5) > 2, touched={0, 1})
    originals = {f"{which} {photo}": photo for which in ("copy", "new") for photo in "ac"}
    found = replace(clustering({**clusters, "new a": 0, "new c": -1}), earlier=earlier, originals=originals)
    made = carried(state, before, found, features=np.ones((7, 2)))
    where = dict(zip(found.img_paths, made.labels.tolist()))
    assert where["new a"] == where["a"] != where["copy a"] == where["copy c"] and where["new c"] == where["c"] == -1
    assert not made.by_hand[-2:].any()


def test_a_copy_that_comes_later_is_in_the_cluster_that_its_original_was_kept_in():
    before = replace(clustering({"a": 0, "b": 0, "c": 1}), earlier=PLACED)
    found = replace(clustering({"a": 2, "b": 2, "c": 2, "new": 2, "more": 2}), earlier=PLACED,
                    originals={"new": "a", "more": "c"})
    made = carried(Corrected(before.labels, np.zeros(3, bool), touched={0}), before, found)
    assert made.labels.tolist() == [0, 0, 2, 0, 2] and not made.by_hand.any()
