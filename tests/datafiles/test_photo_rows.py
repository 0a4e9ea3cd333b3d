"""Rows: whatever photos leave or come, every row file agrees with img_paths.txt."""
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from imgcluster.csv_tables import read_table, write_table
from imgcluster.datafiles.artefacts import read_img_paths, read_labels, read_labels_true, read_lines, write_labels
from imgcluster.datafiles.feature_record import features_record, note_features
from imgcluster.datafiles.photo_rows import drop_unreadable, left_out, usable_of, write_photo_rows
from imgcluster.datafiles.staging import finish
from imgcluster.errors import UserError
from imgcluster.files import write_array, write_lines

PHOTOS = ["a, b.jpg", '가 "방".jpg', "c.jpg", "d/e.jpg", "f.jpg"]
LABELS = ["1", "2", "1", "3", "2"]
ROW_FILES = ["features.npy", "features.tsv", "metadata.tsv", "labels_pred.txt", "labels_pred.npy", "labels_pred.tsv",
             "clusters.csv", "review.csv"]


@pytest.fixture(params=[True, False], ids=["labelled", "unlabelled"])
def data_dir(request, tmp_path):
    """A dataset after step 04; value i is told from every other in all row files."""
    labelled = request.param
    write_photo_rows(tmp_path, PHOTOS, LABELS if labelled else None)
    write_array(tmp_path / "features.npy", np.arange(10, dtype=np.float32).reshape(5, 2))
    note_features(tmp_path, {"network": "any"})
    write_lines(tmp_path / "features.tsv", [f"{2 * row}\t{2 * row + 1}" for row in range(5)])
    write_lines(tmp_path / "metadata.tsv", [*(["file\tlabel"] if labelled else []), *PHOTOS])
    write_labels(tmp_path, "pred", np.arange(5))
    write_table(tmp_path / "clusters.csv", pd.DataFrame({"file": PHOTOS, "cluster": np.arange(5)}))
    write_table(tmp_path / "review.csv", pd.DataFrame({"file": PHOTOS[:3], "cluster": np.arange(3)}))
    return tmp_path


def labels_of(data_dir, rows):
    return [LABELS[row] for row in rows] if (data_dir / "labels_true.txt").exists() else None


def assert_rows(data_dir, rows):
    """Every row file holds the original rows `rows`, in this order."""
    names = [PHOTOS[row] for row in rows]
    assert read_img_paths(data_dir) == names
    np.testing.assert_array_equal(np.load(data_dir / "features.npy", allow_pickle=False)[:, 0], 2 * np.array(rows))
    assert [line.split("\t")[0] for line in read_lines(data_dir / "features.tsv")] == [str(2 * row) for row in rows]
    assert [line for line in read_lines(data_dir / "metadata.tsv") if line != "file\tlabel"] == names
    np.testing.assert_array_equal(read_labels(data_dir, "pred").astype(int), rows)
    np.testing.assert_array_equal(np.load(data_dir / "labels_pred.npy", allow_pickle=False), rows)
    table = pd.read_csv(data_dir / "labels_pred.tsv", sep="\t")
    assert list(table.file) == names and list(table.label) == list(rows)
    clusters = read_table(data_dir / "clusters.csv")
    assert list(clusters.file) == names and list(clusters.cluster) == [str(row) for row in rows]
    review = read_table(data_dir / "review.csv")
    assert list(review.file) == [PHOTOS[row] for row in range(3) if row in rows]
    true = read_labels_true(data_dir)
    assert true is None or list(true) == [LABELS[row] for row in rows]


def content(data_dir):
    return {path.relative_to(data_dir): path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}


@pytest.mark.parametrize("rows", [[0, 1, 2, 3], [1, 2, 3, 4], [0, 3], [1], [4, 0, 2]])
def test_photos_that_leave_take_their_rows_along(data_dir, rows):
    write_photo_rows(data_dir, [PHOTOS[row] for row in rows], labels_of(data_dir, rows))
    assert_rows(data_dir, rows)
    assert not (data_dir / "outdated").exists()


def test_a_row_file_written_by_hand_may_lack_its_last_line_end(data_dir):
    labels = data_dir / "labels_pred.txt"
    lines = labels.read_text().splitlines()
    labels.write_text("\n".join(lines))
    write_photo_rows(data_dir, [PHOTOS[row] for row in (0, 4)], labels_of(data_dir, (0, 4)))
    assert labels.read_text() == f"{lines[0]}\n{lines[4]}\n" and not (data_dir / "outdated").exists()


@pytest.mark.parametrize("moves", range(28))
def test_a_run_killed_anywhere_leaves_rows_that_the_next_one_brings_in_step(data_dir, killed_after, moves):
    rows = [0, 2, 3]
    names, labels = [PHOTOS[row] for row in rows], labels_of(data_dir, rows)
    with killed_after(moves):
        write_photo_rows(data_dir, names, labels)
    finish(data_dir)
    write_photo_rows(data_dir, names, labels)
    assert_rows(data_dir, rows)
    assert not (data_dir / "outdated").exists() and not (data_dir / "adding").exists()


@pytest.mark.parametrize("moves", range(12))
def test_a_run_killed_anywhere_leaves_each_photo_its_own_label(tmp_path, killed_after, moves):
    write_photo_rows(tmp_path, ["a", "b", "c"], ["A", "B", "C"])
    with killed_after(moves):
        write_photo_rows(tmp_path, ["a", "b", "d"], ["A", "B", "D"])
    finish(tmp_path)
    assert [name.upper() for name in read_img_paths(tmp_path)] == list(read_labels_true(tmp_path))
    assert list(np.load(tmp_path / "labels_true.npy")) == list(read_labels_true(tmp_path))


def test_the_same_photos_change_nothing(data_dir):
    before = content(data_dir)
    write_photo_rows(data_dir, PHOTOS, labels_of(data_dir, range(5)))
    assert content(data_dir) == before


def test_where_photos_come_old_row_files_are_set_aside(data_dir):
    before = content(data_dir)
    labels = labels_of(data_dir, range(5))
    write_photo_rows(data_dir, [*PHOTOS, "new.jpg"], None if labels is None else [*labels, "9"])
    assert read_img_paths(data_dir) == [*PHOTOS, "new.jpg"]
    true = read_labels_true(data_dir)
    assert true is None or list(true) == [*LABELS, "9"]
    for name in ROW_FILES:
        assert not (data_dir / name).exists()
        assert (data_dir / "outdated" / name).read_bytes() == before[(data_dir / name).relative_to(data_dir)]


def test_row_files_that_did_not_fit_before_are_set_aside(data_dir, caplog):
    write_array(data_dir / "features.npy", np.zeros((3, 2), np.float32))
    note_features(data_dir, {"network": "any"})
    write_lines(data_dir / "labels_pred.txt", "01")
    write_photo_rows(data_dir, PHOTOS[:2], labels_of(data_dir, [0, 1]))
    assert sorted(path.name for path in (data_dir / "outdated").iterdir()) == ["features.npy", "labels_pred.txt"]
    said = f"made for other photos, and moved to {data_dir / 'outdated'}: labels_pred.txt, features.npy"
    assert caplog.messages == [said], "one line for all of them"
    assert list(read_table(data_dir / "clusters.csv").cluster) == ["0", "1"]


def test_damaged_arrays_are_set_aside(data_dir):
    names = ("features.npy", "labels_pred.npy")
    for name in names:
        (data_dir / name).write_bytes((data_dir / name).read_bytes()[:130])
    write_photo_rows(data_dir, PHOTOS[1:], labels_of(data_dir, range(1, 5)))
    assert read_img_paths(data_dir) == PHOTOS[1:] and len(read_labels(data_dir, "pred")) == 4
    assert all((data_dir / "outdated" / name).exists() and not (data_dir / name).exists() for name in names)


def test_labels_are_put_aside_when_there_are_none_any_more(data_dir, caplog):
    there = {path.name: path.read_bytes() for path in data_dir.glob("labels_true.*")}
    write_photo_rows(data_dir, PHOTOS, None)
    assert read_labels_true(data_dir) is None and not list(data_dir.glob("labels_true.*"))
    assert there == {path.name: path.read_bytes() for path in data_dir.glob("outdated/labels_true.*")}
    assert len(caplog.messages) == bool(there)


def test_features_of_ones_own_are_kept_as_they_were_before_photos_leave(data_dir, caplog):
    (data_dir / "made_by_03.json").unlink()
    whole = (data_dir / "features.npy").read_bytes()
    write_photo_rows(data_dir, PHOTOS[1:], labels_of(data_dir, range(1, 5)))
    kept = data_dir / "outdated" / "your_features"
    assert (kept / "features.npy").read_bytes() == whole and read_img_paths(kept) == PHOTOS
    told, = caplog.messages
    assert told == f"features.npy is your own: as it was, with the list of its photos, it is kept in {kept}"
    assert_rows(data_dir, [1, 2, 3, 4])


def test_large_arrays_lose_the_right_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("imgcluster.datafiles.photo_rows.BLOCK", 3)
    photos = [f"{row:02}.jpg" for row in range(20)]
    write_photo_rows(tmp_path, photos, None)
    write_array(tmp_path / "features.npy", np.arange(20, dtype=np.float32)[:, None])
    rows = [0, 1, 2, 5, 8, 11, 12, 13, 14, 19]
    write_photo_rows(tmp_path, [photos[row] for row in rows], None)
    np.testing.assert_array_equal(np.load(tmp_path / "features.npy")[:, 0], rows)


def test_a_large_table_loses_the_right_lines_and_is_never_in_memory_whole(tmp_path):
    photos = [f"{row:03}.jpg" for row in range(500)]
    write_photo_rows(tmp_path, photos, None)
    write_lines(tmp_path / "features.tsv", ["\t".join([f"{row}"] * 1000) for row in range(500)])
    size = (tmp_path / "features.tsv").stat().st_size
    tracemalloc.start()
    write_photo_rows(tmp_path, photos[::3], None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read_lines(tmp_path / "features.tsv") == ["\t".join([f"{row}"] * 1000) for row in range(0, 500, 3)]
    assert peak < size / 2


def test_left_out_photos_are_those_of_the_tables(tmp_path):
    assert left_out(tmp_path, duplicates=True) == set()
    write_table(tmp_path / "skipped.csv", pd.DataFrame({"file": PHOTOS[:2], "reason": "damaged"}))
    assert left_out(tmp_path, duplicates=True) == set(PHOTOS[:2])
    write_table(tmp_path / "duplicates.csv", pd.DataFrame({"file": [PHOTOS[2]], "kept": [PHOTOS[3]], "distance": [0]}))
    assert left_out(tmp_path, duplicates=True) == set(PHOTOS[:3])
    assert left_out(tmp_path, duplicates=False) == set(PHOTOS[:2])
    write_table(tmp_path / "skipped.csv", pd.DataFrame({"file": [], "reason": []}))
    assert left_out(tmp_path, duplicates=True) == {PHOTOS[2]}


@pytest.mark.parametrize("rows, kept", [(None, PHOTOS), (PHOTOS[:3], PHOTOS[:3]), (["gone.jpg"], PHOTOS)])
def test_where_step_01_left_out_all_photos_the_rows_stay_as_they_are(tmp_path, rows, kept):
    write_table(tmp_path / "skipped.csv", pd.DataFrame({"file": PHOTOS[:4], "reason": "too small"}))
    assert usable_of(PHOTOS, tmp_path, duplicates=True) == PHOTOS[4:]
    write_table(tmp_path / "skipped.csv", pd.DataFrame({"file": PHOTOS, "reason": "too small"}))
    if rows is not None:
        write_lines(tmp_path / "img_paths.txt", rows)
    assert usable_of(PHOTOS, tmp_path, duplicates=True) == kept


def test_dropped_photos_leave_all_row_files_and_are_listed(data_dir):
    write_table(data_dir / "skipped.csv", pd.DataFrame({"file": ["z.jpg"], "reason": ["damaged, badly"]}))
    said = []
    drop_unreadable(data_dir, "img", {PHOTOS[1]: 'has "no" end', PHOTOS[4]: "vanished"}, warn=said.append)
    assert said == [f'{PHOTOS[1]}: has "no" end; left out (skipped.csv)', "f.jpg: vanished; left out (skipped.csv)"]
    assert_rows(data_dir, [0, 2, 3])
    skipped = read_table(data_dir / "skipped.csv")
    assert dict(zip(skipped.file, skipped.reason)) == {"z.jpg": "damaged, badly", PHOTOS[1]: 'has "no" end',
                                                       PHOTOS[4]: "vanished"}
    assert list(skipped.file) == sorted(skipped.file)
    # The features are those that step 03 has just made, and nobody's own.
    assert not (data_dir / "outdated" / "your_features").exists()


def test_a_dropped_photo_is_listed_once(data_dir):
    write_table(data_dir / "skipped.csv", pd.DataFrame({"file": [PHOTOS[1]], "reason": ["vanished"]}))
    drop_unreadable(data_dir, "img", {PHOTOS[1]: "damaged"}, warn=lambda _: None)
    assert list(read_table(data_dir / "skipped.csv").file) == [PHOTOS[1]]


def test_features_whose_rows_left_are_still_known_to_be_those_of_step_03(data_dir):
    note_features(data_dir, {"network": "tiny"})
    write_photo_rows(data_dir, PHOTOS[1:], labels_of(data_dir, range(1, 5)))
    assert features_record(data_dir)["network"] == "tiny"


def test_photos_are_not_dropped_where_none_would_be_left(data_dir):
    before = content(data_dir)
    with pytest.raises(UserError, match="no photo in img could be read; run 01_img_preprocess.py"):
        drop_unreadable(data_dir, "img", dict.fromkeys(PHOTOS, "vanished"), warn=pytest.fail)
    assert content(data_dir) == before


def test_dropping_nothing_changes_no_row_file(data_dir):
    before = content(data_dir)
    drop_unreadable(data_dir, "img", {}, warn=pytest.fail)
    after = content(data_dir)
    assert {name: after[name] for name in before} == before


def test_photos_replaced_under_their_names_count_as_new(data_dir):
    labels = labels_of(data_dir, range(5))
    write_photo_rows(data_dir, PHOTOS, labels, replaced={"not there.jpg"})
    assert_rows(data_dir, range(5))
    write_photo_rows(data_dir, PHOTOS, labels, replaced={PHOTOS[2]})
    assert read_img_paths(data_dir) == PHOTOS
    assert not any((data_dir / name).exists() for name in ROW_FILES)
    assert all((data_dir / "outdated" / name).exists() for name in ROW_FILES)


def test_labels_under_a_header_are_not_those_of_the_photos_one_line_on(data_dir):
    write_lines(data_dir / "labels_pred.txt", ["cluster", *"01234"])
    write_photo_rows(data_dir, PHOTOS[1:], labels_of(data_dir, range(1, 5)))
    assert not (data_dir / "labels_pred.txt").exists()
    assert read_lines(data_dir / "outdated" / "labels_pred.txt") == ["cluster", *"01234"]
