"""True labels: three sources, offenders listed, read back line by line by a plain reader."""
import unicodedata

import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.files import write_lines
from imgcluster.photos.labels import (
    describe_labels,
    doubt_of_labels,
    labels_where_there_are,
    lines_of_no_photo,
    make_labels,
)

PHOTOS = ["12_1_0.jpg", "12_1_1.jpg", "sub/7_3_0.jpg"]


def error_of(*args, **options):
    with pytest.raises(UserError) as caught:
        make_labels(*args, **options)
    return str(caught.value)


def csv(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_from_file_names():
    assert make_labels(PHOTOS, labels_from="filename") == ["12", "12", "7"]
    assert make_labels(PHOTOS, labels_from="filename", regex=r"_(\d)_") == ["1", "1", "3"]
    assert make_labels(["3_a/신발_1.jpg"], labels_from="filename", regex=r"^([^_]+)_") == ["신발"]


def test_from_folders():
    photos = ["bag/x.jpg", "bag/left/y.jpg", "운동화/z.jpg"]
    assert make_labels(photos, labels_from="folder") == ["bag", "bag", "운동화"]


def test_from_a_csv_in_any_order_with_further_columns_and_photos(tmp_path):
    path = csv(tmp_path, 'label,note,file\n7,x,sub/7_3_0.jpg\n"big, red",y,12_1_1.jpg\n"big, red",z,12_1_0.jpg\n'
                         "9,,unknown.jpg\n")
    assert make_labels(PHOTOS, labels_from="labels.csv", csv_path=path) == ["big,_red", "big,_red", "7"]


@pytest.mark.parametrize("path", ["sub\\7_3_0.jpg", "./sub/7_3_0.jpg", ".\\sub\\7_3_0.jpg"])
def test_paths_as_other_programs_write_them_lead_to_their_photos(tmp_path, path):
    rest = "12_1_0.jpg,a\n./12_1_1.jpg,a\n"
    labels = {"labels_from": "labels.csv", "csv_path": csv(tmp_path, f"file,label\n{path},b\n{rest}")}
    assert make_labels(PHOTOS, **labels) == ["a", "a", "b"]
    csv(tmp_path, f"file,label\n{path},b\nsub/7_3_0.jpg,c\n{rest}")
    assert "another label for a file named before (first line 3, 'sub/7_3_0.jpg')" in error_of(PHOTOS, **labels)


def test_a_photo_that_has_a_backslash_in_its_name_is_that_one(tmp_path):
    path = csv(tmp_path, "file,label\na\\b.jpg,1\na/b.jpg,2\n")
    assert make_labels(["a/b.jpg", "a\\b.jpg"], labels_from="x", csv_path=path) == ["2", "1"]


def test_csv_labels_stay_text(tmp_path):
    path = csv(tmp_path, "file,label\n12_1_0.jpg,007\n12_1_1.jpg,NA\nsub/7_3_0.jpg,1.0\n")
    assert make_labels(PHOTOS, labels_from="x", csv_path=path) == ["007", "NA", "1.0"]


def test_a_csv_saved_by_a_spreadsheet_is_read(tmp_path):
    path = csv(tmp_path, "file,label\r\n신발.jpg,운동화\r\n", "utf-8-sig")
    assert make_labels(["신발.jpg"], labels_from="x", csv_path=path) == ["운동화"]


def test_no_labels():
    assert make_labels(PHOTOS, labels_from=None) is None


@pytest.mark.parametrize("bad", [1, 5, 6, 12])
def test_at_most_five_offenders_are_listed(bad):
    photos = [f"{row}_0_0.jpg" for row in range(3)] + [f"no number {row}.jpg" for row in range(bad)]
    message, *rest = error_of(photos, labels_from="filename").splitlines()
    listed = [line for line in rest if line.startswith("  ")]
    assert message.startswith(f"{bad} of {bad + 3} photos have no label") and "LABEL_REGEX" in message
    assert listed[:5] == [f"  no number {row}.jpg" for row in range(min(bad, 5))]
    assert listed[5:] == ([f"  ... and {bad - 5} more"] if bad > 5 else [])


def test_photos_outside_of_folders_are_offenders():
    assert "  x.jpg" in error_of(["bag/y.jpg", "x.jpg"], labels_from="folder").splitlines()
    assert "they lie directly in new/shop, and labels" in error_of(["x.jpg"], labels_from="folder", folder="new/shop")


@pytest.mark.parametrize("row", ["", '12_1_1.jpg,""\n', '12_1_1.jpg,"  "\n'])
def test_photos_without_a_label_in_the_csv_are_offenders(tmp_path, row):
    path = csv(tmp_path, f"file,label\n12_1_0.jpg,a\nsub/7_3_0.jpg,b\n{row}")
    message = error_of(PHOTOS, labels_from="x", csv_path=path)
    assert all(len(line) < 180 + len(str(path)) for line in message.splitlines()), "a sentence a line"
    assert message.startswith("1 of 3 photos") and message.endswith("\n  12_1_1.jpg") and str(path) in message
    assert "a folder of their own" in message and "TRAIN_LABELS_FROM" in message and "LABELS_FROM = None" in message


def test_optional_groups_that_do_not_match_are_offenders():
    assert "1 of 2" in error_of(["a1.jpg", "b.jpg"], labels_from="filename", regex=r"^[ab](\d)?")


@pytest.mark.parametrize("text, reason", [
    ("name,label\nx,y\n", "columns name, label; expected file,label"), ("", "columns none; expected file,label"),
    ('file,label\nx,1\ny,2,3,4\n', "line 3: 4 cells for 2 columns"),
    ("file,label\nx.jpg,1\nx.jpg,2\nx.jpg,1\n",
     "1 line with another label for a file named before (first line 3, 'x.jpg'); leave one line for each photo")])
def test_a_bad_csv_is_named(tmp_path, text, reason):
    path = csv(tmp_path, text)
    message = error_of(["x.jpg"], labels_from="x", csv_path=path)
    assert str(path) in message and reason in message


def test_a_csv_in_another_encoding_is_named(tmp_path):
    path = csv(tmp_path, "file,label\n신발,1\n", "cp949")
    assert "labels.csv, line 2: not UTF-8" in error_of(["x"], labels_from="x", csv_path=path)


def test_names_in_the_csv_that_may_be_photos_in_another_spelling_are_pointed_out(tmp_path):
    (tmp_path / "labels.csv").write_text("file,label\nA.jpg,red\nb.jpg,red\n")
    with pytest.raises(UserError, match=r"1 leads to no photo, the first 'A.jpg' \(did you mean a.jpg\?\)\."):
        make_labels(["a.jpg", "b.jpg"], labels_from="labels.csv", csv_path=tmp_path / "labels.csv")


def test_a_misspelt_name_is_told_before_others_and_photos_left_out_are_no_strangers(tmp_path):
    path = csv(tmp_path, "file,label\n0 cups.png,x\nIMG_1.jpg,x\nIMG_O2.jpg,x\nbroken.jpg,x\n")
    message = error_of(["IMG_1.jpg", "IMG_02.jpg"], labels_from="x", csv_path=path, left_out=["broken.jpg"])
    assert "2 lead to no photo, the first 'IMG_O2.jpg' (did you mean IMG_02.jpg?)." in message
    assert make_labels(["IMG_1.jpg"], labels_from="x", csv_path=path, left_out=["broken.jpg"]) == ["x"]


def test_lines_of_no_photo_are_told(tmp_path):
    path = csv(tmp_path, "file,label\n./a.jpg,red\ngone.jpg,red\nb.jpg,red\nalso gone.jpg,blue\n")
    assert make_labels(["a.jpg", "b.jpg"], labels_from="x", csv_path=path) == ["red", "red"]
    assert ": 2 lines with the name of no photo, the first 'gone.jpg'" in lines_of_no_photo(["a.jpg", "b.jpg"], path)
    assert not lines_of_no_photo(["a.jpg", "b.jpg", "gone.jpg", "also gone.jpg"], path)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_known_however_accents_are_composed(tmp_path, form):
    path = csv(tmp_path, unicodedata.normalize(form, "File,LABEL\nöl/é.jpg,red\n"))
    for other in ("NFC", "NFD"):
        assert make_labels([unicodedata.normalize(other, "öl/é.jpg")], labels_from="x", csv_path=path) == ["red"]
    both = [unicodedata.normalize(each, "é.jpg") for each in ("NFC", "NFD")]
    path = csv(tmp_path, f"file,label\n{both[0]},red\n{both[1]},blue\n")
    assert make_labels(both, labels_from="x", csv_path=path) == ["red", "blue"], "two photos, each by its own spelling"


def test_a_missing_csv_names_the_choices(tmp_path):
    message = error_of(PHOTOS, labels_from="Filename", csv_path=tmp_path / "Filename")
    assert "no such file (did you mean 'filename'?)" in message and '"filename", "folder", None' in message
    message = error_of(PHOTOS, labels_from="", csv_path=tmp_path)
    assert message.startswith(f"LABELS_FROM = {str(tmp_path)!r}: a folder; expected") and "CSV file" in message


def test_a_photo_named_twice_with_one_label_is_no_conflict(tmp_path):
    path = csv(tmp_path, "file,label,price\nx.jpg,1,10\nx.jpg,1,12\n")
    assert make_labels(["x.jpg"], labels_from="x", csv_path=path) == ["1"]


def test_every_label_is_one_line_of_a_plain_reader(tmp_path):
    folders = ["red bag", "#1", " left", "tab\tbed", "운동화 #2", "a  b", "no\u00a0break", "plain"]
    labels = make_labels([f"{name}/x.jpg" for name in folders], labels_from="folder")
    write_lines(tmp_path / "labels.txt", labels)
    assert list(np.loadtxt(tmp_path / "labels.txt", dtype=str)) == labels
    assert len(set(labels)) == len(folders) and labels[0] == "red_bag" and labels[-1] == "plain"


@pytest.mark.parametrize("one, two", [("red bag", "red_bag"), ("a#1", "a 1")])
def test_labels_that_would_become_the_same_are_refused(one, two):
    message = error_of([f"{one}/a.jpg", f"{two}/b.jpg", f"{one}/c.jpg"], labels_from="folder")
    assert repr(one) in message and repr(two) in message and "rename one" in message


def test_all_labels_that_would_become_the_same_are_told_at_once_with_their_lines(tmp_path):
    names = ["a b", "x", "c#1", "a_b", "a b ", "c 1", "c_1", "a  b", "a b"]
    photos = [f"{row}.jpg" for row in range(len(names))]
    path = csv(tmp_path, "file,label\n" + "".join(f"{photo},{name}\n" for photo, name in zip(photos, names)))
    message, *pairs = error_of(photos, labels_from="x", csv_path=path).splitlines()
    assert message.startswith(f"{path}: labels that are the same once blanks")
    assert pairs == ["  'a b' (lines 2, 6, 9 and 1 more) and 'a_b' (line 5)",
                     "  'c#1' (line 4) and 'c 1' (line 7) and 'c_1' (line 8)"]
    folders = [f"{name}/{photo}" for name, photo in zip(names, photos)]
    assert "\n  'a b' and 'a_b'\n" in error_of(folders, labels_from="folder")


def test_how_accents_are_composed_makes_no_difference(tmp_path):
    forms = [unicodedata.normalize(form, "café") for form in ("NFC", "NFD")]
    paths = [f"{label}/{number}.jpg" for number, label in enumerate(forms)]
    assert make_labels(paths, labels_from="folder") == ["café"] * 2 == [forms[0]] * 2
    table = csv(tmp_path, "file,label\na.jpg,{}\nb.jpg,{}\na.jpg,{}\n".format(*forms, forms[1]))
    assert make_labels(["a.jpg", "b.jpg"], labels_from="labels.csv", csv_path=table) == [forms[0]] * 2


@pytest.mark.parametrize("spaced", ["sour cream ", " sour cream", "sour  cream", "sour\u00a0cream", "sour cream\u00a0",
                                    "\u3000sour \t cream"])
def test_blanks_around_a_label_and_how_many_are_within_make_no_difference(tmp_path, spaced):
    path = csv(tmp_path, f"file,label\n12_1_0.jpg,sour cream\n12_1_1.jpg,{spaced}\n12_1_0.jpg,{spaced}\n")
    assert make_labels(PHOTOS[:2], labels_from="x", csv_path=path) == ["sour_cream", "sour_cream"]
    folders = ["sour cream/a.jpg", f"{spaced}/b.jpg"]
    assert make_labels(folders, labels_from="folder") == ["sour_cream", "sour_cream"]
    assert make_labels([f"{spaced}_1.jpg", "sour cream_2.jpg"], labels_from="filename", regex="^(.+)_") == \
        ["sour_cream", "sour_cream"]


def test_labels_that_may_be_one_product_are_told_in_one_line_with_their_photos():
    counts = {"Vanilla Soyghurt": 24, "Vaanilla Soyghurt": 1, "sour cream": 2, "Sour Cream": 7, "plain": 1}
    photos = [f"{name}/{row}.jpg" for name, count in counts.items() for row in range(count)]
    said = []
    labels = make_labels(photos, labels_from="folder", doubt=said.append)
    assert len(set(labels)) == len(counts), "told, and left as they are"
    pairs = "'sour cream' (2 photos) and 'Sour Cream' (7); 'Vaanilla Soyghurt' (1 photo) and 'Vanilla Soyghurt' (24)"
    assert said == [f"labels that may be one product: {pairs}. If so, give both the same label"]
    make_labels([f"{name}{suffix}/a.jpg" for name in "pqrst" for suffix in ("x", "X")], labels_from="folder",
                doubt=said.append)
    assert said[1].count(" and ") == 4 and "; and 2 more pairs. If so" in said[1]
    make_labels([photo for photo in photos if not photo.startswith(("Vaa", "sour"))], labels_from="folder",
                doubt=pytest.fail)


def test_a_label_that_means_that_the_product_is_not_known_is_told(tmp_path):
    said = []
    path = csv(tmp_path, "file,label\n12_1_0.jpg,boot\n12_1_1.jpg,?\nsub/7_3_0.jpg,?\n")
    assert make_labels(PHOTOS, labels_from="x", csv_path=path, doubt=said.append) == ["boot", "?", "?"]
    assert len(said) == 1 and said[0].startswith("the label '?' (2 photos) is taken for a product")
    assert "TRAIN_LABELS_FROM" in said[0] and "LABELS_FROM = None" in said[0]


def test_missing_labels_stop_only_what_needs_them():
    said = []
    assert labels_where_there_are(["1_a.jpg"], needed=True, warn=pytest.fail, labels_from="filename") == ["1"]
    assert labels_where_there_are(["a.jpg"], needed=False, warn=said.append, labels_from="filename") is None
    assert "1 of 1 photos have no label" in said[0]
    with pytest.raises(UserError, match="1 of 1 photos have no label"):
        labels_where_there_are(["a.jpg"], needed=True, warn=pytest.fail, labels_from="filename")


def test_description_counts_photos_per_model():
    assert describe_labels(["a", "b", "b", "c", "c", "c", "c"]) == \
        "7 photos of 3 models; photos per model: min 1, median 2, max 4"
    assert describe_labels(["a"]).startswith("1 photo of 1 model;")


@pytest.mark.parametrize("labels, source, doubted", [
    (["20240131", "19991201", "20240131"], "filename", True), (["20240131"], "folder", False),
    (["20240131", "31"], "filename", False), (["20241331"], "filename", False), (["20240132"], "filename", False),
    (["202401311"], "filename", False), (["1001", "1002"], "filename", False)])
def test_dates_in_file_names_are_no_product_models(labels, source, doubted):
    found = doubt_of_labels(labels, source)
    assert ("look like dates (20240131)" in found and "LABELS_FROM = None" in found) if doubted else found == ""


@pytest.mark.parametrize("labels_from", ["filename", "folder", "gone.csv"])
def test_the_setting_that_said_where_labels_are_is_named(tmp_path, labels_from):
    said = {"labels_from": labels_from, "csv_path": tmp_path / "gone.csv", "setting": "TRAIN_LABELS_FROM"}
    with pytest.raises(UserError, match="TRAIN_LABELS_FROM") as error:
        make_labels(["a.jpg"], **said)
    assert " LABELS_FROM" not in str(error.value)
