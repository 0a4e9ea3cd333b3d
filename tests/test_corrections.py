"""Corrections change what they name and nothing else."""
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imgcluster.corrections import COLUMNS, apply_corrections
from imgcluster.errors import UserError

LABELS = np.array([0, 0, 0, 1, 1, 2])
FILES = ["a.jpg", "b.jpg", "c, d.jpg", "e.jpg", "f.jpg", "g.jpg"]


def corrected(*lines):
    found = applied(*lines)
    return found.labels, found.names


def applied(*lines):
    return apply_corrections(LABELS, FILES, pd.DataFrame(lines, columns=COLUMNS, dtype=str))


def test_merge_takes_the_number_of_the_cluster_it_joins():
    assert corrected(("merge", "", "1", "2"))[0].tolist() == [0, 0, 0, 2, 2, 2]


def test_later_lines_see_earlier_ones():
    labels, _ = corrected(("merge", "", "1", "2"), ("move", "e.jpg", "2", "0"))
    assert labels.tolist() == [0, 0, 0, 0, 2, 2]


def test_photos_split_off_under_one_name_share_a_new_cluster():
    labels, _ = corrected(("split", "a.jpg", "0", "new-1"), ("split", "c, d.jpg", "0", "new-1"),
                          ("split", "f.jpg", "1", "new-2"), ("merge", "", "new-2", "2"))
    assert labels.tolist() == [3, 0, 3, 1, 2, 2]


def test_names_are_kept_and_labels_left_alone():
    before = LABELS.copy()
    labels, names = corrected(("name", "", "1", "red, \"shoe\""), ("move", "gone.jpg", "0", "1"))
    assert names == {1: 'red, "shoe"'} and labels.tolist() == before.tolist() == LABELS.tolist()


def test_lines_of_photos_that_are_not_there_are_named():
    found = applied(("move", "gone.jpg", "0", "1"), ("merge", "", "1", "2"), ("split", "raw_img/a.jpg", "0", "new-1"))
    assert found.lost == {2: "gone.jpg", 4: "raw_img/a.jpg"} and found.labels.tolist() == [0, 0, 0, 2, 2, 2]


def test_new_clusters_come_after_the_highest_there_is():
    table = pd.DataFrame([("split", "a.jpg", "0", "new-1"), ("move", "b.jpg", "0", "6")], columns=COLUMNS)
    assert apply_corrections(LABELS, FILES, table, highest=6).labels.tolist() == [7, 6, 0, 1, 1, 2]


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
    [("merge", "", "0", "1"), ("merge", "", "1", "2"), ("move", "a.jpg", "0", "1")],  # by that before corrections
    [("move", "a.jpg", "", "2")]])
def test_a_photo_may_be_said_to_leave_its_cluster_or_one_that_joined_it(lines):
    assert not applied(*lines).astray


def test_photos_in_no_cluster_are_moved():
    table = pd.DataFrame([("move", "a.jpg", "-1", "0"), ("move", "b.jpg", "-1", "0")], columns=COLUMNS)
    found = apply_corrections(np.array([-1, 0]), ["a.jpg", "b.jpg"], table)
    assert found.labels.tolist() == [0, 0] and list(found.astray) == [3]


@pytest.mark.parametrize("line", [("merge", "", "7", "0"), ("move", "a.jpg", "0", "x"), ("paint", "", "0", "1")])
def test_a_line_that_cannot_be_followed_is_named(line):
    with pytest.raises(UserError, match="line 3"):
        corrected(("merge", "", "1", "2"), line)


def test_the_example_in_the_readme_is_followed():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    example = next(block for block in readme.split("```") if block.startswith("\naction,"))
    table = pd.read_csv(io.StringIO(example), dtype=str, keep_default_na=False)
    found = apply_corrections(np.array([0, 0, 4, 9]), ["shop a/IMG_0231.jpg", "b.jpg", "c.jpg", "d.jpg"], table)
    assert (found.labels.tolist(), found.names, found.lost) == ([10, 0, 4, 4], {10: "red boots"}, {})


def test_columns_are_checked():
    with pytest.raises(UserError, match="value"):
        apply_corrections(LABELS, FILES, pd.DataFrame({"action": [], "file": [], "cluster": []}))
