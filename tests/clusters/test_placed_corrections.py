"""Corrections of placed photos follow, whatever becomes of the earlier weeks."""
import pandas as pd
from weeks import note_contents

from imgcluster.clusters.cluster_names import read_names
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import read_img_paths, read_labels
from imgcluster.datafiles.chain import merged_in


def test_corrections_of_placed_photos_follow_where_the_earlier_clusters_are_found_anew(weeks):
    weeks.add_corrections("week2", "move,1_3.jpg,,-1", "move,2_0.jpg,,new-1", "merge,,3,4", "name,,4,vases")
    weeks.place("week2", "week1")
    weeks.correct("week3", *(f"split,6_{number}.jpg,,new-1" for number in range(15)), "name,,new-1,hats",
                  "move,1_1.jpg,,5", "name,,5,shoes")
    weeks.place("week3", "week2")
    assert "cluster 5 was called 'boots'" in weeks.said.pop()
    assert merged_in(weeks.folder("week2")) == {3: 4} and weeks.clusters_of("week3")[6] == 6
    # The first product has left, so that all numbers are other ones.
    weeks.photograph("week1", 1, 2, 3, 4)
    weeks.find("week1")
    weeks.place("week2", "week1")
    assert weeks.clusters_of("week2") == {1: 0, 2: 1, 5: 4} and merged_in(weeks.folder("week2")) == {2: 3}
    assert read_names(weeks.folder("week2")) == {0: "ones", 3: "vases", 4: "boots"}
    labels = dict(zip(read_img_paths(weeks.folder("week2")), read_labels(weeks.folder("week2"), "pred").astype(int)))
    assert (labels["1_3.jpg"], labels["2_0.jpg"]) == (-1, 4)
    weeks.place("week3", "week2")
    found = weeks.clusters_of("week3")
    assert (found[1], found[5]) == (0, 4) and found[6] == max(found.values()) > 4
    assert read_names(weeks.folder("week3")) == {0: "ones", 3: "vases", 4: "shoes", found[6]: "hats"}
    labels = dict(zip(read_img_paths(weeks.folder("week3")), read_labels(weeks.folder("week3"), "pred").astype(int)))
    assert labels["1_1.jpg"] == 4 and weeks.said == []
    # With the first week as it was, so are the others, with what was corrected in between.
    weeks.add_corrections("week2", "name,,1,twos")
    weeks.place("week2", "week1")
    weeks.photograph("week1", 0, 1, 2, 3, 4)
    weeks.find("week1")
    weeks.place("week2", "week1")
    assert read_names(weeks.folder("week2")) == {1: "ones", 2: "twos", 4: "vases", 5: "boots"}
    assert weeks.clusters_of("week2") == {1: 1, 2: 2, 5: 5} and merged_in(weeks.folder("week2")) == {3: 4}


def test_photos_stay_in_clusters_that_a_person_touched_when_an_earlier_week_is_corrected(weeks):
    def labels_of(product):
        labels = zip(read_img_paths(weeks.folder("week2")), read_labels(weeks.folder("week2"), "pred").astype(int))
        return {label for path, label in labels if path.startswith(f"{product}_")}

    weeks.add_corrections("week2", *(f"move,1_{number}.jpg,,1" for number in range(15)))
    weeks.place("week2", "week1")
    assert labels_of(1) == {1}
    # Of the first week's photos of it most leave for another cluster, and some of another product come.
    weeks.correct("week1", *(f"split,1_{number}.jpg,1,new-1" for number in range(9)), "move,0_0.jpg,0,1", "merge,,3,2",
                  "name,,0,zeros")
    weeks.find("week1")
    weeks.place("week2", "week1")
    assert labels_of(1) == {5} and labels_of(5) == {6}
    assert read_names(weeks.folder("week2")) == {0: "zeros", 5: "ones", 6: "boots"} and weeks.said == []


def test_clusters_that_are_one_in_the_earlier_week_by_now_are_one_here(weeks):
    weeks.add_corrections("week2", "move,2_0.jpg,,1", "merge,,0,4")
    weeks.place("week2", "week1")
    for find in (lambda: (weeks.correct("week1", "merge,,2,1"), weeks.find("week1")),
                 lambda: ((weeks.folder("week1") / "corrections.csv").unlink(), weeks.find("week1", alike=(1, 2)))):
        find()
        weeks.place("week2", "week1")
        found = weeks.clusters_of("week2")
        assert found[1] == found[2] == 1 and read_names(weeks.folder("week2")) == {1: "ones", found[5]: "boots"}
    assert found[5] == 4 and merged_in(weeks.folder("week2")) == {0: 3}
    # Of two names that of more photos stays, and the other is told.
    weeks.find("week1")
    weeks.place("week2", "week1")
    weeks.add_corrections("week2", "name,,2,twos")
    weeks.place("week2", "week1")
    assert read_names(weeks.folder("week2")) == {1: "ones", 2: "twos", 5: "boots"}
    weeks.find("week1", alike=(1, 2))
    weeks.said.clear()
    weeks.place("week2", "week1")
    [name] = {"ones", "twos"} & {*read_names(weeks.folder("week2")).values()}
    [said] = weeks.said
    other = "twos" if name == "ones" else "ones"
    assert said.startswith(f"corrections.csv: {other!r} is no cluster by itself any more")


def test_names_given_and_removed_stay_so_when_an_earlier_week_changes(weeks):
    def names_of(week):
        return read_names(weeks.folder(week))

    new = [f"split,6_{number}.jpg,,new-1" for number in range(15)]
    for lines, names in (([*new, "name,,new-1,hats", "merge,,new-1,5"], {1: "ones", 5: "boots"}),
                         (["name,,5,"], {1: "ones"}), (["name,,5,shoes"], {1: "ones", 5: "shoes"}),
                         (["name,,2,twos", "merge,,2,0"], {0: "twos", 1: "ones", 5: "boots"})):
        weeks.correct("week3", *lines)
        weeks.place("week3", "week2")
        assert names_of("week3") == names
        weeks.add_corrections("week2", "move,1_3.jpg,,-1")
        weeks.place("week2", "week1")
        weeks.place("week3", "week2")
        assert names_of("week3") == names
        weeks.add_corrections("week2", "move,1_3.jpg,,1")
        weeks.place("week2", "week1")
    weeks.photograph("week4", 0, 2)
    weeks.place("week3", "week2")
    weeks.place("week4", "week3")
    assert names_of("week4") == {0: "twos", 1: "ones", 5: "boots"}


def test_a_cluster_of_an_earlier_week_hands_the_name_it_has_there_on_to_the_one_it_joins(weeks):
    weeks.correct("week1", "name,,2,twos")
    weeks.find("week1")
    weeks.add_corrections("week2", "merge,,2,3", "merge,,4,0")
    weeks.place("week2", "week1")
    names = read_names(weeks.folder("week2"))
    assert names == {1: "ones", 3: "twos", 5: "boots"} and read_names(weeks.folder("week1")) == {2: "twos"}
    # Also one that it is given there later, though its clusters are others by then, until photos are in it again.
    weeks.correct("week1", "name,,2,twos", "name,,4,fours", "move,0_0.jpg,0,1")
    weeks.find("week1")
    weeks.place("week2", "week1")
    assert read_names(weeks.folder("week2")) == names | {0: "fours"}
    weeks.add_corrections("week2", "move,1_0.jpg,,2", "name,,3,")
    weeks.place("week2", "week1")
    assert read_names(weeks.folder("week2")) == {0: "fours", 1: "ones", 2: "twos", 5: "boots"}
    weeks.place("week3", "week2")
    assert read_names(weeks.folder("week3")) == read_names(weeks.folder("week2"))


def test_what_was_said_of_earlier_clusters_holds_after_photos_were_in_clusters_of_their_own(weeks):
    weeks.add_corrections("week2", "merge,,3,2", "name,,2,twos", "name,,4,fours")
    weeks.place("week2", "week1")
    before = weeks.clusters_of("week2"), read_names(weeks.folder("week2")), merged_in(weeks.folder("week2"))
    weeks.find("week2")
    weeks.add_corrections("week2", "name,,1,own")
    weeks.find("week2")
    assert "own" in read_names(weeks.folder("week2")).values()
    weeks.place("week2", "week1")
    after = weeks.clusters_of("week2"), read_names(weeks.folder("week2")), merged_in(weeks.folder("week2"))
    assert after[2] == before[2] == {3: 2} and after[1][4] == "fours" and after[0] == before[0]


def test_photos_that_swapped_their_names_in_one_cluster_are_followed(weeks):
    folder = weeks.folder("week1")
    photos = read_img_paths(folder)
    note_contents(folder)
    weeks.correct("week1", "move,0_0.jpg,0,-1")
    swapped = pd.DataFrame({"file": photos, "digest": ["0_1.jpg", "0_0.jpg", *photos[2:]]})
    for table, out in ((None, "0_0.jpg"), (swapped, "0_1.jpg"), (None, "0_0.jpg"), (swapped, "0_1.jpg")):
        note_contents(folder)
        if table is not None:
            write_table(folder / "photos.csv", table)
        for _ in range(2):
            weeks.find("week1")
            labels = read_labels(folder, "pred").astype(int)
            assert [photo for photo, label in zip(photos, labels) if label < 0] == [out] and weeks.said == []
    # What is corrected now is of the photos as they are called now.
    weeks.add_corrections("week1", "move,0_0.jpg,,1")
    weeks.find("week1")
    note_contents(folder)
    weeks.find("week1")
    assert read_labels(folder, "pred").astype(int)[:2].tolist() == [-1, 1] and weeks.said == []


def test_a_cluster_whose_own_photos_have_left_lives_on_in_one_that_joined_it(weeks):
    weeks.add_corrections("week2", "merge,,3,4", "name,,4,vases")
    weeks.place("week2", "week1")
    weeks.photograph("week1", 0, 1, 2, 3)
    weeks.find("week1")
    weeks.place("week2", "week1")
    assert read_names(weeks.folder("week2")) == {1: "ones", 3: "vases", 4: "boots"} and weeks.said == []


def test_names_of_earlier_clusters_whose_photos_have_all_left_are_told(weeks):
    weeks.add_corrections("week2", "name,,4,fours")
    weeks.place("week2", "week1")
    weeks.photograph("week1", 0, 1, 2, 3)
    weeks.find("week1")
    weeks.place("week2", "week1")
    [said] = weeks.said
    assert said.startswith("corrections.csv: 'fours' (15 photos): no photo is there any more")
    assert read_names(weeks.folder("week2")) == {1: "ones", 4: "boots"}


def test_corrections_for_fewer_and_for_more_of_the_same_earlier_clusters_follow_together(weeks):
    weeks.correct("week1", "split,4_0.jpg,4,new-1")
    weeks.find("week1")
    weeks.place("week2", "week1")
    weeks.add_corrections("week2", "move,1_0.jpg,,6", "name,,6,shoes")
    weeks.place("week2", "week1")
    assert "cluster 6 was called 'boots'" in weeks.said.pop()
    assert weeks.clusters_of("week2")[5] == 6 and read_names(weeks.folder("week2"))[6] == "shoes"
    weeks.photograph("week1", 1, 2, 3, 4)
    weeks.find("week1")
    weeks.place("week2", "week1")
    assert read_names(weeks.folder("week2")) == {0: "ones", 5: "shoes"} and weeks.clusters_of("week2")[5] == 5
    assert weeks.said == []


def test_lines_follow_photos_that_were_renamed_and_numbered_anew(weeks):
    weeks.correct("week2", *(f"split,5_{number}.jpg,,new-1" for number in range(13)), "move,./1_3.jpg,,-1",
                  "name,,1,ones", "move,1_4.jpg,,new-1")
    note_contents(weeks.folder("week2"))
    weeks.place("week2", "week1")
    before = dict(zip(read_img_paths(weeks.folder("week2")), read_labels(weeks.folder("week2"), "pred")))
    # 1_3.jpg becomes 1_4.jpg, and so on; the last of each product becomes the first.
    renamed = [f"{path[0]}_{(int(path[2:-4]) + 1) % 15}.jpg" for path in before]
    note_contents(weeks.folder("week2"), renamed)
    weeks.place("week2", "week1")
    after = dict(zip(renamed, read_labels(weeks.folder("week2"), "pred")))
    assert (after["1_4.jpg"], after["1_5.jpg"], after["5_1.jpg"]) == ("-1", "5", "5")
    assert [*after.values()] == [*before.values()] and weeks.said == []


def test_photos_of_another_folder_that_were_renamed_are_known_by_their_content(weeks):
    folder = weeks.folder("week1")
    note_contents(folder)
    weeks.place("week2", "week1")
    note_contents(folder, [f"{path}.jpeg" for path in read_img_paths(folder)])
    weeks.find("week1", alike=(0, 4))
    weeks.place("week2", "week1")
    assert weeks.said == [] and read_names(weeks.folder("week2")) == {1: "ones", 4: "boots"}
