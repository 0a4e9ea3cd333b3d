"""A chain of datasets in each other's clusters: which number means what, and what has changed since."""
import shutil

from imgcluster.clusters.chain_state import (
    highest_number,
    numbers_after,
    placed_by,
    to_place_anew,
    warn_of_other_earlier,
)
from imgcluster.clusters.cluster_names import read_names
from imgcluster.datafiles.chain import chain_from
from imgcluster.files import write_json, write_lines


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


def test_merging_earlier_clusters_changes_what_later_weeks_were_placed_in(weeks):
    weeks.add_corrections("week2", "merge,,3,0")
    weeks.place("week2", "week1")
    weeks.said.clear()
    weeks.photograph("week4", 0, 3)
    weeks.place("week4", "week3")
    [said] = weeks.said
    assert said.startswith("week3: the clusters of week2 or their names have changed since")


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


def test_numbers_mean_the_same_while_the_earlier_clusters_and_their_highest_number_stay(tmp_path):
    for record, labels, names, after in (({}, "07", ["7,boots"], "abc+7"), ({}, "00", ["7,boots"], "abc+7"),
                                         ({"highest_number": 7}, "01", [], "abc+7"), ({}, "08", [], "abc+8"),
                                         ({"numbers": "xyz+3"}, "08", [], "xyz+3+8")):
        write_json(tmp_path / "cluster_count.json", {"clustering_id": "abc", **record})
        write_lines(tmp_path / "labels_pred.txt", labels)
        write_lines(tmp_path / "cluster_names.csv", ["cluster,name", *names])
        assert numbers_after(tmp_path) == after


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
