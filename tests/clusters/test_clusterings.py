"""Clusterings are found again by their id, as they were, for as long as corrections or open reports need them."""
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from imgcluster.clusters import clusterings
from imgcluster.clusters.clusterings import MOST_OTHERS, Earlier, Found, Photos, found_in, keep, recall
from imgcluster.csv_tables import write_table
from imgcluster.files import write_lines
from imgcluster.photos.photo_tables import digests_of

FILES = ["a.jpg", "b, c.jpg", '가 "방".jpg', "001"]


def found(labels, begun=None):
    labels = np.array(labels)
    return Found(FILES, labels, begun=labels if begun is None else np.array(begun))


def test_a_clustering_is_recalled_as_it_was(tmp_path):
    kept = found([0, 1, -1, 0], begun=[2, 1, -1, 0])
    for _ in range(2):
        keep(tmp_path, kept, needed=set())
    again = recall(tmp_path, kept.id)
    assert (again.id, again.img_paths) == (kept.id, FILES)
    assert again.labels.tolist() == [0, 1, -1, 0] and again.begun.tolist() == [2, 1, -1, 0]


@pytest.mark.parametrize("digests", [(), ("d1", "", "d3")])
def test_one_of_photos_placed_in_others_clusters_is_recalled_with_these(tmp_path, digests):
    photos = Photos(["week1/a.jpg", "week1/b.jpg", "week0/a.jpg"], np.array([3, -1, 0]), digests)
    earlier = Earlier({0: "boots", 3: "", 5: ""}, photos)
    placed = replace(found([0, 3, -1, 7]), earlier=earlier)
    keep(tmp_path, placed, needed=set())
    again = recall(tmp_path, placed.id)
    assert (again.img_paths, again.labels.tolist(), again.digests) == (FILES, [0, 3, -1, 7], ())
    assert (again.earlier.photos.img_paths, again.earlier.photos.digests) == (photos.img_paths, digests)
    assert again.earlier.photos.labels.tolist() == [3, -1, 0] and again.earlier.names == earlier.names
    assert again.highest == 7 and replace(again, labels=np.full(4, -1)).highest == 5
    # Others are other photos, photos in other clusters, and where earlier ones are in others.
    others = (Earlier({**earlier.names, 6: ""}, photos),
              Earlier(earlier.names, replace(photos, labels=np.zeros(3, int))),
              Earlier(earlier.names, replace(photos, img_paths=list("abc"))))
    names = {placed.id, found([0, 3, -1, 7]).id, replace(placed, labels=np.zeros(4, int)).id,
             *(replace(placed, earlier=other).id for other in others)}
    assert len(names) == 6 and [recall(tmp_path, name) for name in names - {placed.id}] == [None] * 5
    # What the clusters are called plays no part.
    assert replace(placed, earlier=Earlier({0: "", 3: "", 5: ""}, photos)).id == placed.id


def test_photos_that_were_renamed_are_known_by_their_content(tmp_path):
    write_table(tmp_path / "photos.csv", pd.DataFrame({"file": FILES, "digest": ["d1", "d2", "d3", "d3"]}))
    first = replace(found([0, 1, 1, 0]), digests=digests_of(tmp_path, FILES))
    keep(tmp_path, first, needed=set())
    first = recall(tmp_path, first.id)
    assert first.digests == ("d1", "d2", "d3", "d3") and digests_of(tmp_path, [*FILES, "x.jpg"]) == ()
    now = ["a.jpg", "new/b.jpg", "twin 1.jpg", "twin 2.jpg", "x.jpg"]
    later = Photos(now, np.zeros(5, int), ("other", "d2", "d3", "d3", "d1"))
    # a.jpg is another picture now, and x.jpg what it was.
    assert first.names_in(later) == ["x.jpg", "new/b.jpg", "twin 1.jpg", "twin 2.jpg"]
    by_name = [name if name in now else None for name in FILES]
    assert first.names_in(replace(later, digests=())) == replace(first, digests=()).names_in(later) == by_name


@pytest.mark.parametrize("names, digests, expected", [
    (["1", "2", "3"], ("d2", "d3", "d4"), [None, "1", "2", "3"]),  # the first is gone, and the others renumbered
    (["1", "2", "3", "4"], ("d2", "d1", "d3", "d4"), ["2", "1", "3", "4"]),
    (["1", "2", "3", "4"], ("d1", "d2", "d2", "new"), ["1", "2", "3", "4"]),  # 3 is a copy of 2 now
    (["1", "2", "5"], ("d1", "new", "d2"), ["1", "5", None, None]),
    (["1", "5"], ("", "d2"), ["1", "5", None, None])])
def test_names_that_others_have_now_mislead_nobody(names, digests, expected):
    before = Photos(["1", "2", "3", "4"], np.zeros(4, int), ("d1", "d2", "d3", "d4"))
    assert before.names_in(Photos(names, np.zeros(len(names), int), digests)) == expected


def test_copies_are_recalled_as_they_were(tmp_path):
    write_lines(tmp_path / "duplicates.csv", ["file,kept,kind,distance", "001,a.jpg,resized,2", "gone.jpg,001,same,0"])
    labels = np.array([0, 1, 1, 0])
    first = found_in(tmp_path, FILES, labels)
    keep(tmp_path, first, needed=set())
    write_lines(tmp_path / "duplicates.csv", ["file,kept,kind,distance", '"b, c.jpg",001,resized,2'])
    assert recall(tmp_path, first.id).copies == {"a.jpg": ["001"]}
    later = found_in(tmp_path, FILES, labels)
    assert later.id == first.id and later.copies == {"001": ["b, c.jpg"]}
    keep(tmp_path, replace(found([0, 1, 1, 0]), earlier=Earlier({3: ""}, Photos(["w/001"], labels[:1]))), needed=set())
    assert all(not recall(tmp_path, path.stem).copies for path in (tmp_path / clusterings.FOLDER).glob("*+3.csv"))


def test_copies_of_a_clustering_whose_file_does_not_tell_are_those_of_now(tmp_path):
    digests = ("d1", "d2", "d3", "d4")
    first = replace(found([0, 1, 1, 0]), digests=digests)
    keep(tmp_path, first, needed=set())
    path = tmp_path / clusterings.FOLDER / f"{first.id}.csv"
    write_table(path, pd.read_csv(path, dtype=str).drop(columns="original"))
    before = recall(tmp_path, first.id)
    now = Found(["1", "2", "3", "4", "5"], np.zeros(5, int), (*digests, "d5"), begun=np.zeros(5, int),
                originals={"2": "1", "4": "5"})
    assert before.with_originals(now).copies == {"a.jpg": ["b, c.jpg"]}
    assert first.with_originals(now).copies == {}


@pytest.mark.parametrize("change", [
    lambda path: path.unlink(), lambda path: path.write_text(path.read_text().replace("a.jpg", "b.jpg")),
    lambda path: path.write_text("file,cluster\na.jpg,0\n"), lambda path: path.write_bytes(b"\xff\xfe"),
    lambda path: path.write_text(path.read_text().replace("001,0,0", "001,0,x"))])
def test_one_that_is_gone_or_was_changed_is_not_known(tmp_path, change):
    kept = found([0, 1, 1, 0])
    keep(tmp_path, kept, needed=set())
    change(tmp_path / clusterings.FOLDER / f"{kept.id}.csv")
    assert recall(tmp_path, kept.id) is None


def test_no_file_elsewhere_is_read(tmp_path):
    kept = found([0, 1, 1, 0])
    keep(tmp_path / "other", kept, needed=set())
    assert recall(tmp_path, f"../other/{clusterings.FOLDER}/{kept.id}") is None and recall(tmp_path, "") is None


def test_the_oldest_go_but_not_those_that_corrections_need(tmp_path):
    write_lines(tmp_path / clusterings.FOLDER / clusterings.FOLLOWED, [])
    os.utime(tmp_path / clusterings.FOLDER / clusterings.FOLLOWED, (0, 0))
    many = [found([0, 1, 1, number]) for number in range(2, MOST_OTHERS + 6)]
    for age, each in enumerate(many):
        keep(tmp_path, each, needed={many[0].id})
        os.utime(tmp_path / clusterings.FOLDER / f"{each.id}.csv", (age, age))
    assert (tmp_path / clusterings.FOLDER / clusterings.FOLLOWED).exists()
    there = [recall(tmp_path, each.id) is not None for each in many]
    assert there == [True] + [False] * (len(many) - MOST_OTHERS - 2) + [True] * (MOST_OTHERS + 1)
