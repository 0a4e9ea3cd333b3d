"""What the report says and shows: photos, levels, the answer in words, photos of earlier weeks."""
import dataclasses
import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from report_gallery import COLOURS, HOSTILE_FILE, HOSTILE_LABEL, Page, make_gallery

from imgcluster.clusters import clusterings
from imgcluster.clusters.clusterings import Found
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.files import write_json, write_lines
from imgcluster.plots.style import NUM_COLOURS
from imgcluster.report import write_report
from imgcluster.report.content import earlier_photos, rows_shown


def tile(page, index):
    sprites = page.data["sprites"]
    side, columns = sprites["side"], sprites["columns"]
    sheet = Image.open(io.BytesIO(page.sheets[index // columns**2])).convert("RGB")
    left, top = index % columns**2 % columns * side, index % columns**2 // columns * side
    return np.asarray(sheet.crop((left, top, left + side, top + side))).astype(int)


def test_each_photo_has_its_own_thumbnail(written):
    photos = written.page.data["photos"]
    assert sorted(photos["file"]) == sorted(written.gallery.img_paths)
    for index, cluster in enumerate(photos["cluster"]):
        middle = tile(written.page, index)[60:100, 60:100].mean(axis=(0, 1))
        assert np.abs(middle - COLOURS[cluster]).max() < 30


def test_a_photo_before_background_removal_shows_its_ground(written):
    for after, before in written.page.data["beforeAfter"]:
        assert tile(written.page, after)[5:15, 70:90].mean() > 240
        assert tile(written.page, before)[5:15, 70:90].mean() < 120


def test_photos_that_step_01_left_as_they_were_are_not_shown_twice(tmp_path):
    gallery = make_gallery(tmp_path)
    write_report(tmp_path / "report.html", dataclasses.replace(gallery, img_dir=gallery.raw_dir))
    assert "background" not in Page(tmp_path / "report.html").ids


def test_review_csv_sets_the_review_list(tmp_path):
    gallery = make_gallery(tmp_path)
    write_table(gallery.data_dir / "review.csv", pd.DataFrame({"file": [gallery.img_paths[5], "gone.jpg"],
                                                               "reason": ["between two clusters", ""]}))
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    item, = page.data["review"]
    assert page.data["photos"]["file"][item["photo"]] == gallery.img_paths[5]
    assert item["notes"] == [["reason", "between two clusters"]]


def test_all_photos_to_look_at_are_counted_though_the_page_holds_a_sample(tmp_path):
    gallery = make_gallery(tmp_path, num_photos=60)
    write_table(gallery.data_dir / "review.csv", pd.DataFrame({"file": gallery.img_paths}))
    write_report(tmp_path / "report.html", gallery, max_photos=12)
    page = Page(tmp_path / "report.html")
    assert len(page.data["review"]) == 12 and "12 photos of 60 are in this page" in page.text
    assert re.search(r'60 <small><a href="#review">doubtful photos', page.text)


def test_a_sample_holds_a_photo_of_each_cluster_those_of_the_map_and_some_to_look_at(tmp_path):
    gallery = make_gallery(tmp_path, num_photos=60)
    first = {gallery.typical_first(np.flatnonzero(gallery.predicted == cluster))[0] for cluster in range(3)}
    on_map = set(gallery.unit_photo[gallery.unit_photo >= 0].tolist())
    others = sorted(set(range(60)) - first - on_map)
    room = len(first | on_map) + 2  # the two that come next
    write_table(gallery.data_dir / "review.csv", pd.DataFrame({"file": [gallery.img_paths[row] for row in others]}))
    rows = set(rows_shown(gallery, room).tolist())
    assert room >= 8 and rows == first | on_map | set(others[:2])


def test_a_sample_is_seeded_says_so_and_shows_every_cluster(tmp_path):
    gallery = make_gallery(tmp_path, num_photos=60)
    pages = []
    for name in ("first.html", "second.html"):
        write_report(tmp_path / name, gallery, max_photos=12)
        pages.append(Page(tmp_path / name))
    assert pages[0].data == pages[1].data
    assert "not in this page stay where they are" in pages[0].text
    assert "sampled" in pages[0].ids and set(pages[0].data["photos"]["cluster"]) == {0, 1, 2}
    assert sum(cluster["size"] for cluster in pages[0].data["clusters"]) == 60
    shown = len(pages[0].data["photos"]["file"])
    assert shown == 12
    assert all(-1 <= place < shown for place in pages[0].data["map"]["photo"])


def test_names_that_people_gave_are_in_the_page(tmp_path):
    gallery = make_gallery(tmp_path)
    write_table(gallery.data_dir / "cluster_names.csv", pd.DataFrame({"cluster": [1], "name": ["<b>boots</b>"]}))
    write_report(tmp_path / "report.html", gallery)
    names = {cluster["id"]: cluster["name"] for cluster in Page(tmp_path / "report.html").data["clusters"]}
    assert names == {0: None, 1: "<b>boots</b>", 2: None}


def test_models_have_the_number_of_their_cluster_for_colour(tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.repeat([-1, 7, 4], [8, 10, 6]))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    colours = {model["name"]: model["colour"] for model in Page(tmp_path / "report.html").data["models"]}
    assert (colours["model 1"], colours["model 2"]) == (7, 4) and min(colours["model 0"], colours[HOSTILE_LABEL]) > 7


def test_colours_that_differ_on_paper_differ_on_a_dark_ground(written):
    for palette in (written.page.data["palette"], written.page.data["paletteDark"]):
        assert len(palette) == NUM_COLOURS
        colours = np.array([[int(colour[at:at + 2], 16) for at in (1, 3, 5)] for colour in palette])
        apart = np.abs(colours[:, None] - colours[None]).max(axis=2)
        assert apart[~np.eye(len(colours), dtype=bool)].min() > 16


def test_a_count_that_was_given_is_not_called_a_guess(tmp_path):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "cluster_count.json", {
        "num_clusters": 3, "interval": [3, 3], "corrected_from": None, "method": "set by hand"})
    write_report(tmp_path / "report.html", gallery)
    text = Page(tmp_path / "report.html").text
    assert "show 3 products." in text


def test_a_count_corrected_by_hand_is_called_that(tmp_path):
    gallery = make_gallery(tmp_path)
    write_report(tmp_path / "report.html", gallery)
    text = Page(tmp_path / "report.html").text
    assert "show about 3 products, likely between 2 and 5." in text and "corrected by hand" not in text
    for interval, before, said in (
            ([3, 3], 5, "show 3 products, corrected by hand (5 before)."),
            ([3, 3], 3, "show 3 products, corrected by hand."),
            ([4, 7], 5, "show 3 products, corrected by hand (estimated before: 5, likely between 4 and 7)."),
            ([2, 5], 3, "show 3 products, corrected by hand (estimated before: 3, likely between 2 and 5).")):
        write_json(gallery.data_dir / "cluster_count.json", {
            "num_clusters": 3, "interval": interval, "corrected_from": before,
            "method": "corrected by hand, before that 5 (blind)"})
        write_report(tmp_path / "report.html", gallery)
        text = Page(tmp_path / "report.html").text
        assert said in text and "show about" not in text
        assert "Number of clusters: corrected by hand, before that 5 (blind)." in text


@pytest.mark.parametrize("facts, said", [
    ({"in_words": "estimated from the photos alone", "calibration_dataset": None}, "estimated from the photos alone"),
    ({"in_words": "corrected by hand, before that 5, learned from 24 labelled products",
      "calibration_dataset": "known", "corrected_from": 5},
     "corrected by hand, before that 5, learned from 24 labelled products in known")])
def test_how_clusters_were_counted_is_said_without_terms(tmp_path, facts, said):
    gallery = make_gallery(tmp_path)
    count = {"num_clusters": 3, "interval": [2, 5], "method": "blind: modularity 3", **facts}
    write_json(gallery.data_dir / "cluster_count.json", count)
    write_report(tmp_path / "report.html", gallery)
    text = Page(tmp_path / "report.html").text
    assert f"Number of clusters: {said}." in text and "modularity" not in text


def test_earlier_corrections_are_kept_and_their_new_clusters_not_named_again(tmp_path):
    gallery = make_gallery(tmp_path)
    write_report(tmp_path / "first.html", gallery)
    data = Page(tmp_path / "first.html").data
    assert (data["newClusters"], data["earlierCorrections"]) == (0, [])
    lines = [["split", "a.jpg", "0", "new-2"], ["name", "", "new-11", "boots"], ["merge", "", "0", "1"]]
    write_table(gallery.data_dir / "corrections.csv", pd.DataFrame(
        lines, columns=["action", "file", "cluster", "value"]))
    write_report(tmp_path / "second.html", gallery)
    data = Page(tmp_path / "second.html").data
    assert (data["newClusters"], data["earlierCorrections"]) == (11, [[*line, data["clustering"]] for line in lines])
    write_json(gallery.data_dir / "cluster_count.json", {"clustering_id": "this"})
    for made_for, highest in (("this", 11), ("", 11), ("another", 0)):
        write_table(gallery.data_dir / "corrections.csv", pd.DataFrame(
            [[*line, made_for] for line in lines], columns=["action", "file", "cluster", "value", "clustering"]))
        write_report(tmp_path / "third.html", gallery)
        data = Page(tmp_path / "third.html").data
        assert (data["clustering"], data["newClusters"]) == ("this", highest)
        # Lines left aside too: the file that the page writes replaces this one.
        assert data["earlierCorrections"] == [[*line, made_for or "this"] for line in lines]
        assert data["correctionsMade"] == (0 if made_for == "another" else 3)


def test_corrections_that_were_carried_over_are_counted(tmp_path):
    gallery = make_gallery(tmp_path)
    labels = gallery.predicted[::-1]
    found = Found(gallery.img_paths, labels, begun=labels)
    clusterings.keep(gallery.data_dir, found, needed=())
    write_table(gallery.data_dir / "corrections.csv", pd.DataFrame(
        [["merge", "", "0", "1", name] for name in ("this", found.id, "another")],
        columns=["action", "file", "cluster", "value", "clustering"]))
    write_json(gallery.data_dir / "cluster_count.json", {"clustering_id": "this", "num_clusters": 3})
    write_report(tmp_path / "report.html", gallery)
    assert Page(tmp_path / "report.html").data["correctionsMade"] == 2


@pytest.mark.parametrize("count, said", [({"finer_groups": 13}, True), ({"finer_groups": None}, False), ({}, False),
                                         ({"finer_groups": 13, "corrected_from": 3}, False)])
def test_clusters_that_may_be_kinds_of_product_are_said_to_be_that(tmp_path, count, said):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": 3, "interval": [1, 26], **count})
    write_report(tmp_path / "report.html", gallery)
    text = " ".join(Page(tmp_path / "report.html").text.split())
    assert ("They may be kinds of product: some 13 smaller groups stand out in them, too (<a" in text) == said


@pytest.mark.parametrize("count, said", [({"interval": [2, 8]}, True), ({"interval": [2, 7]}, False),
                                         ({"interval": [2, 8], "calibrated": True}, False),
                                         ({"interval": [2, 8], "corrected_from": 4}, False)])
def test_what_would_narrow_a_wide_interval_is_said(tmp_path, count, said):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": 3, "calibrated": False,
                                                         "corrected_from": None, **count})
    write_report(tmp_path / "report.html", gallery)
    text = " ".join(Page(tmp_path / "report.html").text.split())
    assert ("To narrow that down: label some more products of the kind and name them in CALIBRATION_DATASET" in text
            ) == said


@pytest.mark.parametrize("alone, corrected_from, said", [(6, None, True), (5, None, False), (2, None, False),
                                                         (1, None, True), (None, None, False), (6, 4, False)])
def test_what_the_photos_alone_suggest_is_said_where_known_products_led_to_quite_another_count(
        tmp_path, alone, corrected_from, said):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "cluster_count.json", {
        "num_clusters": 3, "interval": [2, 5], "blind_count": alone, "corrected_from": corrected_from,
        "in_words": "learned from 9 labelled products", "calibration_dataset": "known"})
    write_report(tmp_path / "report.html", gallery)
    text = " ".join(Page(tmp_path / "report.html").text.split())
    when = "likelier where new products have fewer or more photos each than those"
    suggested = f"; the photos alone suggest {alone}: {when}" if said else ""
    sentence = f"likely between 2 and 5. The number was learned from 9 labelled products in known{suggested}."
    assert (sentence in text) == (corrected_from is None) and ("the photos alone suggest" in text) == said


def test_levels_are_the_answer_and_those_that_differ_from_it(written):
    coarse, answer = written.page.data["levels"]
    assert (answer["count"], answer["cluster"]) == (3, None)  # level_3 is the answer
    assert (coarse["count"], coarse["sizes"], set(coarse["cluster"])) == (1, [24], {0})


def test_the_level_of_the_answer_is_known_though_photos_fit_none_of_its_clusters(tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.where(np.arange(24) % 5, gallery.clusters["cluster"], -1))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    levels = Page(tmp_path / "report.html").data["levels"]
    assert [(level["count"], level["cluster"] is None) for level in levels] == [(1, False), (3, True)]


def test_after_corrections_no_level_passes_for_the_answer(tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.where(gallery.predicted == 2, 1, gallery.predicted))
    fresh = dataclasses.replace(gallery)
    write_report(tmp_path / "report.html", fresh)
    levels = Page(tmp_path / "report.html").data["levels"]
    assert [(level["count"], level["cluster"] is None) for level in levels] == [(1, False), (2, True), (3, False)]


@pytest.mark.parametrize("record, words", [
    ({"network": "MobileNetV2", "trained_on": "bags", "settings": {"BACKBONE": "MobileNetV2"}},
     ["MobileNetV2", "fine-tuned on bags"]),
    ({"network": "bundled", "trained_on": None, "settings": {"BACKBONE": "auto"}},
     ["small network that ships with this tool", "not fine-tuned", "could not be had", "BACKBONE and WEIGHTS"]),
    ({"network": "MobileNetV2 + ResNet50", "trained_on": None}, ["MobileNetV2 + ResNet50", "not fine-tuned"])])
def test_the_page_says_which_network_judged(tmp_path, record, words):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "made_by_03.json", {"step": "03", **record})
    write_report(tmp_path / "report.html", gallery)
    text = Page(tmp_path / "report.html").text
    assert all(word in text for word in words)
    assert ("could not be had" in text) == ("could not be had" in words)


def test_a_network_is_not_named_for_features_from_elsewhere(written):
    assert "What looks alike was judged" not in written.page.text


@pytest.mark.parametrize("copy, said", [("copy left out.jpg", "Left out; the best photo of each was clustered."),
                                        ("shop/005, front.jpg", "Each is in the cluster of its original")])
def test_copies_are_said_to_be_clustered_or_left_out(tmp_path, copy, said):
    gallery = make_gallery(tmp_path)
    write_table(gallery.data_dir / "duplicates.csv", pd.DataFrame({
        "file": [copy], "kept": [gallery.img_paths[4]], "kind": ["same picture"], "distance": ["46"]}))
    write_report(tmp_path / "report.html", gallery)
    text = Page(tmp_path / "report.html").text
    assert said in text and '<th scope="col">of</th>' in text and ">46<" not in text


def test_files_that_could_be_read_but_were_left_out_are_not_called_unreadable(tmp_path):
    gallery = make_gallery(tmp_path)
    write_table(gallery.data_dir / "skipped.csv", pd.DataFrame({
        "file": ["a.jpg", "b.jpg"], "reason": ["the product fills 2 % of the frame", "not a picture"]}))
    write_report(tmp_path / "report.html", gallery)
    text = Page(tmp_path / "report.html").text
    assert "<dt>Files left out</dt><dd>2 " in text and "ould not be read" not in text


def test_who_placed_photos_among_earlier_ones_is_not_told_to_run_these_alone_again(tmp_path):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "made_by_03.json", {"step": "03", "network": "bundled",
                                                      "settings": {"BACKBONE": "auto"}})
    first = "week1 was clustered with it: for another network run all steps for week1 first, then for these photos"
    again = "Connect to the internet once and run all steps again"
    for facts, advice in (({}, again), ({"assigned_to": "week1"}, first)):
        write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": 3, "interval": [3, 3], **facts})
        write_report(tmp_path / "report.html", gallery)
        text = Page(tmp_path / "report.html").text
        assert advice in text and ("run all steps again" in text) == (not facts)
    write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": 3, "interval": [3, 3], "assigned_to": "week2"})
    weeks = tuple(make_gallery(tmp_path / name, name=name) for name in ("week2", "week1"))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery, earlier=weeks))
    text = Page(tmp_path / "report.html").text
    assert ("run all steps for week1 first, then for each dataset that was placed in its clusters, in turn, up to "
            "these photos") in text


def test_scores_of_photos_that_the_network_was_trained_on_come_with_a_warning(tmp_path):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "metrics.json", {"ari": 0.8, "ari_interval": [0.7, 0.9],
                                                   "trained_on_these_photos": 0.25})
    write_report(tmp_path / "report.html", gallery)
    assert "The network was trained on 25 % of these very photos" in Page(tmp_path / "report.html").text


def test_photos_in_no_cluster_are_counted_apart(tmp_path):
    gallery = make_gallery(tmp_path)
    write_labels(gallery.data_dir, "pred", np.where(np.arange(24) < 5, -1, gallery.predicted))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    assert "5 photos fit none of them" in Page(tmp_path / "report.html").text


def test_photos_placed_in_earlier_clusters_are_said_to_be_that(tmp_path):
    gallery = make_gallery(tmp_path)
    count = {"num_clusters": 3, "interval": [3, 3], "assigned_to": "<week 1>"}
    write_json(gallery.data_dir / "cluster_count.json", count)
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert "24 photos were placed in the clusters of &lt;week 1&gt;. All fit." in page.text
    assert "counts as a cluster of its own" not in page.text
    write_labels(gallery.data_dir, "pred", np.where(np.arange(24) < 15, -1, gallery.predicted))
    write_json(gallery.data_dir / "cluster_count.json", count | {"num_clusters": 2, "corrected_from": 3})
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    page = Page(tmp_path / "report.html")
    assert ("9 of 24 photos were placed in the clusters of &lt;week 1&gt;, corrected by hand (3 before). "
            "15 photos fit none of them.") in page.text
    assert '15 photos</span> in no cluster, likely of new products<' in page.text and "unplaced" in page.ids
    assert "Each photo in no cluster counts as a cluster of its own." in page.text
    assert page.data["photos"]["cluster"][:11] == [2] * 5 + [1] + [-1] * 5
    # The third was made for photos that fitted none.
    write_json(gallery.data_dir / "cluster_count.json", count | {"corrected_from": 2, "numbers": "abc+7+1"})
    write_labels(gallery.data_dir, "pred", gallery.predicted)
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    in_new = (gallery.predicted == 2).sum()
    text = Page(tmp_path / "report.html").text
    assert (f"{24 - in_new} of 24 photos were placed in the clusters of &lt;week 1&gt;, {in_new} in 1 new one, "
            "corrected by hand (2 before).") in text and "All fit" not in text
    write_labels(gallery.data_dir, "pred", np.full(24, -1))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery))
    assert "24 photos fit none of them." in Page(tmp_path / "report.html").text


def test_clusters_show_photos_that_they_had_before_and_one_of_each_that_has_none_now(tmp_path):
    earlier = make_gallery(tmp_path / "first", 30, 4, name="first")
    gallery = dataclasses.replace(make_gallery(tmp_path / "week"), earlier=(earlier,))
    for row in np.flatnonzero(earlier.predicted == 1)[1:]:
        for folder in (earlier.img_dir, earlier.raw_dir):
            (folder / earlier.img_paths[row]).unlink()
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    name, shown = page.data["earlier"]["name"], page.data["earlier"]["photos"]
    assert name == "first"
    assert {cluster: len(photos) for cluster, photos in shown.items()} == {"0": 4, "1": 1, "2": 4, "3": 1}
    for cluster, photos in shown.items():
        for index, file in photos:
            assert earlier.predicted[earlier.img_paths.index(file.removeprefix("first: "))] == int(cluster)
            assert np.abs(tile(page, index)[60:100, 60:100].mean(axis=(0, 1)) - COLOURS[int(cluster)]).max() < 30


def test_a_merged_cluster_shows_earlier_photos_of_each_product_that_it_holds(tmp_path):
    earlier = make_gallery(tmp_path / "first", 30, 3, name="first")
    products = np.where((earlier.predicted == 1) & (np.arange(30) > 11), 0, earlier.predicted)  # few photos of 1
    features = np.eye(3, 8)[products] + 0.05 * np.random.default_rng(1).random((30, 8))
    np.save(earlier.data_dir / "features.npy", features.astype(np.float32))
    write_labels(earlier.data_dir, "pred", np.where(products < 2, 0, 2))
    gallery = dataclasses.replace(make_gallery(tmp_path / "week"), earlier=(dataclasses.replace(earlier),))
    found = {cluster: [row for _, row in photos] for cluster, photos in earlier_photos(gallery).items()}
    assert set(found) == {0, 2} and {1} < set(products[found[0]]) and set(products[found[2]]) == {2}
    assert [len(rows) for rows in found.values()] == [4, 4] and len({*found[0], *found[2]}) == 8
    assert products[found[0][0]] == 0
    again = earlier_photos(gallery)
    assert {cluster: [row for _, row in photos] for cluster, photos in again.items()} == found


def test_clusters_show_photos_of_all_weeks_that_had_them(tmp_path):
    weeks = [make_gallery(tmp_path / f"week{week}", 12, 3, name=f"week{week}") for week in (1, 2)]
    # Cluster 2 came in the second week, where cluster 1 was merged into 0; the second week's features lie apart.
    write_labels(weeks[0].data_dir, "pred", np.minimum(weeks[0].predicted, 1))
    write_labels(weeks[1].data_dir, "pred", np.where(weeks[1].predicted == 2, 2, 0))
    write_json(weeks[1].data_dir / "cluster_count.json", {"assigned_to": "week1", "merged": {"1": 0}})
    np.save(weeks[1].data_dir / "features.npy", -np.load(weeks[1].data_dir / "features.npy"))
    weeks = [dataclasses.replace(week) for week in weeks]
    gallery = dataclasses.replace(make_gallery(tmp_path / "week3"), earlier=(weeks[1], weeks[0]))
    found = {cluster: {each.name for each, _ in photos} for cluster, photos in earlier_photos(gallery).items()}
    assert found == {0: {"week1", "week2"}, 2: {"week2"}}
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert page.data["earlier"]["name"] == "week2 and week1" and "<strong>week2 and week1</strong>" in page.text
    for photos in page.data["earlier"]["photos"].values():
        for index, said in photos:
            name, _, file = said.partition(": ")
            week = next(each for each in weeks if each.name == name)
            assert file in week.img_paths
            # The thumbnail is of that photo: its colour is that of the cluster that it was drawn for.
            drawn = week.img_paths.index(file) // 4
            assert np.abs(tile(page, index)[60:100, 60:100].mean(axis=(0, 1)) - COLOURS[drawn]).max() < 30
    np.save(weeks[0].data_dir / "features.npy", np.ones((12, 3), np.float32))
    gallery = dataclasses.replace(gallery, earlier=tuple(map(dataclasses.replace, gallery.earlier)))
    assert {each.name for photos in earlier_photos(gallery).values() for each, _ in photos} == {"week2"}


def test_a_card_shows_each_product_in_its_cluster_that_of_most_photos_first_and_no_copies(tmp_path):
    gallery = make_gallery(tmp_path, 24, 1, all_files=False)
    products = np.repeat([0, 1, 2], [15, 6, 3])
    features = np.eye(3, 8)[products] + 0.05 * np.random.default_rng(1).random((24, 8))
    np.save(gallery.data_dir / "features.npy", features.astype(np.float32))
    copies = [*range(16, 20), 22]
    write_table(gallery.data_dir / "duplicates.csv", pd.DataFrame({
        "file": [gallery.img_paths[row] for row in copies], "kind": "same picture", "distance": "0",
        "kept": [gallery.img_paths[products.tolist().index(products[row])] for row in copies]}))
    gallery = dataclasses.replace(gallery)
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    [cluster] = page.data["clusters"]
    shown = [gallery.img_paths.index(page.data["photos"]["file"][place]) for place in cluster["faces"]]
    assert products[shown[0]] == 0 and set(products[shown]) == {0, 1, 2} and not set(shown) & set(copies)


def test_clusters_of_earlier_weeks_are_known_by_number_and_name_unless_they_joined_another(tmp_path):
    earlier = make_gallery(tmp_path / "first", 40, 6, name="first")
    gallery = dataclasses.replace(make_gallery(tmp_path / "week"), earlier=(earlier,))
    write_json(gallery.data_dir / "cluster_count.json", {"assigned_to": "first", "merged": {"4": 0}})
    write_lines(gallery.data_dir / "cluster_names.csv", ["cluster,name", "1,boots", "3,<i>clogs"])
    write_report(tmp_path / "report.html", gallery)
    found = [(each["id"], each["name"]) for each in Page(tmp_path / "report.html").data["earlierClusters"]]
    assert found == [(0, None), (1, "boots"), (2, None), (3, "<i>clogs"), (5, None)]


def test_where_the_earlier_photos_are_gone_none_are_shown(tmp_path, written):
    assert written.page.data["earlier"] is None
    gallery = make_gallery(tmp_path / "week")
    gone = dataclasses.replace(gallery, data_dir=tmp_path / "gone")
    write_report(tmp_path / "report.html", dataclasses.replace(gallery, earlier=(gone,)))
    assert Page(tmp_path / "report.html").data["earlier"] is None


def headline(page):
    return " ".join(re.sub("<[^>]*>", "", re.search("<h1>.*</h1>", page.text)[0]).split())


def test_the_headline_counts_known_products_and_new_ones(tmp_path):
    gallery = make_gallery(tmp_path)
    count = {"num_clusters": 3, "interval": [3, 3]}
    write_json(gallery.data_dir / "cluster_count.json", count)
    groups = np.repeat([0, 1, 2, -1], [4, 2, 1, 17])
    for labels, numbers, expected in (
            (gallery.predicted, None, "3 products"),
            (gallery.predicted, "a+2", "3 known products"),
            (gallery.predicted, "a+0", "1 known product, and 2 new"),
            (np.where(np.arange(24) < 7, -1, gallery.predicted), "a+1", "2 known products, and about 3 new"),
            (np.full(24, -1), "a+1", "0 known products, and about 2 new")):
        write_labels(gallery.data_dir, "pred", labels)
        placed = {"assigned_to": "week2", "numbers": numbers} if numbers else {}
        write_json(gallery.data_dir / "cluster_count.json", count | placed)
        table = pd.read_csv(gallery.data_dir / "clusters.csv").drop(columns="new_group", errors="ignore")
        write_table(gallery.data_dir / "clusters.csv",
                    table.assign(new_group=groups) if (labels < 0).any() else table)
        write_report(tmp_path / "report.html", dataclasses.replace(gallery))
        assert headline(Page(tmp_path / "report.html")) == expected


def test_all_weeks_are_named_in_whose_clusters_photos_were_placed(tmp_path):
    gallery = make_gallery(tmp_path)
    write_json(gallery.data_dir / "cluster_count.json", {"num_clusters": 3, "interval": [3, 3], "assigned_to": "week2"})
    weeks = tuple(make_gallery(tmp_path / name, name=name) for name in ("week2", "week1"))
    write_report(tmp_path / "report.html", dataclasses.replace(gallery, earlier=weeks))
    assert "24 photos were placed in the clusters of week2 and week1." in Page(tmp_path / "report.html").text


def test_the_page_opens_with_the_groups_in_each_cluster_and_with_those_of_photos_in_none(tmp_path):
    gallery = make_gallery(tmp_path, 40, 2, all_files=False)
    products = np.repeat([0, 1, 2, 3], [15, 5, 12, 8])
    features = np.eye(4, 8)[products] + 0.05 * np.random.default_rng(1).random((40, 8))
    np.save(gallery.data_dir / "features.npy", features.astype(np.float32))
    write_labels(gallery.data_dir, "pred", np.where(np.arange(40) < 20, 0, -1))
    table = pd.read_csv(gallery.data_dir / "clusters.csv")
    write_table(gallery.data_dir / "clusters.csv", table.assign(new_group=np.repeat([-1, 0, 1], [20, 12, 8])))
    gallery = dataclasses.replace(gallery)
    shown = products[rows_shown(gallery, 100)[:15]].tolist()
    assert shown[0] == 0 and set(shown[:3]) == {0, 1} and shown[5:] == [2] * 5 + [3] * 5
    write_report(tmp_path / "report.html", gallery)
    page = Page(tmp_path / "report.html")
    assert page.data["clusters"][0]["faces"] == [0, 1, 2] or page.data["clusters"][1]["faces"] == [0, 1, 2]


def test_unreadable_numbers_become_null(tmp_path):
    gallery = make_gallery(tmp_path)
    gallery.clusters.loc[0, "confidence"] = np.nan
    write_report(tmp_path / "report.html", gallery)
    photos = Page(tmp_path / "report.html").data["photos"]
    assert photos["confidence"][photos["file"].index(HOSTILE_FILE)] is None
