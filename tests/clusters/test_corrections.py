"""Corrections change what they name and nothing else."""
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imgcluster.clusters.corrections import Corrected, apply_corrections, clustering_id
from imgcluster.clusters.corrections_file import COLUMNS
from imgcluster.errors import UserError

LABELS = np.array([0, 0, 0, 1, 1, 2])
FILES = ["a.jpg", "b.jpg", "c, d.jpg", "e.jpg", "f.jpg", "g.jpg"]


def corrected(*lines):
    found = applied(*lines)
    return found.labels, found.names


def applied(*lines):
    return apply_corrections(LABELS, FILES, table_of(*lines))


def table_of(*lines):
    """Corrections as they are read from a file: the first is its line 2."""
    return pd.DataFrame(lines, columns=COLUMNS, index=range(2, 2 + len(lines)), dtype=str)


def test_merge_takes_the_number_of_the_cluster_it_joins():
    assert corrected(("merge", "", "1", "2"))[0].tolist() == [0, 0, 0, 2, 2, 2]


def test_later_lines_see_earlier_ones():
    labels, _ = corrected(("merge", "", "1", "2"), ("move", "e.jpg", "2", "0"))
    assert labels.tolist() == [0, 0, 0, 0, 2, 2]


def test_photos_split_off_under_one_name_share_a_new_cluster():
    labels, _ = corrected(("split", "a.jpg", "0", "new-1"), ("split", "c, d.jpg", "0", "new-1"),
                          ("split", "f.jpg", "1", "new-2"), ("merge", "", "new-2", "2"))
    assert labels.tolist() == [3, 0, 3, 1, 2, 2]


def test_copies_go_along_out_of_the_same_cluster_unless_lines_place_them():
    def labels_after(*lines):
        found = apply_corrections(LABELS, FILES, table_of(*lines), copies={"b.jpg": ["a.jpg", "e.jpg", "gone.jpg"]})
        assert not (found.lost or found.idle or found.astray)
        return found.labels.tolist()

    assert labels_after(("move", "b.jpg", "0", "2")) == [2, 2, 0, 1, 1, 2]
    assert labels_after(("move", "a.jpg", "0", "2")) == [2, 0, 0, 1, 1, 2]
    assert labels_after(("move", "a.jpg", "0", "1"), ("split", "b.jpg", "0", "new-1")) == [1, 3, 0, 1, 1, 2]
    for shown in ("0", "2"):  # in the page that was made before, and in the next one
        assert labels_after(("move", "b.jpg", "0", "2"), ("move", "a.jpg", shown, "1")) == [1, 2, 0, 1, 1, 2]


def test_a_cluster_that_a_photo_and_its_copy_left_has_no_name():
    named = table_of(("name", "", "2", "hats"), ("move", "g.jpg", "2", "0"))
    labels = np.array([0, 0, 0, 1, 2, 2])
    found = apply_corrections(labels, FILES, named, copies={"g.jpg": ["f.jpg"]})
    assert found.labels.tolist() == [0, 0, 0, 1, 0, 0] and found.names == {}


def test_names_are_kept_and_labels_left_alone():
    before = LABELS.copy()
    labels, names = corrected(("name", "", "1", "red, \"shoe\""), ("move", "gone.jpg", "0", "1"))
    assert names == {1: 'red, "shoe"'} and labels.tolist() == before.tolist() == LABELS.tolist()


def test_clusters_of_one_name_are_told_until_they_are_merged():
    named = [("name", "", "0", "boots"), ("name", "", "2", "boots"), ("name", "", "1", "bags")]
    assert applied(*named).namesakes == {"boots": [0, 2]}
    assert not applied(*named, ("merge", "", "2", "0")).namesakes
    assert not applied(*named, ("name", "", "2", "shoes")).namesakes
    assert not applied(("name", "", "0", ""), ("name", "", "1", "")).namesakes
    # Photos placed in earlier clusters: one of those without photos here has its name all the same.
    earlier = {0: "", 7: "boots", 8: "hats", 9: "hats"}
    assert apply_corrections(LABELS, FILES, table_of(named[0]), earlier=earlier).namesakes == {"boots": [0, 7]}


def test_lines_of_photos_that_are_not_there_are_named():
    found = applied(("move", "gone.jpg", "0", "1"), ("merge", "", "1", "2"), ("split", "raw_img/a.jpg", "0", "new-1"))
    assert found.lost == {2: "gone.jpg", 4: "raw_img/a.jpg; did you mean a.jpg?"}
    assert found.labels.tolist() == [0, 0, 0, 2, 2, 2]


def test_columns_that_are_swapped_are_told():
    assert applied(("move", "2", "shop/A.jpg", "1"), ("move", "2", "0", "1"), ("move", "2", "boots", "1")).lost == {
        2: "2; columns look swapped: the photo a.jpg belongs there", 3: "2", 4: "2"}
    with pytest.raises(UserError, match="line 2: columns look swapped: the photo a.jpg belongs in file, not 'new-1'"):
        applied(("split", "new-1", "0", "a.jpg"))
    files = ["2", *FILES[1:]]
    assert not apply_corrections(LABELS, files, table_of(("move", "2", "0", "1"))).lost


def test_new_clusters_come_after_the_highest_there_is():
    table = table_of(("split", "a.jpg", "0", "new-1"), ("move", "b.jpg", "0", "6"))
    assert apply_corrections(LABELS, FILES, table, earlier={0: "", 6: ""}).labels.tolist() == [7, 6, 0, 1, 1, 2]


def test_the_first_cluster_of_photos_in_none_has_the_number_0():
    table = table_of(("split", "b.jpg", "-1", "new-1"))
    assert apply_corrections(np.array([-1, -1]), ["a.jpg", "b.jpg"], table).labels.tolist() == [-1, 0]


def test_photos_placed_by_hand_are_known():
    found = applied(("split", "a.jpg", "0", "new-1"), ("move", "b.jpg", "0", "0"), ("merge", "", "1", "2"))
    assert found.by_hand.tolist() == [True, True, False, False, False, False]


def test_a_photo_that_is_not_where_its_line_says_is_moved_and_named():
    found = applied(("move", "a.jpg", "1", "2"), ("split", "b.jpg", "99", "new-1"), ("move", "e.jpg", "new-7", "2"))
    assert found.labels.tolist() == [2, 3, 0, 2, 1, 2] and not found.lost
    assert found.astray == {2: "a.jpg is in cluster 0, not in 1", 3: "b.jpg is in cluster 0, not in 99",
                            4: "e.jpg is in cluster 1, not in new-7"}


@pytest.mark.parametrize("lines", [
    [("merge", "", "1", "2"), ("move", "e.jpg", "2", "0"), ("move", "e.jpg", "0", "2")],  # as the report writes them
    [("split", "a.jpg", "0", "new-1"), ("merge", "", "new-1", "1"), ("move", "a.jpg", "1", "2")],
    [("split", "a.jpg", "0", "new-1"), ("move", "a.jpg", "3", "2")],  # by the number it got in the run before
    [("merge", "", "0", "1"), ("merge", "", "1", "2"), ("move", "a.jpg", "0", "new-1")],  # by that before corrections
    [("split", "a.jpg", "0", "new-1"), ("move", "a.jpg", "New-1", "2")],
    [("split", "a.jpg", "0", "new-1"), ("merge", "", "1", "2"),
     ("merge", "", "new-1", "0"), ("move", "e.jpg", "1", "0")],
    [("move", "a.jpg", "", "2")], [("move", "a.jpg", "00", "2")],
    [("merge", "", "01", "02"), ("move", "e.jpg", "01", "0"), ("move", "f.jpg", "02", "0")]])
def test_a_photo_may_be_said_to_leave_its_cluster_or_one_that_joined_it(lines):
    assert not applied(*lines).astray


def test_photos_in_no_cluster_are_moved():
    table = table_of(("move", "a.jpg", "-1", "0"), ("move", "b.jpg", "-1", "0"))
    found = apply_corrections(np.array([-1, 0]), ["a.jpg", "b.jpg"], table)
    assert found.labels.tolist() == [0, 0] and list(found.astray) == [3]


def test_a_photo_that_is_no_product_is_put_in_no_cluster():
    found = applied(("move", "a.jpg", "0", " -1 "), ("move", "g.jpg", "2", "-1"), ("name", "", "2", "bags"),
                    ("move", "e.jpg", "1", "-1"), ("move", "e.jpg", "-1", "0"))
    assert found.labels.tolist() == [-1, 0, 0, 0, 1, -1] and not (found.astray or found.names)
    assert found.by_hand.tolist() == [True, False, False, True, False, True]


@pytest.mark.parametrize("line, touched", [
    (("merge", "", "1", "2"), {2}), (("split", "a.jpg", "0", "new-1"), {0, 3}), (("move", "e.jpg", "9", "2"), {1, 2}),
    (("name", "", "1", "boots"), {1}), (("move", "a.jpg", "0", "-1"), {0}), (("merge", "", "1", "1"), set()),
    (("name", "", "1", ""), set()), (("move", "gone.jpg", "0", "1"), set())])
def test_clusters_that_a_line_is_about_are_known(line, touched):
    assert applied(line).touched == touched


def test_lines_go_on_from_what_was_carried_over():
    carried = Corrected(np.array([0, 0, 0, 0, 4, 2]), np.arange(6) == 4, {0: "boots", 4: "hats"}, {0, 4})
    table = table_of(("split", "a.jpg", "0", "new-1"), ("merge", "", "4", "2"), ("name", "", "0", "boots"))
    found = apply_corrections(LABELS, FILES, table, carried=carried)
    assert found.labels.tolist() == [5, 0, 0, 0, 2, 2] and found.names == {0: "boots", 2: "hats"}
    assert found.by_hand.tolist() == [True, False, False, False, True, False] and found.touched == {0, 2, 4, 5}
    assert list(found.idle) == [4] and not found.astray
    assert (carried.labels.tolist(), carried.names, carried.touched) == ([0, 0, 0, 0, 4, 2], {0: "boots", 4: "hats"},
                                                                        {0, 4})


@pytest.mark.parametrize("line, said", [
    (("merge", "", "7", "0"), "cluster '7' is no cluster; numbers go up to 2, and new-1"),
    (("move", "a.jpg", "0", "x"), "value 'x' is no cluster"),
    (("split", "a.jpg", "0", "new-"), "value 'new-' is no cluster"),
    (("split", "a.jpg", "0", "new-foo"), "value 'new-foo' is no cluster"),
    (("merge", "", "-1", "0"), "cluster -1 stands for photos in no cluster: they are moved there, and from there, one"),
    (("name", "", "-1", "odd"), "cluster -1 stands for photos in no cluster"),
    (("split", "a.jpg", "0", "-1"), "value -1 stands for photos in no cluster"),
    (("merge", "", "0", "-1"), "value -1 stands for photos in no cluster"),
    (("merge", "", "1", ""), "value is missing; numbers go up to 2"),
    (("name", "", "", "boots"), "cluster is missing"),
    (("move", "", "0", "1"), "file is missing; give the photo, as in img_paths.txt"),
    (("paint", "", "0", "1"), "action 'paint'; expected merge, split, move, name")])
def test_a_line_that_cannot_be_followed_is_named(line, said):
    with pytest.raises(UserError, match=f"line 3: {said}"):
        corrected(("merge", "", "1", "2"), line)


def test_what_is_said_of_clusters_tells_those_that_were_found_from_new_ones():
    new = ("split", "a.jpg", "0", "new-1")
    with pytest.raises(UserError, match=r"value '5' is no cluster; numbers go up to 2 \(3 is new-1\), and new-1"):
        applied(new, ("move", "b.jpg", "0", "5"))
    found = applied(new, ("merge", "", "1", "new-1"), ("name", "", "1", "boots"), ("move", "a.jpg", "0", "2"))
    assert (found.idle, found.astray) == ({4: "cluster 1 has joined 3 (new-1)"},
                                          {5: "a.jpg is in cluster 3 (new-1), not in 0"})


NAMED = [("name", "", "0", "Bravo"), ("name", "", "1", "Valio  Eco"), ("name", "", "2", "7")]


def test_clusters_may_be_given_by_the_name_that_one_alone_has():
    found = applied(*NAMED, ("move", "a.jpg", "Bravo", "valio eco"), ("name", "", "BRAVO", "Alpro"),
                    ("merge", "", "Valio Eco", "2"), ("move", "a.jpg", "Valio Eco", "Alpro"))
    assert found.labels.tolist() == [0, 0, 0, 2, 2, 2] and not found.astray and found.names == {0: "Alpro", 2: "7"}
    assert apply_corrections(LABELS, FILES, table_of(("merge", "", "boots", "bags")),
                             earlier={0: "boots", 1: "", 7: "bags"}).labels.tolist() == [7, 7, 7, 1, 1, 2]


@pytest.mark.parametrize("line, said", [
    (("merge", "", "1", "Bavo"), "value 'Bavo' is no cluster (did you mean Bravo?); numbers"),
    (("merge", "", "1", "7"), "value '7' is no cluster; numbers"),
    (("merge", "", "Boots", "1"), "cluster 'Boots' is what clusters 3 and 4 are called; give the number of one")])
def test_a_name_that_none_or_several_have_is_refused(line, said):
    with pytest.raises(UserError, match=re.escape(said)):
        applied(*NAMED, ("split", "a.jpg", "0", "new-1"), ("split", "b.jpg", "0", "new-2"),
                ("name", "", "new-1", "boots"), ("name", "", "new-2", "boots"), line)


def test_a_name_of_a_cluster_that_ended_is_free_for_another():
    found = applied(*NAMED, ("merge", "", "Bravo", "1"), ("name", "", "2", "Bravo"), ("merge", "", "1", "Bravo"))
    assert set(found.labels) == {2}


def test_all_lines_that_cannot_be_followed_are_named_at_once():
    with pytest.raises(UserError) as raised:
        corrected(("paint", "", "0", "1"), ("merge", "", "1", "2"), ("merge", "", "7", "0"), ("move", "a.jpg", "0", ""))
    assert [line.split(":")[0].strip() for line in str(raised.value).splitlines()] == [
        "corrections.csv, line 2", "line 4", "line 5"]


def test_letters_may_be_of_any_case_and_blanks_around_cells():
    assert corrected((" Merge", "", " 1", "2 "))[0].tolist() == [0, 0, 0, 2, 2, 2]
    assert corrected(("SPLIT", "a.jpg", "0", "New-1"), ("name", "", "new-1", "boots"))[1] == {3: "boots"}


@pytest.mark.parametrize("lines", [
    [("move", "a.jpg", "0", "1")], [("split", "a.jpg", "", "1")], [("merge", "", "0", "1")]])
def test_a_cluster_that_ended_begins_anew_with_a_warning(lines):
    found = applied(("merge", "", "1", "2"), *lines, ("move", "b.jpg", "", "1"))
    assert found.astray == {3: "cluster 1, which has joined 2, begins anew"} and found.labels[:2].tolist() == [1, 1]


def test_lines_that_change_nothing_are_named():
    found = applied(("merge", "", "1", "1"), ("merge", "", "1", "2"), ("merge", "", "1", "0"),
                    ("name", "", "1", "boots"), ("merge", "", "new-7", "0"))
    assert found.idle == {2: "cluster 1 joins itself", 4: "cluster 1 has no photos", 5: "cluster 1 has joined 2",
                          6: "cluster new-7 has no photos"}
    assert not found.names and found.labels.tolist() == [0, 0, 0, 2, 2, 2]


def test_names_that_are_there_already_and_none_taken_away_change_nothing():
    table = table_of(("name", "", "0", ""), ("name", "", "1", "boots"), ("name", "", "2", ""),
                     ("name", "", "0", "hats"), ("name", "", "0", ""))
    found = apply_corrections(LABELS, FILES, table, earlier={1: "boots", 2: "bags"})
    assert found.idle == {2: "cluster 0 has no name", 3: "cluster 1 is called that"}
    assert found.names == {2: "", 0: ""}


def test_a_name_for_a_cluster_without_photos_changes_nothing():
    found = applied(("name", "", "new-7", "ghost"), ("name", "", "1", "boots"), ("merge", "", "1", "2"))
    assert found.idle == {2: "cluster new-7 has no photos"} and found.names == {2: "boots"}


def test_a_cluster_that_has_no_photos_left_keeps_no_name():
    number = int(LABELS.max()) + 1
    table = table_of(("split", FILES[0], str(LABELS[0]), "new-1"), ("name", "", "new-1", "odd ones"))
    assert apply_corrections(LABELS, FILES, table).names == {number: "odd ones"}
    table = table_of(("split", FILES[0], str(LABELS[0]), "new-1"), ("name", "", "new-1", "odd ones"),
                     ("merge", "", "new-1", str(LABELS[-1])))
    assert number not in apply_corrections(LABELS, FILES, table).names


def test_a_cluster_hands_its_name_on_to_one_without_a_name_alone():
    lines = ("name", "", "0", "boots"), ("merge", "", "0", "1")
    assert apply_corrections(LABELS, FILES, table_of(*lines)).names == {1: "boots"}
    found = apply_corrections(LABELS, FILES, table_of(("name", "", "1", "shoes"), *lines))
    assert found.names == {1: "shoes"} and not found.namesakes
    found = apply_corrections(LABELS, FILES, table_of(*lines), earlier={0: "", 1: ""})
    assert found.names == {1: "boots"}
    table = table_of(lines[1], ("name", "", "1", "boots"))
    found = apply_corrections(LABELS, FILES, table, earlier={0: "boots", 1: ""})
    assert found.names == {1: "boots"} and list(found.idle) == [3]


def test_the_documented_example_is_followed():
    text = (Path(__file__).parents[2] / "docs" / "corrections.md").read_text(encoding="utf-8")
    example = next(block for block in text.split("```") if block.startswith("\naction,"))
    table = pd.read_csv(io.StringIO(example), dtype=str, keep_default_na=False)
    found = apply_corrections(np.array([0, 0, 4, 9]), ["shop a/IMG_0231.jpg", "b.jpg", "c.jpg", "d.jpg"], table)
    assert (found.labels.tolist(), found.names, found.lost) == ([10, 0, 4, 4], {10: "red boots"}, {})


@pytest.mark.parametrize("lines, merged, names", [
    # A cluster that starts again has none of the earlier photos.
    (["merge,,1,0", "move,a.jpg,0,1"], {1: 0}, {}), (["merge,,1,0", "move,a.jpg,0,1", "merge,,1,3"], {1: 0}, {}),
    (["merge,,3,1", "merge,,1,0"], {1: 0, 3: 0}, {}), (["move,b.jpg,1,0", "merge,,1,3"], {1: 3}, {}),
    (["merge,,3,new-1", "name,,new-1,caps"], {3: 4}, {4: "caps"}),
    (["split,a.jpg,0,new-1", "merge,,new-1,1"], {}, {})])
def test_earlier_clusters_are_merged_whether_or_not_photos_are_in_them(lines, merged, names):
    table = pd.DataFrame([line.split(",") for line in lines], columns=COLUMNS)
    found = apply_corrections(np.array([0, 1]), ["a.jpg", "b.jpg"], table, earlier=dict.fromkeys((0, 1, 3), ""))
    assert found.merged == merged and found.names == names


def test_photos_are_known_however_their_paths_are_written():
    files = ["shop a/schuhe_\u00fc.jpg", "b.jpg"]
    table = pd.DataFrame([["move", "./shop a\\schuhe_u\u0308.jpg", "0", "1"]], columns=COLUMNS)
    found = apply_corrections(np.array([0, 1]), files, table)
    assert found.labels.tolist() == [1, 1] and not found.lost


def test_a_clustering_is_known_again_by_its_files_and_their_labels():
    own = clustering_id(FILES, LABELS)
    assert clustering_id(list(FILES), LABELS.astype(np.int32)) == own
    others = [clustering_id(FILES, LABELS[::-1]), clustering_id(FILES[::-1], LABELS),
              clustering_id(["\udce9.jpg", *FILES[1:]], LABELS)]  # a name in bytes that are no UTF-8
    assert len({own, *others}) == 4 and own.isalnum()


@pytest.mark.parametrize("photo", [87, 140, 903])
def test_no_clustering_is_known_by_what_a_spreadsheet_takes_for_a_number(photo):
    with pytest.raises(ValueError):
        float(clustering_id([f"{photo}.jpg"], [0]))


def test_new_clusters_get_numbers_that_none_had_though_it_has_no_photos_any_more():
    labels, paths = np.array([0, 0, 1]), ["a", "b", "c"]
    start = Corrected(labels, np.zeros(3, bool), born={"new-1": 7})
    table = pd.DataFrame([["split", "a", "0", "new-2"], ["split", "b", "0", "new-1"]],
                         columns=["action", "file", "cluster", "value"], index=[2, 3])
    found = apply_corrections(labels, paths, table, carried=start)
    assert found.labels.tolist() == [8, 7, 1] and found.born == {"new-1": 7, "new-2": 8}
