"""Steps 04 to 06 as a user runs them on features of their own: corrections, weeks, labelled products."""
import re
import shutil
from unittest import mock

import cv2
import numpy as np
import pandas as pd
import pytest
from project import files_of, known_and_new, lines, new_project, run
from sklearn.metrics import adjusted_rand_score

from imgcluster.datafiles.staging import stage_folder
from imgcluster.files import read_json, write_json, write_lines


def test_corrections_are_said_to_be_that(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    run("04_cluster_som.py", project)
    before, interval = (read_json(data / "cluster_count.json")[name] for name in ("num_clusters", "interval"))
    (data / "corrections.csv").write_text("action,file,cluster,value\nsplit,000.jpg,0,new-1\nmove,gone.jpg,0,1\n")
    done = run("04_cluster_som.py", project)
    low, high = interval
    assert (f"1 correction applied (1 photo changed cluster): {before + 1} clusters (estimated before: {before}, "
            f"likely {low} to {high})" in done.stdout)
    assert "line 3 (gone.jpg)" in done.stderr
    count = read_json(data / "cluster_count.json")
    assert (count["num_clusters"], count["interval"], count["corrected_from"]) == (before + 1, [low, high], before)
    scores = run("05_evaluate.py", project).stdout
    assert re.search(rf"^  Number of clusters +{before + 1}$", scores, re.M) and "estimated" not in scores
    # Who made these features, and from which photos, is not known.
    assert "Network" not in scores


def test_photos_whose_label_is_not_known_are_said_to_be_scored_as_one_product_and_can_be_left_out(tmp_path):
    project = known_and_new(tmp_path)
    data, alone = project / "data" / "shop", project / "data" / "labelled"
    run("04_cluster_som.py", project)
    assert "not known" not in run("05_evaluate.py", project).stderr
    true = lines(data / "labels_true.txt")
    write_lines(data / "labels_true.txt", ["?" if row % 3 else label for row, label in enumerate(true)])
    assert "the label '?' (80 photos), which is scored as a product" in run("05_evaluate.py", project).stderr
    assert read_json(data / "metrics.json")["ari"] < 0.5
    for name in ("labels_true.txt", "labels_pred.txt"):  # what it says helps
        write_lines(alone / name, lines(data / name)[::3])
    done = run("05_evaluate.py", project, "--set", "DATASET=labelled")
    assert "not known" not in done.stderr and read_json(alone / "metrics.json")["ari"] == 1


def test_without_a_photo_folder_a_whole_run_says_from_where_features_of_ones_own_go_on(tmp_path):
    project = known_and_new(tmp_path)
    for script in ("00_make_labels_true.py", "run_all.py"):
        said = run(script, project, "--set", "TRAIN_DATASET=None", check=2).stderr
        assert "there is no photo folder" in said and "shop/features.npy, of your own: python" in said
        assert "--from 04" in said
    (project / "data" / "shop" / "features.npy").unlink()
    said = run("00_make_labels_true.py", project, "--set", "TRAIN_DATASET=None", check=2).stderr
    assert "of your own" not in said and "does not exist" in said


def test_photos_whose_features_failed_are_told_of_and_are_all_to_be_looked_at(tmp_path):
    project = known_and_new(tmp_path)
    data, alone = project / "data" / "shop", ("--set", "CALIBRATION_DATASET=None")
    features, failed = np.load(data / "features.npy"), [f"{row:03}.jpg" for row in range(2, 120, 4)]
    features[2::4] = 0
    np.save(data / "features.npy", features)
    done = run("04_cluster_som.py", project, *alone)
    assert "in 30 of 120 rows: row 2 (002.jpg)" in done.stderr and "copies" not in done.stdout
    review, clusters = pd.read_csv(data / "review.csv"), pd.read_csv(data / "clusters.csv").set_index("file")
    assert review[review.reason == "nothing tells its cluster"].file.tolist() == failed
    assert (clusters.loc[failed, "confidence"] == 0).all() and (clusters.loc[failed, "cluster"] == 0).all()
    # A person who knows where one belongs has the last word.
    (data / "corrections.csv").write_text(f"action,file,cluster,value\nmove,{failed[0]},0,1\n")
    run("04_cluster_som.py", project, *alone)
    moved = pd.read_csv(data / "clusters.csv").set_index("file")
    assert moved.loc[failed[0], ["cluster", "confidence"]].tolist() == [1, 1]
    assert (moved.loc[failed[1:], "confidence"] == 0).all()
    (data / "corrections.csv").unlink()
    run("04_cluster_som.py", project, *alone, "--set", "ALLOW_OUTLIERS=True")
    assert (pd.read_csv(data / "clusters.csv").set_index("file").loc[failed, "cluster"] == -1).all()
    assert set(failed) <= set(pd.read_csv(data / "review.csv").file)


def test_a_dataset_without_photos_is_named(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    for name in ("img_paths.txt", "labels_true.txt"):
        (data / name).write_text("")
    np.save(data / "features.npy", np.empty((0, 24), np.float32))
    assert "img_paths.txt lists no photos" in run("04_cluster_som.py", project, check=2).stderr


def test_clusters_half_written_are_said_to_be(tmp_path, monkeypatch):
    project = known_and_new(tmp_path)
    run("04_cluster_som.py", project)
    with monkeypatch.context() as patched:
        # As labels_pred is written, and the table of clusters is not.
        patched.setattr("imgcluster.clusters.cluster_results.cluster_table", mock.Mock(side_effect=KeyboardInterrupt))
        run("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=2", check=130)
    assert "step 04 was interrupted: its files are not all of one run" in run("05_evaluate.py", project).stderr
    run("04_cluster_som.py", project)
    assert "interrupted" not in run("05_evaluate.py", project).stderr


def test_what_a_killed_run_left_in_another_dataset_is_finished_before_it_is_read(tmp_path):
    project = known_and_new(tmp_path)
    known = project / "data" / "shop_train"
    names, features, stage = lines(known / "img_paths.txt"), np.load(known / "features.npy"), stage_folder(known)
    # As one leaves it that was killed after it had prepared the files without the last photo.
    for name, content in (("img_paths.txt", names), ("labels_true.txt", lines(known / "labels_true.txt"))):
        write_lines(stage / name, content[:-1])
    np.save(stage / "features.npy", features[:-1])
    write_json(stage / "ready.json", {"files": [path.name for path in stage.iterdir()], "outdated": []})
    assert "6 labelled products of about" in run("04_cluster_som.py", project).stdout
    assert lines(known / "img_paths.txt") == names[:-1] and len(np.load(known / "features.npy")) == 119
    assert not stage.exists()


def test_corrections_stay_when_photos_leave_and_come(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    names, features = lines(data / "img_paths.txt"), np.load(data / "features.npy")

    def clustered(rows, *arguments):
        """{photo: cluster, as text} of these rows by step 04, and what was said."""
        (data / "img_paths.txt").write_text("".join(f"{names[row]}\n" for row in rows))
        np.save(data / "features.npy", features[rows])
        done = run("04_cluster_som.py", project, *arguments)
        return dict(zip(lines(data / "img_paths.txt"), lines(data / "labels_pred.txt"))), done.stdout + done.stderr

    def with_cluster(labels, photo):
        return {file for file, cluster in labels.items() if cluster == labels[photo]}

    found, _ = clustered(range(100))
    first, second, third = (with_cluster(found, f"{row:03}.jpg") for row in (0, 20, 40))
    assert len({*map(frozenset, (first, second, third))}) == 3
    (data / "corrections.csv").write_text(
        f"action,file,cluster,value\nmerge,,{found['020.jpg']},{found['000.jpg']}\nname,,{found['000.jpg']},boots\n"
        f"split,041.jpg,{found['040.jpg']},new-1\nsplit,042.jpg,{found['040.jpg']},new-1\nname,,new-1,hats\n"
        f"move,043.jpg,{found['040.jpg']},-1\n")
    saved = (data / "corrections.csv").read_text()
    for rows, options in (([*range(2, 40), *range(41, 100)], ()), (range(5, 120), ()),
                          (range(1, 118), ("--set", "NUM_CLUSTERS=4")), (range(110), ("--set", "NUM_CLUSTERS=11"))):
        for _ in range(2):
            labels, said = clustered(rows, *options)
            assert "6 corrections of clusters found before, carried over: 3 clusters stay as you left them" in said
            assert "aside" not in said
            there = {names[row] for row in rows}
            assert with_cluster(labels, "006.jpg") & {*names[:100]} == (first | second) & there
            assert with_cluster(labels, "041.jpg") & {*names[:100]} == {"041.jpg", "042.jpg"} & there
            assert with_cluster(labels, "045.jpg") & {*names[:100]} == third - {"041.jpg", "042.jpg", "043.jpg"} & there
            assert labels["043.jpg"] == "-1"
            assert {*lines(data / "cluster_names.csv")} == {"cluster,name", f"{labels['006.jpg']},boots",
                                                           f"{labels['041.jpg']},hats"}
        kept = (data / "corrections.csv").read_text()
        assert kept.splitlines()[1].startswith(saved.splitlines()[1]) and kept.count("\n") == saved.count("\n")
    (data / "corrections.csv").unlink()
    assert "carried" not in clustered(range(100))[1] and not (data / "cluster_names.csv").exists()


def test_a_report_of_earlier_clusters_may_be_corrected_and_saved_later(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    names, features = lines(data / "img_paths.txt"), np.load(data / "features.npy")

    def clustered(rows):
        """({photo: cluster, as text} of these rows by step 04, the id of the clustering, what was said)."""
        (data / "img_paths.txt").write_text("".join(f"{names[row]}\n" for row in rows))
        np.save(data / "features.npy", features[rows])
        done = run("04_cluster_som.py", project)
        labels = dict(zip(lines(data / "img_paths.txt"), lines(data / "labels_pred.txt")))
        return labels, read_json(data / "cluster_count.json")["clustering_id"], done.stdout + done.stderr

    def save(*corrections):
        (data / "corrections.csv").write_text("".join(f"{line}\n" for line in (
            "action,file,cluster,value,clustering", *corrections)))

    first, earlier, _ = clustered(range(80))
    before = [f"split,001.jpg,{first['001.jpg']},new-1,{earlier}", f"name,,new-1,one,{earlier}"]
    save(*before)
    clustered(range(80))
    second, later, said = clustered(range(120))
    assert "2 corrections of clusters found before" in said and later != earlier
    # The page of the earlier clusters is still open: what it saves begins with the corrections that it was made with.
    split_off = max(map(int, first.values())) + 1
    more = [f"merge,,{first['045.jpg']},{first['065.jpg']},{earlier}",
            f"move,002.jpg,{first['002.jpg']},{split_off},{earlier}"]
    save(*before, *more)
    for _ in range(2):
        labels, _, said = clustered(range(120))
        assert "4 corrections of clusters found before, carried over" in said and "warning" not in said
        assert labels["001.jpg"] == labels["002.jpg"] != labels["003.jpg"] and labels["045.jpg"] == labels["065.jpg"]
    # So it is beside corrections of the later ones.
    save(*before, *more, f"name,,{labels['001.jpg']},two,{later}", f"split,119.jpg,{labels['119.jpg']},new-1,{later}")
    labels, _, said = clustered(range(120))
    assert "6 corrections applied" in said and "4 corrections of clusters found before" in said
    assert lines(data / "cluster_names.csv")[1:] == [f"{labels['001.jpg']},two"]
    assert labels["119.jpg"] != labels["118.jpg"]
    # Those of the later ones are not lost where the page, which does not know of them, saves once more.
    save(*before, *more)
    assert "gone from corrections.csv since the last run: 2 corrections" in clustered(range(120))[2]
    assert f"name,,{labels['001.jpg']},two,{later}" in lines(data / "outdated" / "corrections.csv")


def test_photos_placed_in_earlier_clusters_keep_their_names(tmp_path):
    project = known_and_new(tmp_path)
    first, second = project / "data" / "shop", project / "data" / "next"
    run("04_cluster_som.py", project)
    shutil.copytree(first, second)
    (first / "corrections.csv").write_text("action,file,cluster,value\nname,,0,boots\nmerge,,1,0\n")
    run("04_cluster_som.py", project)
    done = run("04_cluster_som.py", project, "--set", "DATASET=next", "--set", "ASSIGN_TO=shop")
    assert " of 120 photos placed in " in done.stdout
    assert lines(second / "cluster_names.csv") == ["cluster,name", "0,boots"]
    count, placed = read_json(second / "cluster_count.json"), set(np.load(second / "labels_pred.npy")) - {-1}
    products, before = pd.read_csv(second / "products.csv"), np.load(first / "labels_pred.npy")
    assert products["name"].tolist()[0] == "boots" and set(products["cluster"]) == {*before} - {1} | placed
    assert products["photos in shop"].sum() == len(before) and products["apart"].notna().any()
    assert (count["num_clusters"], count["interval"]) == (len(placed), [len(placed)] * 2) and 1 not in placed
    changed = "the clusters of shop or their names have changed since step 04 placed these photos in them"
    score = ("05_evaluate.py", project, "--set", "DATASET=next", "--set", "ASSIGN_TO=shop")
    assert changed not in run(*score).stderr
    (first / "corrections.csv").unlink()
    run("04_cluster_som.py", project)
    assert changed in run(*score).stderr


def test_a_forgotten_week_is_told_and_what_a_run_goes_on_with_is_not(tmp_path):
    project = known_and_new(tmp_path)
    run("04_cluster_som.py", project)
    shutil.copytree(project / "data" / "shop", project / "data" / "week 2")
    alone, placed = ("--set", "DATASET=week 2"), ("--set", "DATASET=week 2", "--set", "ASSIGN_TO='shop'")
    assert "placed" not in run("04_cluster_som.py", project, *alone).stderr
    run("04_cluster_som.py", project, *placed)
    (project / "data/shop/corrections.csv").write_text("action,file,cluster,value\nname,,0,boots\n")
    only = ("--from", "04", "--to", "04")
    assert "--from 04 --and-later" in run("run_all.py", project, *only).stdout
    (project / "data/shop/corrections.csv").write_text("action,file,cluster,value\nname,,0,bags\n")
    assert "--and-later" not in run("run_all.py", project, *only, "--and-later").stdout
    said = run("04_cluster_som.py", project, *alone).stderr
    assert "these photos were placed in the clusters of 'shop' last time; ASSIGN_TO is None now" in said
    assert '--from 04 --config' in said and '--set "DATASET=week 2" --set ASSIGN_TO=shop' in said
    assert "last time" not in run("04_cluster_som.py", project, *alone).stderr


def test_a_line_from_an_earlier_report_is_not_taken_for_one_about_the_clusters_found_since(tmp_path):
    project, line = known_and_new(tmp_path), "name,,5,soy,"
    data, reported = project / "data" / "shop", project / "result" / "shop" / "report.html"
    (project / "raw_img" / "shop").mkdir(parents=True, exist_ok=True)
    run("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=10")
    run("06_visualize.py", project)
    own = read_json(data / "cluster_count.json")["clustering_id"]
    assert reported.exists() and read_json(data / "made_by_06.json")["clustering_id"] == own
    tried = ("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=6")
    run(*tried)
    (data / "corrections.csv").write_text(f"action,file,cluster,value,clustering\n{line}\n")
    before = files_of(data)
    refused = run("run_all.py", project, "--from", "04", check=2)
    assert "line 2 does not say" in refused.stderr and f"\n  {own}  " in refused.stderr and files_of(data) == before
    for refused in (run(*tried, check=2), run("06_visualize.py", project, check=2)):
        assert "line 2 does not say" in refused.stderr
    (data / "corrections.csv").write_text(f"action,file,cluster,value,clustering\n{line}{own}\n")
    assert "1 correction of clusters found before" in run(*tried).stdout


def test_a_product_that_was_new_last_week_is_found_this_week(tmp_path):
    project, rng = new_project(tmp_path / "weeks", TRAIN_DATASET=None, LABELS_FROM=None), np.random.default_rng(0)
    centres = rng.standard_normal((8, 24))
    for name, products in (("week1", range(6)), ("week2", (0, 1, 6)), ("week3", (0, 3, 6, 7))):
        data, photos = project / "data" / name, project / "raw_img" / name
        data.mkdir(parents=True)
        photos.mkdir(parents=True)
        files = [f"{product}_{number}.png" for product in products for number in range(12)]
        spread = 0.2 * rng.standard_normal((len(files), 24))
        np.save(data / "features.npy", (np.repeat(centres[[*products]], 12, axis=0) + spread).astype(np.float32))
        (data / "img_paths.txt").write_text("".join(f"{file}\n" for file in files))
        (data / "labels_true.txt").write_text("".join(f"{file[0]}\n" for file in files))
        for file in files:
            cv2.imwrite(str(photos / file), np.full((8, 8, 3), 30 * int(file[0]), np.uint8))
    run("04_cluster_som.py", project, "--set", "DATASET=week1", "--set", "NUM_CLUSTERS=6")
    second = ("--set", "DATASET=week2", "--set", "ASSIGN_TO=week1", "--from", "04")
    run("run_all.py", project, *second, "--to", "04")
    new = "".join(f"split,6_{number}.png,-1,new-1\n" for number in range(12))
    (project / "data/week2/corrections.csv").write_text(f"action,file,cluster,value\n{new}name,,new-1,boots\n")
    run("run_all.py", project, *second, "--to", "04")
    third = ("--set", "DATASET=week3", "--set", "ASSIGN_TO=week2", "--from", "04")
    done = run("run_all.py", project, *third)
    assert "clusters of week2 and week1; " in done.stdout and "warning: week" not in done.stderr
    data = project / "data" / "week3"
    clusters = np.load(data / "labels_pred.npy").reshape(4, 12)
    assert ((clusters[2] == 6) | (clusters[2] == -1)).all() and (clusters[2] == 6).mean() > 0.5
    assert (clusters[3] == -1).all() and lines(data / "cluster_names.csv") == ["cluster,name", "6,boots"]
    metrics = read_json(data / "metrics.json")
    assert metrics["known_in_own_cluster"] > 0.6 and metrics["new_in_no_cluster"] == 1
    assert metrics["known_in_own_cluster"] + metrics["known_in_no_cluster"] == pytest.approx(1)
    report = (project / "result/week3/report.html").read_text()
    assert "<strong>week2 and week1</strong>" in report and '"week2: 6_' in report and '"week1: 3_' in report
    # It leads to the photos wherever in the project it is.
    run("06_visualize.py", project, *third[:2], "--set", "RESULT_DIR=runs/{DATASET}/result")
    assert '"../../../raw_img/week3/"' in (project / "runs/week3/result/report.html").read_text()
    # One cluster more in the first week: the second is to be placed anew, and no step is taken before.
    (project / "data/week1/corrections.csv").write_text("action,file,cluster,value\nsplit,0_0.png,,new-1\n")
    run("04_cluster_som.py", project, "--set", "DATASET=week1", "--set", "NUM_CLUSTERS=6")
    assert "again for week2 (with ASSIGN_TO = 'week1')" in run("run_all.py", project, *third, check=2).stderr
    run("run_all.py", project, *second, "--to", "04")
    run("run_all.py", project, *third, "--to", "04")
    assert lines(data / "cluster_names.csv") == ["cluster,name", "7,boots"]


@pytest.mark.parametrize("template", ["data/{DATASET}", "runs/{DATASET}/data", "of-{DATASET}"])
def test_weeks_placed_in_clusters_that_changed_are_told_wherever_their_folders_are(tmp_path, template):
    project, rng = new_project(tmp_path / "mine", DATA_DIR=template, TRAIN_DATASET=None), np.random.default_rng(0)
    for name, products in (("week1", 4), ("week2", 3)):
        data = project / template.replace("{DATASET}", name)
        spread = 0.1 * rng.standard_normal((15 * products, 24))
        np.save(data.mkdir(parents=True) or data / "features.npy",
                (np.repeat(np.eye(24)[:products], 15, axis=0) + spread).astype(np.float32))
        write_lines(data / "img_paths.txt", [f"{row:03}.jpg" for row in range(15 * products)])
    find = ("--set", "DATASET=week1", "--set", "NUM_CLUSTERS=4")
    run("04_cluster_som.py", project, *find)
    run("04_cluster_som.py", project, "--set", "DATASET=week2", "--set", "ASSIGN_TO=week1")
    write_lines(project / template.replace("{DATASET}", "week1") / "corrections.csv",
                ["action,file,cluster,value", "merge,,1,0"])
    assert "week2 was placed in these clusters as they were before" in run("04_cluster_som.py", project, *find).stdout
    done = run("run_all.py", project, *find, "--from", "04", "--to", "04", "--and-later")
    assert "04_cluster_som week2 " in done.stdout, "run_all.py goes on with it"
    assert "were before" not in run("04_cluster_som.py", project, *find).stdout
    # One that is there may be meant where there is none of a name.
    misspelt = ("04_cluster_som.py", project, "--set", "DATASET=week2", "--set", "ASSIGN_TO=wek1")
    assert "did you mean 'week1'?" in run(*misspelt, check=2).stderr


def test_corrections_of_placed_photos_hold_whatever_becomes_of_the_earlier_clusters(tmp_path):
    project = known_and_new(tmp_path)
    first, second = project / "data" / "shop", project / "data" / "next"
    run("04_cluster_som.py", project)
    shutil.copytree(first, second)
    place = ("04_cluster_som.py", project, "--set", "DATASET=next", "--set", "ASSIGN_TO=shop")
    run(*place)
    (second / "corrections.csv").write_text("action,file,cluster,value\nname,,0,boots\nmerge,,1,0\n")
    np.save(second / "features.npy", np.load(second / "features.npy")[:-1])
    (second / "img_paths.txt").write_text("".join(f"{name}\n" for name in lines(second / "img_paths.txt")[:-1]))
    # A number that has no effect on where photos are placed was not there before.
    said = run(*place, "--set", "NUM_CLUSTERS=17")
    assert "2 corrections applied" in said.stdout and "= 17 before" not in said.stdout
    assert "warning: NUM_CLUSTERS, SOM_EPOCHS: without effect beside ASSIGN_TO" in said.stderr
    assert "2 corrections applied" in run(*place).stdout
    (first / "corrections.csv").write_text("action,file,cluster,value\nsplit,000.jpg,,new-1\n")
    run("04_cluster_som.py", project)
    assert "2 corrections applied" in run(*place).stdout
    run("04_cluster_som.py", project, "--set", "NUM_CLUSTERS=3")
    done = run(*place)
    assert "2 corrections of clusters found before, carried over: 1 cluster stays as you left it" in done.stdout
    assert "boots" in (second / "cluster_names.csv").read_text() and "left aside" not in done.stderr


def test_known_products_of_another_kind_do_not_set_the_count(tmp_path):
    project = known_and_new(tmp_path, known_at=4.0)
    done = run("04_cluster_som.py", project)
    assert "shop_train shows another kind of product" in done.stdout
    assert read_json(project / "data/shop/cluster_count.json")["calibrated"] is False
    done = run("04_cluster_som.py", project, "--set", "CALIBRATION_DATASET=shop_train")
    assert "may be far off" in done.stdout + done.stderr
    assert read_json(project / "data/shop/cluster_count.json")["calibrated"] is True


def test_a_network_trained_on_the_known_products_is_not_asked_how_varied_they_are(tmp_path):
    project = known_and_new(tmp_path)
    for name in ("shop", "shop_train"):
        folder = project / "data" / name
        features = np.load(folder / "features.npy")
        np.save(folder / "features_before.npy", features.astype(np.float16))
        if name == "shop_train":  # taught: photos of a model look all alike
            noise = np.random.default_rng(0).normal(scale=1e-3, size=features.shape).astype(np.float32)
            features = np.repeat(features[::20], 20, axis=0) + noise
            np.save(folder / "features.npy", features)
        (folder / "made_by_03.json").write_text('{"trained_on": "shop_train", "network_file": "a"}')
    run("04_cluster_som.py", project)
    method = read_json(project / "data/shop/cluster_count.json")["method"]
    (project / "data/shop_train/features_before.npy").unlink()
    run("04_cluster_som.py", project)
    by_variety = [float(re.search("by variety ([0-9.]+)", text)[1])
                  for text in (method, read_json(project / "data/shop/cluster_count.json")["method"])]
    assert 5 < by_variety[0] < 7 < by_variety[1]


def test_copies_that_step_01_found_have_no_say_in_the_number_of_clusters(tmp_path):
    project = known_and_new(tmp_path)
    data, alone = project / "data" / "shop", ("--set", "CALIBRATION_DATASET=None")
    paths, features = (data / "img_paths.txt").read_text().split(), np.load(data / "features.npy")
    run("04_cluster_som.py", project, *alone)
    before, labels = read_json(data / "cluster_count.json"), (data / "labels_pred.txt").read_text().split()
    noise = np.random.default_rng(0).normal(scale=1e-4, size=(200, features.shape[1])).astype(np.float32)
    np.save(data / "features.npy", np.concatenate([features, np.repeat(features[:5], 40, axis=0) + noise]))
    copies = [f"copy-{number}.jpg" for number in range(200)]
    (data / "img_paths.txt").write_text("\n".join(paths + copies) + "\n")
    (data / "duplicates.csv").write_text("file,kept\n" + "".join(
        f"{copy},{paths[number // 40]}\n" for number, copy in enumerate(copies)))
    done = run("04_cluster_som.py", project, *alone)
    after, placed = read_json(data / "cluster_count.json"), (data / "labels_pred.txt").read_text().split()
    assert "200 copies of other photos had no say in the number of clusters" in done.stdout
    assert [after[key] for key in ("num_clusters", "method")] == [before[key] for key in ("num_clusters", "method")]
    assert adjusted_rand_score(labels, placed[:120]) == 1
    assert placed[120:] == [placed[number // 40] for number in range(200)]
    for given in ("NUM_CLUSTERS=300", "NUM_IMGS_PER_MODEL=20"):  # of all photos
        assert "had no say" not in run("04_cluster_som.py", project, *alone, "--set", given).stdout


def test_features_of_ones_own_are_not_taken_for_those_whose_record_they_lie_beside(tmp_path):
    project = known_and_new(tmp_path)
    data = project / "data" / "shop"
    alone = ("--set", "CALIBRATION_DATASET=None")
    run("04_cluster_som.py", project, *alone)
    expected = [(data / name).read_bytes() for name in ("labels_pred.txt", "cluster_count.json")]
    np.save(data / "features_before.npy", np.zeros((120, 5), np.float16))
    (data / "made_by_03.json").write_text('{"trained_on": "shop_train", "features": "another file", "settings": {}}')
    done = run("04_cluster_som.py", project, *alone)
    assert "features.npy is not the file that step 03 wrote" in done.stderr
    assert [(data / name).read_bytes() for name in ("labels_pred.txt", "cluster_count.json")] == expected


def test_known_products_far_from_what_the_photos_suggest_are_warned_about(tmp_path):
    done = run("04_cluster_som.py", known_and_new(tmp_path / "alike"))
    assert "the photos alone" not in done.stderr
    project = known_and_new(tmp_path / "finer")
    finer = np.repeat(np.arange(45), [1, 1, 6] * 15)  # unequal numbers of photos, so that nobody picked them
    (project / "data/shop_train/labels_true.txt").write_text("".join(f"{label}\n" for label in finer))
    done = run("04_cluster_som.py", project, "--set", "CALIBRATION_DATASET=shop_train")
    count = read_json(project / "data/shop/cluster_count.json")
    assert count["num_clusters"] > 4 * count["blind_count"]
    assert f"the photos alone {count['blind_count']}" in done.stderr
