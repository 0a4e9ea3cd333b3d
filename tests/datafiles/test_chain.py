"""Datasets placed in each other's clusters are found one after the other, as far as they are there."""
import pytest

from imgcluster.datafiles.chain import all_placed_in, chain_from, chain_labels, placed_in
from imgcluster.files import write_json, write_lines


@pytest.fixture
def weeks(tmp_path):
    """weeks(name, assigned_to, labels, merged): write what step 04 leaves of a dataset; `.root` is their folder."""
    def write(name, assigned_to=None, labels=("0",), merged=None):
        write_lines(tmp_path / name / "labels_pred.txt", labels)
        write_json(tmp_path / name / "cluster_count.json", {"assigned_to": assigned_to, "merged": merged or {}})
    write.chain = lambda name: chain_from(name, folder_of=lambda each: tmp_path / each)
    return write


def test_a_chain_leads_from_one_dataset_to_the_one_that_it_was_placed_in(weeks, tmp_path):
    for name, assigned_to in (("week1", None), ("week2", "week1"), ("week3", "week2"), ("other", "week1")):
        weeks(name, assigned_to)
    assert weeks.chain("week3") == {name: tmp_path / name for name in ("week3", "week2", "week1")}
    assert [*weeks.chain("week3")] == ["week3", "week2", "week1"] and [*weeks.chain("other")] == ["other", "week1"]
    assert [*weeks.chain("week1")] == ["week1"] and weeks.chain("nowhere") == weeks.chain(None) == {}


def test_a_chain_ends_where_a_dataset_is_gone_or_comes_again(weeks):
    weeks("week2", "gone")
    weeks("week3", "week2")
    assert [*weeks.chain("week3")] == ["week3", "week2"]
    weeks("gone", "week3")
    assert [*weeks.chain("week3")] == ["week3", "week2", "gone"]
    weeks("own", "own")
    assert [*weeks.chain("own")] == ["own"]


def test_clusters_merged_in_a_week_are_one_for_the_weeks_before_and_no_other(weeks):
    weeks("week1", None, ["0", "1", "2", "3", "-1"])
    weeks("week2", "week1", ["3", "0", "4"], {"1": 0, "2": 4})
    weeks("week3", "week2", ["2", "4", "-1"], {"0": 3})
    labels = [part.tolist() for part in chain_labels(weeks.chain("week3"))]
    assert labels == [[2, 4, -1], [3, 3, 4], [3, 3, 4, 3, -1]]
    assert chain_labels(weeks.chain("week1"))[0].tolist() == [0, 1, 2, 3, -1]


def test_datasets_that_go_on_from_one_are_found_however_far(tmp_path):
    for name, earlier in (("b", "a"), ("c", "b"), ("d", "a"), ("e", "x"), ("a", "c")):
        write_json(tmp_path / name / "cluster_count.json", {"assigned_to": earlier})
    write_lines(tmp_path / "damaged" / "cluster_count.json", ["no JSON"])
    datasets = {path.name: path for path in sorted(tmp_path.iterdir())}
    assert placed_in("a", datasets) == {"b": tmp_path / "b", "d": tmp_path / "d"}
    later = all_placed_in("a", datasets)
    assert list(later) == ["b", "d", "c"] and later["c"] == "b" and all_placed_in("e", datasets) == {}
    assert all_placed_in("none", datasets) == {}
