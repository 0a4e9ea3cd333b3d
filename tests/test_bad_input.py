"""What users' folders really hold: every kind of bad photo, folder, file and setting, through the scripts."""
import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageCms
from report_gallery import Page
from scripts import apart, here
from sklearn.metrics import adjusted_rand_score

from imgcluster.locks import claim


def picture(seed=0, height=60, width=80):
    """A product of one colour on white, uint8 RGB."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 255, np.uint8)
    image[height // 4:-height // 4, width // 4:-width // 4] = rng.integers(0, 200, 3)
    return image


def run(script, project, *settings, check=0, without_root=False):
    """Run a script on the project's folders; `settings` are NAME=VALUE."""
    folders = [f"{kind}_DIR={project}/{kind.lower()}/{{DATASET}}" for kind in ("RAW_IMG", "IMG", "DATA", "RESULT")]
    fixed = ["DATASET=set", "TRAIN_DATASET=None", "LABELS_FROM=None", "NUM_WORKERS=1", "SOM_EPOCHS=3",
             "BOOTSTRAP_SAMPLES=20", "BACKGROUND_METHOD=contours", *folders]
    arguments = [part for text in (*fixed, *settings) for part in ("--set", text)]
    done = (without_rights if without_root else here)(script, *arguments, cwd=project.parent)
    assert done.returncode == check, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def without_rights(script, *arguments, cwd):
    """Run a script without root's right to read and write everything, which a process gives up for good."""
    drop = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    return apart(script, *arguments, cwd=cwd, before=drop if os.geteuid() == 0 else [])


def read_lines(path):
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def photos(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(seed)).save(folder / name)


def with_features(project, features, labels=None):
    """The project as step 03 leaves it, with features of one's own."""
    data = project / "data" / "set"
    data.mkdir(parents=True, exist_ok=True)
    np.save(data / "features.npy", features)
    (data / "img_paths.txt").write_text("".join(f"{row}.png\n" for row in range(len(features))))
    if labels is not None:
        (data / "labels_true.txt").write_text("".join(f"{label}\n" for label in labels))
    return data


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


GOOD = {
    "plain.jpg": lambda path: Image.fromarray(picture(1)).save(path),
    "cmyk.jpg": lambda path: Image.fromarray(picture(2)).convert("CMYK").save(path),
    "deep.png": lambda path: cv2.imwrite(str(path), picture(3).astype(np.uint16) * 257),
    "grey.jpg": lambda path: Image.fromarray(picture(4)[..., 0]).save(path),
    "palette.png": lambda path: Image.fromarray(picture(5)).convert("P").save(path),
    "alpha.png": lambda path: Image.fromarray(np.dstack([picture(6), picture(6)[..., :1]])).save(path),
    "moving.gif": lambda path: Image.fromarray(picture(7)).save(
        path, save_all=True, append_images=[Image.fromarray(picture(8))]),
    "moving.webp": lambda path: Image.fromarray(picture(9)).save(
        path, save_all=True, append_images=[Image.fromarray(picture(10))]),
    "gif named.jpg": lambda path: Image.fromarray(picture(11)).save(path, format="GIF"),
    "png named.jpg": lambda path: Image.fromarray(picture(12)).save(path, format="PNG"),
    "huge.jpg": lambda path: Image.fromarray(picture(24, height=6000, width=8000)).save(path, quality=50),
    "UPPER.JPG": lambda path: Image.fromarray(picture(14)).save(path),
    "comma, quote' \"x\".jpg": lambda path: Image.fromarray(picture(15)).save(path),
    "신발 👟.jpg": lambda path: Image.fromarray(picture(16)).save(path),
    "deep/er/nested.jpg": lambda path: Image.fromarray(picture(17)).save(path),
    "twin.jpg": lambda path: Image.fromarray(picture(18)).save(path),
    "twin.png": lambda path: Image.fromarray(picture(19)).save(path),
    "truncated.jpg": lambda path: save_truncated(path),
    "profile.jpg": lambda path: Image.fromarray(picture(21)).save(
        path, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
    "float.tif": lambda path: Image.fromarray(picture(22)[..., 0].astype(np.float32) / 255).save(path),
    "smallest.png": lambda path: Image.fromarray(picture(13, width=16, height=16)).save(path),
    "all product.jpg": lambda path: Image.fromarray(
        np.random.default_rng(23).integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(path),
    "line art.png": lambda path: Image.fromarray(
        cv2.circle(np.full((60, 80, 3), 255, np.uint8), (40, 30), 20, (0, 0, 0), 1)).save(path),
    "white on white.jpg": lambda path: Image.fromarray(
        cv2.circle(np.full((60, 80, 3), 255, np.uint8), (40, 30), 20, (251, 251, 251), -1)).save(path),
}
BAD = {
    "one colour.png": lambda path: Image.fromarray(np.full((60, 80, 3), 200, np.uint8)).save(path),
    "blank.jpg": lambda path: Image.fromarray(np.full((600, 800, 3), 255, np.uint8)).save(path),
    "one pixel.png": lambda path: Image.fromarray(picture(13)[:1, :1]).save(path),
    "thin.png": lambda path: Image.fromarray(np.full((1, 5000, 3), 90, np.uint8)).save(path),
    "zero.jpg": lambda path: path.write_bytes(b""),
    "text.jpg": lambda path: path.write_text("no photo"),
    "head only.jpg": lambda path: path.write_bytes(b"\xff\xd8\xff\xe0"),
    "dangling.jpg": lambda path: path.symlink_to("nowhere.jpg"),
    "loop.jpg": lambda path: path.symlink_to("loop.jpg"),
    "over 200 megapixels.png": lambda path: Image.new("1", (20000, 10001)).save(path),
}


def save_truncated(path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-4000])


def test_every_kind_of_photo_goes_through_and_bad_ones_are_listed(project):
    raw = project / "raw_img" / "set"
    for name, write in (GOOD | BAD).items():
        (raw / name).parent.mkdir(parents=True, exist_ok=True)
        write(raw / name)
    Image.fromarray(picture(20)).save(raw / "turned.jpg", exif=exif_with_orientation(6))
    (raw / "folder.jpg").mkdir()
    before = {path: path.read_bytes() for path in raw.rglob("*") if path.is_file()}
    run("00_make_labels_true.py", project)
    run("01_img_preprocess.py", project, "SAVE_MASKS=True", "BACKGROUND_METHOD=grabcut", "NUM_WORKERS=2")
    data, good = project / "data" / "set", sorted([*GOOD, "turned.jpg"])
    assert read_lines(data / "img_paths.txt") == good
    skipped = pd.read_csv(data / "skipped.csv", keep_default_na=False)
    assert sorted(skipped.file) == sorted(BAD) and all(skipped.reason)
    reasons = dict(zip(skipped.file, skipped.reason))
    assert reasons["zero.jpg"] == "empty file" and reasons["one pixel.png"].startswith("1 x 1 pixels")
    warned = pd.read_csv(data / "photos.csv", keep_default_na=False).set_index("file").warnings
    assert "one colour" in warned["white on white.jpg"] and "one colour" not in warned["plain.jpg"]
    assert reasons["blank.jpg"] == reasons["one colour.png"] == "nothing but one colour: it shows no product"
    assert all((project / "img" / "set" / name).stat().st_size > 0 for name in good)
    assert {path: path.read_bytes() for path in before} == before
    masks = {name: cv2.imdecode(np.fromfile(data / "masks" / mask, np.uint8), cv2.IMREAD_UNCHANGED)
             for name, mask in (("turned.jpg", "turned.png"), ("huge.jpg", "huge.png"), ("twin.png", "twin.png.png"),
                                ("deep/er/nested.jpg", "deep/er/nested.png"))}
    assert masks["turned.jpg"].shape == (80, 60) and masks["huge.jpg"].shape == (6000, 8000)
    assert all(set(np.unique(mask)) <= {0, 255} for mask in masks.values())
    again = (data / "img_paths.txt").read_bytes()
    run("00_make_labels_true.py", project)
    assert (data / "img_paths.txt").read_bytes() == again


def exif_with_orientation(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    return exif


def test_of_many_photos_that_cannot_be_used_the_file_is_named_that_lists_them_all(project):
    photos(project / "raw_img" / "set", ["good.png"])
    for number in range(7):
        (project / "raw_img" / "set" / f"empty {number}.png").touch()
    done = run("01_img_preprocess.py", project)
    assert done.stderr.count(": empty file") == 5
    table = Path("project", "data", "set", "skipped.csv")
    assert f"2 more cannot be used: {table}" in done.stderr
    # Those of which that was said are no news.
    (project / "raw_img" / "set" / "empty too.png").touch()
    done = run("01_img_preprocess.py", project)
    assert done.stderr.count(": empty file") == 1 and "empty too.png: empty file" in done.stderr
    assert f"7 photos that cannot be used, as before: {table}" in done.stderr


def test_step_01_does_only_what_changed(project):
    raw = project / "raw_img" / "set"
    photos(raw, ["1_a.png", "2_b.png", "3_c.png"])
    run("01_img_preprocess.py", project)
    written = {path.name: path.stat().st_mtime_ns for path in (project / "img" / "set").iterdir()}
    Image.fromarray(picture(9, height=90)).save(raw / "2_b.png")
    (raw / "3_c.png").unlink()
    Image.fromarray(picture(10)).save(raw / "4_d.png")
    run("01_img_preprocess.py", project)
    now = {path.name: path.stat().st_mtime_ns for path in (project / "img" / "set").iterdir()}
    assert now["1_a.png"] == written["1_a.png"] and now["2_b.png"] > written["2_b.png"] and "4_d.png" in now
    assert read_lines(project / "data" / "set" / "img_paths.txt") == ["1_a.png", "2_b.png", "4_d.png"]


@pytest.mark.parametrize("make, said", [
    (lambda raw: None, "does not exist"),
    (lambda raw: raw.mkdir(parents=True), "is empty"),
    (lambda raw: (raw.mkdir(parents=True), (raw / "notes.txt").write_text("x")), "no photos"),
])
def test_folder_without_photos(project, make, said):
    make(project / "raw_img" / "set")
    for script in ("00_make_labels_true.py", "01_img_preprocess.py"):
        assert said in run(script, project, check=2).stderr


def test_files_that_are_no_photos_are_told_by_step_00(project):
    raw = project / "raw_img" / "set"
    photos(raw, ["1_a.png", "2_b.png"])
    for name in ("film.mp4", "film.MP4", "notes.pdf", "Thumbs.db", "labels.csv"):
        (raw / name).write_text("x")
    (raw / "labels.csv").write_text("file,label\n1_a.png,a\n2_b.png,b\n")
    done = run("00_make_labels_true.py", project, f"LABELS_FROM={raw / 'labels.csv'}")
    assert "\n3 files are no photos and are passed over: 2 .mp4, 1 .pdf\n" in done.stdout


def test_no_usable_photo_at_all(project):
    raw = project / "raw_img" / "set"
    raw.mkdir(parents=True)
    (raw / "zero.jpg").write_bytes(b"")
    done = run("01_img_preprocess.py", project, check=2)
    assert "none of the 1 photos" in done.stderr and "empty file" in done.stderr


def test_a_setting_that_no_photo_meets_costs_no_features(project):
    photos(project / "raw_img" / "set", ["a.png", "b.png", "c.png"])
    for script in ("00_make_labels_true.py", "01_img_preprocess.py"):
        run(script, project)
    data = with_features(project, np.eye(3, 5, dtype=np.float32))
    (data / "img_paths.txt").write_text("a.png\nb.png\nc.png\n")
    features = (data / "features.npy").read_bytes()
    run("01_img_preprocess.py", project, "MIN_PRODUCT_SHARE=0.99", check=2)
    done = run("00_make_labels_true.py", project)
    assert "3 photos, no true labels" in done.stdout and "left out" not in done.stdout
    run("01_img_preprocess.py", project)
    assert (data / "features.npy").read_bytes() == features and len(read_lines(data / "img_paths.txt")) == 3


@pytest.mark.parametrize("labels_from, labels", [("filename", ["0", "1", "2"]), ("None", None)])
@pytest.mark.parametrize("script", ["00_make_labels_true.py", "01_img_preprocess.py"])
def test_labels_of_ones_own_are_kept_and_told_of(project, script, labels_from, labels):
    photos(project / "raw_img" / "set", [f"{row}.png" for row in range(3)])
    data = with_features(project, np.eye(3, 5, dtype=np.float32), labels=(own := ["red boot", "red boot", "hat"]))
    done = run(script, project, f"LABELS_FROM={labels_from}", r"LABEL_REGEX=^(\d)")
    assert "labels_true.txt is your own" in done.stderr and str(Path("outdated", "your_labels")) in done.stderr
    assert read_lines(data / "outdated" / "your_labels" / "labels_true.txt") == own
    assert read_lines(data / "labels_true.txt") == labels if labels else not (data / "labels_true.txt").exists()
    assert "your own" not in run(script, project, f"LABELS_FROM={labels_from}", r"LABEL_REGEX=^(\d)").stderr


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read and write everything")
def test_no_permission_to_read_or_write(project):
    raw = project / "raw_img" / "set"
    photos(raw, ["1_a.png", "2_b.png"])
    (raw / "1_a.png").chmod(0)
    run("01_img_preprocess.py", project, without_root=True)
    assert "permission denied" in (project / "data" / "set" / "skipped.csv").read_text()
    assert read_lines(project / "data" / "set" / "img_paths.txt") == ["2_b.png"]
    (raw / "1_a.png").chmod(0o600)
    run("01_img_preprocess.py", project, without_root=True)
    assert read_lines(project / "data" / "set" / "img_paths.txt") == ["1_a.png", "2_b.png"]
    shutil.rmtree(project / "img")
    (project / "img").mkdir(mode=0o500)
    assert str(project / "img") in run("01_img_preprocess.py", project, check=2, without_root=True).stderr
    raw.chmod(0)
    assert str(raw) in run("00_make_labels_true.py", project, check=2, without_root=True).stderr
    raw.chmod(0o700)


def test_names_without_a_label_are_listed(project):
    photos(project / "raw_img" / "set", ["1_a.png", *(f"x{number}.png" for number in range(7))])
    message = run("00_make_labels_true.py", project, "LABELS_FROM=filename", check=2).stderr
    assert "7 of 8 photos" in message and "x0.png" in message and "LABEL_REGEX" in message and "2 more" in message


def test_labels_from_a_spreadsheet_that_may_be_one_product_are_told_and_taken(project):
    names = [f"{number}.png" for number in range(6)]
    photos(project / "raw_img" / "set", names)
    labels = ["Sour Cream", "Sour Cream ", "Sour  Cream", "sour cream", "Sour Cream", "Sour\u00a0Cream"]
    lines = ["file,label", *map(",".join, zip(names, labels))]
    (project / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    done = run("00_make_labels_true.py", project, f"LABELS_FROM={project / 'labels.csv'}")
    assert "warning: labels that may be one product: 'sour cream' (1 photo) and 'Sour Cream' (5)" in done.stderr
    assert read_lines(project / "data" / "set" / "labels_true.txt") == [*["Sour_Cream"] * 3, "sour_cream",
                                                                        *["Sour_Cream"] * 2]


def test_photos_are_cut_out_although_their_names_hold_no_label(project):
    photos(project / "raw_img" / "set", ["x.png", "y.png"])
    done = run("01_img_preprocess.py", project, "LABELS_FROM=filename", "SAVE_MASKS=True")
    assert "LABEL_REGEX" in done.stderr
    assert (project / "data" / "set" / "masks" / "x.png").exists()
    assert read_lines(project / "data" / "set" / "img_paths.txt") == ["x.png", "y.png"]


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_very_few_photos(project, rows):
    features = np.random.default_rng(0).normal(size=(rows, 8)).astype(np.float32)
    data = with_features(project, features, labels=["a"] * rows)
    for script in ("04_cluster_som.py", "05_evaluate.py", "06_visualize.py"):
        run(script, project)
    assert len(read_lines(data / "labels_pred.txt")) == rows
    assert (project / "result" / "set" / "scatter.png").stat().st_size > 0


@pytest.mark.parametrize("grid", ["None", "(30, 30)"])
def test_identical_photos_and_fewer_photos_than_units(project, grid):
    data = with_features(project, np.ones((12, 8), np.float32), labels=["a"] * 12)
    for script in ("04_cluster_som.py", "05_evaluate.py", "06_visualize.py"):
        run(script, project, f"SOM_GRID={grid}")
    assert set(read_lines(data / "labels_pred.txt")) == {"0"}


@pytest.mark.parametrize("count", [1, 12])
def test_forced_number_of_clusters(project, count):
    features = np.random.default_rng(1).normal(size=(12, 8)).astype(np.float32)
    data = with_features(project, features)
    run("04_cluster_som.py", project, f"NUM_CLUSTERS={count}")
    assert len(set(read_lines(data / "labels_pred.txt"))) == count
    assert "NUM_CLUSTERS" in run("04_cluster_som.py", project, "NUM_CLUSTERS=13", check=2).stderr


@pytest.mark.parametrize("spoil, said", [
    (lambda x: np.where(np.arange(len(x))[:, None] == 4, np.nan, x).astype(np.float32), "row 4"),
    (lambda x: x[:-1], "11 rows"),
    (lambda x: x.astype(int), "int64"),
    (lambda x: x.ravel(), "shape"),
])
def test_features_that_cannot_be_used(project, spoil, said):
    features = np.random.default_rng(0).normal(size=(12, 8)).astype(np.float32)
    data = with_features(project, features)
    np.save(data / "features.npy", spoil(features))
    message = run("04_cluster_som.py", project, check=2).stderr
    assert "features.npy" in message and said in message
    (data / "features.npy").write_bytes((data / "features.npy").read_bytes()[:90])
    assert "features.npy" in run("04_cluster_som.py", project, check=2).stderr


def test_several_wrong_settings_come_in_one_message(project):
    message = run("04_cluster_som.py", project, "BACKGROUNDS=white", "SOM_EPOCHS=0", check=2).stderr
    assert "did you mean BACKGROUND" in message and "SOM_EPOCHS = 0" in message


def test_one_model_only_and_a_model_with_a_single_photo_in_step_02(project, tiny_backbone):
    photos(project / "raw_img" / "set", ["1_a.png", "1_b.png"])
    settings = ["LABELS_FROM=filename", "TRAIN_DATASET=set", f"BACKBONE={tiny_backbone}", "WEIGHTS=None",
                "INPUT_SIZE=32", "EPOCHS=1", "HEAD_EPOCHS=1", "BATCH_SIZE=2"]
    run("01_img_preprocess.py", project, *settings)
    assert "at least two models" in run("02_finetune_network.py", project, *settings, check=2).stderr
    photos(project / "raw_img" / "set", ["1_a.png", "1_b.png", "2_c.png"])
    run("01_img_preprocess.py", project, *settings)
    run("02_finetune_network.py", project, *settings)
    assert read_lines(project / "data" / "set" / "classes.txt") == ["1", "2"]


def test_new_photos_keep_the_numbers_of_an_earlier_dataset(project):
    rng = np.random.default_rng(0)
    centres = 5 * rng.normal(size=(4, 16))
    features = (np.repeat(centres, 15, axis=0) + rng.normal(size=(60, 16))).astype(np.float32)
    data = with_features(project, features)
    run("04_cluster_som.py", project, "NUM_CLUSTERS=4")
    former = read_lines(data / "labels_pred.txt")
    shutil.copytree(data, project / "data" / "later")
    np.save(project / "data" / "later" / "features.npy", np.concatenate([features[1:], -8 * centres[:1]]).astype("f4"))
    run("04_cluster_som.py", project, "DATASET=later", "ASSIGN_TO=set")
    later = read_lines(project / "data" / "later" / "labels_pred.txt")
    assert np.mean(np.array(later[:-1]) == np.array(former[1:])) > 0.9 and later[-1] == "-1"
    run("05_evaluate.py", project, "DATASET=later")
    assert "earlier run" not in run("06_visualize.py", project, "DATASET=later").stderr
    photos(project / "raw_img" / "later", read_lines(data / "img_paths.txt")[:9])
    run("06_visualize.py", project, "DATASET=later", "EXPORT_CLUSTERS=copy")
    os.utime(project / "data" / "later" / "labels_pred.txt")  # made anew, and the same
    assert "earlier clusters" not in run("06_visualize.py", project, "DATASET=later").stderr
    (project / "data" / "later" / "cluster_names.csv").write_text("cluster,name\n0,boots\n")
    assert "clusters is of earlier clusters" in run("06_visualize.py", project, "DATASET=later").stderr
    (project / "data" / "later" / "cluster_names.csv").unlink()
    mistyped = run("04_cluster_som.py", project, "ASSIGN_TO=never", check=2).stderr
    assert "ASSIGN_TO = 'never': there is no" in mistyped and "warning" not in mistyped.lower()
    forced = run("04_cluster_som.py", project, "DATASET=later", "ASSIGN_TO=set", "NUM_CLUSTERS=9", "SOM_GRID=(2, 3)")
    assert "NUM_CLUSTERS, SOM_GRID, SOM_EPOCHS: without effect beside ASSIGN_TO" in forced.stderr
    assert read_lines(project / "data" / "later" / "labels_pred.txt") == later


def test_a_photo_far_from_all_others_is_in_no_cluster_and_counted_apart(project):
    rng = np.random.default_rng(0)
    features = (np.repeat(3 * rng.normal(size=(3, 16)), 20, axis=0) + rng.normal(size=(60, 16))).astype(np.float32)
    features[7] = -20 * features.mean(axis=0)
    true = np.repeat(list("abc"), 20)
    true[7] = "z"
    data = with_features(project, features, labels=true)
    for script in ("04_cluster_som.py", "05_evaluate.py", "06_visualize.py"):
        run(script, project, "ALLOW_OUTLIERS=True", "NUM_CLUSTERS=3")
    labels = np.array(read_lines(data / "labels_pred.txt"))
    assert np.flatnonzero(labels == "-1").tolist() == [7] and set(labels) == {"-1", "0", "1", "2"}
    assert pd.read_csv(data / "review.csv").iloc[0].tolist() == ["7.png", -1, 0, "fits no cluster"]
    metrics = json.loads((data / "metrics.json").read_text())
    assert (metrics["num_clusters"], metrics["num_models_true"], metrics["photos"], metrics["ari"]) == (3, 4, 60, 1)
    page = Page(project / "result" / "set" / "report.html")
    assert {cluster["id"]: cluster["size"] for cluster in page.data["clusters"]} == {0: 20, 1: 20, 2: 19, -1: 1}
    assert "1 photo fit" in page.text


def test_two_files_of_labels_are_all_that_step_05_needs(project):
    data = project / "data" / "set"
    data.mkdir(parents=True)
    (data / "labels_pred.txt").write_text("0\n0\n1\n1\n")
    (data / "labels_true.txt").write_text("a\na\nb\nc\n")
    run("05_evaluate.py", project)
    metrics = json.loads((data / "metrics.json").read_text())
    assert metrics["ari"] == pytest.approx(4 / 7) and (metrics["photos"], metrics["num_clusters"]) == (4, 2)
    # Whose the rows of features are, nothing says.
    np.save(data / "features.npy", np.eye(4, dtype=np.float32))
    assert "left out: without img_paths.txt nobody knows" in run("05_evaluate.py", project).stdout
    assert json.loads((data / "metrics.json").read_text()) == metrics
    (data / "labels_true.txt").write_text("a\na\nb\n")
    assert "labels_true.txt has 3" in run("05_evaluate.py", project, check=2).stderr


def test_figures_without_data_any_more_are_removed(project):
    data = with_features(project, np.random.default_rng(0).normal(size=(12, 8)), labels=["a", "b"] * 6)
    of_labels = [project / "result" / "set" / name for name in ("confusion.png", "scores.png")]
    for there in (True, False):
        for script in ("04_cluster_som.py", "05_evaluate.py", "06_visualize.py"):
            run(script, project)
        assert [path.exists() for path in of_labels] == [there, there]
        (data / "labels_true.txt").unlink(missing_ok=True)


def test_features_replaced_after_step_04_are_warned_of(project):
    features = np.random.default_rng(0).normal(size=(12, 8)).astype(np.float32)
    data = with_features(project, features)
    run("04_cluster_som.py", project)
    assert "features.npy" not in run("05_evaluate.py", project).stderr
    with_features(project, features[::-1].copy())
    for script in ("05_evaluate.py", "06_visualize.py"):
        assert "features.npy is not the one that step 04 made the clusters from" in run(script, project).stderr
    (data / "features.npy").unlink()
    assert "features.npy" not in run("05_evaluate.py", project).stderr


def test_photos_of_a_new_product_that_fit_no_cluster_are_not_called_a_perfect_one(project):
    data = project / "data" / "set"
    data.mkdir(parents=True)
    for true, predicted in (("n" * 12, [-1] * 12), ("ab" * 6, [0, 0, -1, -1, 1, -1, 0, 1, 1, -1, 1, 0])):
        true, predicted = list(true), np.array(predicted)
        (data / "labels_true.txt").write_text("".join(f"{label}\n" for label in true))
        (data / "labels_pred.txt").write_text("".join(f"{label}\n" for label in predicted))
        done = run("05_evaluate.py", project)
        metrics = json.loads((data / "metrics.json").read_text())
        scored = np.where(predicted < 0, -1 - np.arange(12), predicted)
        assert metrics["ari"] == pytest.approx(adjusted_rand_score(true, scored)) and metrics["ari"] < 0.5
        assert metrics["matched_accuracy"] < 0.7
        assert metrics["share_in_no_cluster"] == pytest.approx(np.mean(predicted < 0))
        assert metrics["num_clusters"] == len(set(predicted[predicted >= 0]))
        assert f"{(predicted < 0).sum()} of 12 photos fit no cluster (-1)" in done.stdout


def test_corrections_are_applied_on_the_next_run_and_wrong_ones_named(project):
    features = np.random.default_rng(0).normal(size=(12, 8)).astype(np.float32)
    data = with_features(project, features, labels=["a"] * 12)
    run("04_cluster_som.py", project, "NUM_CLUSTERS=3")
    before = np.array(read_lines(data / "labels_pred.txt"))
    (data / "corrections.csv").write_text("action,file,cluster,value\nmerge,,2,0\nname,,0,\"red, shoe\"\n")
    for _ in range(2):
        run("04_cluster_som.py", project, "NUM_CLUSTERS=3")
        assert read_lines(data / "labels_pred.txt") == np.where(before == "2", "0", before).tolist()
    assert "red, shoe" in (data / "cluster_names.csv").read_text()
    for script in ("05_evaluate.py", "06_visualize.py"):
        assert "corrections.csv" not in run(script, project).stderr
    (data / "corrections.csv").write_text("merge,,2,0\n")
    assert "no column action, file" in run("04_cluster_som.py", project, "NUM_CLUSTERS=3", check=2).stderr
    (data / "corrections.csv").write_text("action,file,cluster,value\nmerge,,9,0\n")
    for script in ("05_evaluate.py", "06_visualize.py"):
        assert "corrections.csv came, changed or went since step 04" in run(script, project).stderr
    assert "line 2" in run("04_cluster_som.py", project, check=2).stderr
    assert read_lines(data / "labels_pred.txt") == np.where(before == "2", "0", before).tolist()


@pytest.mark.parametrize("script", ["00_make_labels_true.py", "01_img_preprocess.py", "02_finetune_network.py",
                                    "03_extract_features.py", "04_cluster_som.py", "05_evaluate.py",
                                    "06_visualize.py"])
def test_no_step_writes_where_another_run_is_at_work(tmp_path, script):
    project = tmp_path / "project"
    photos(project / "raw_img" / "set", ["a.png", "b.png"])
    photos(project / "img" / "set", ["a.png", "b.png"])
    data = with_features(project, np.eye(2, 4, dtype=np.float32))
    for name in ("labels_pred.txt", "clusters.csv", "som.npz"):
        (data / name).touch()
    lock = claim(data)
    before = {path: path.read_bytes() for path in data.iterdir()}
    assert "Another run is working on" in run(script, project, "TRAIN_DATASET=set", check=2).stderr
    assert {path: path.read_bytes() for path in data.iterdir()} == before
    lock.release()


def test_corrections_that_cannot_be_read_stop_a_step_before_its_work(project):
    data = with_features(project, np.random.default_rng(0).normal(size=(12, 8)).astype(np.float32))
    run("04_cluster_som.py", project, "NUM_CLUSTERS=3")
    (data / "corrections.csv").write_bytes("action,file,cluster,value\nmerge,,2,0\n".encode("utf-16"))
    for script, work in (("04_cluster_som.py", "epoch"), ("06_visualize.py", "figures")):
        said = run(script, project, check=2).stderr
        assert "corrections.csv" in said and "UTF-8" in said and work not in said
