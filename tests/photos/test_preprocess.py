"""A whole folder through step 01."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from damaged import with_rubbish
from grounds import on_ground

from imgcluster.csv_tables import write_table
from imgcluster.errors import UserError
from imgcluster.photos.images import read_image
from imgcluster.photos.listing import list_files
from imgcluster.photos.photo_tables import gone_photos
from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import (
    Folders,
    _open_to_append,
    mask_names,
    photos_changed,
    preprocess_dataset,
    preprocess_folder,
    sort_out,
)

RECIPE = Recipe(method="contours", max_side=64)


class Bar:
    def update(self, steps):
        """Progress is not looked at here."""


def folders_in(folder):
    return Folders(raw=folder / "raw", img=folder / "img", masks=folder / "masks")


def preprocess(folder, names, recipe=RECIPE, workers=1):
    started = []

    def progress(description, total, *, initial):
        started.append((total, initial))
        return contextlib.nullcontext(Bar())

    entries = preprocess_folder(folders_in(folder), names, recipe, ledger=folder / "ledger.jsonl",
                                workers=workers, progress=progress)
    return entries, started[0][1]


def photos(rng, save_photos, folder, names, side=(90, 120)):
    return save_photos(folder / "raw", {name: rng.integers(0, 255, (*side, 3), dtype=np.uint8) for name in names})


def test_masks_of_photos_never_share_a_name():
    names = ["photo", "photo.png", "photo.png.jpg", "photo.png.png.png"]
    masks = mask_names(names)
    assert len(set(masks.values())) == len(names)


def test_masks_of_photos_that_differ_in_their_suffix_have_names_of_their_own():
    names = ["a.jpg", "b/a.jpg", "c.jpg", "c.png", "d.e.jpeg"]
    masks = mask_names(names)
    assert masks["a.jpg"] == "a.png" and masks["b/a.jpg"] == "b/a.png" and masks["d.e.jpeg"] == "d.e.png"
    assert masks["c.jpg"] == "c.jpg.png" and len(set(masks.values())) == len(names)


def test_masks_have_names_of_their_own_where_capitals_make_no_difference_too():
    masks = mask_names(["a.jpg", "A.png", "b.jpg"])
    assert masks == {"a.jpg": "a.jpg.png", "A.png": "A.png.png", "b.jpg": "b.png"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_disk_is_told_with_the_file_that_has_no_room(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png"])
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught, _open_to_append(tmp_path / "full") as file:
        file.write(names[0])
        file.flush()
    assert caught.value.filename == str(tmp_path / "full")


def test_what_a_killed_run_left_half_written_is_removed(tmp_path, save_photos):
    names = ["a.jpg", "box/b.jpg"]
    photos(np.random.default_rng(0), save_photos, tmp_path, names)
    gone = 2**22 + 1  # a number that no process has
    left = [tmp_path / folder / f".{gone}.partial.0123a.jpg" for folder in ("img", "img/box", "masks/box")]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    preprocess(tmp_path, names)
    assert [path.exists() for path in left] == [False] * 3 and (tmp_path / "img/box/b.jpg").exists()


@pytest.mark.parametrize("save_masks", [False, True])
def test_names_as_long_as_file_systems_take_them_are_no_obstacle(tmp_path, save_photos, save_masks):
    names = ["x" * 251 + ".jpg", "y" * 250 + ".jpeg", "y" * 251 + ".png", "z.png"]
    photos(np.random.default_rng(0), save_photos, tmp_path, names)
    recipe = Recipe(method="contours", max_side=64, save_masks=save_masks)
    entries, _ = preprocess(tmp_path, names, recipe)
    assert not any("reason" in entry for entry in entries)
    assert len(list(tmp_path.glob("masks/*.png"))) == 4 * save_masks
    assert preprocess(tmp_path, names, recipe)[1] == 4  # none is done again


def test_entries_in_order_bad_photos_with_their_reason(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["b.png", "a.png", "deep/c.png"])
    (tmp_path / "raw" / "bad.png").write_bytes(b"")
    entries, done = preprocess(tmp_path, [*names, "bad.png"], workers=2)
    assert done == 0 and [entry["file"] for entry in entries] == [*names, "bad.png"]
    assert entries[-1]["reason"] == "empty file" and "reason" not in entries[0]
    assert (entries[0]["width"], entries[0]["height"]) == (120, 90)
    assert all((tmp_path / "img" / name).exists() for name in names)
    assert not (tmp_path / "img" / "bad.png").exists()


def test_a_photo_that_vanishes_before_it_is_read_is_listed(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png"])
    entries, _ = preprocess(tmp_path, [*names, "gone.png"])
    assert "reason" not in entries[0] and entries[1]["reason"] == "vanished"


def test_only_photos_or_recipes_that_changed_are_done_again(tmp_path, save_photos):
    rng = np.random.default_rng(0)
    names = photos(rng, save_photos, tmp_path, ["a.png", "b.png", "c.png"])
    first, _ = preprocess(tmp_path, names)
    assert preprocess(tmp_path, names) == (first, 3)
    photos(rng, save_photos, tmp_path, ["b.png"], side=(50, 70))
    assert preprocess(tmp_path, names)[1] == 2
    (tmp_path / "img" / "c.png").unlink()
    assert preprocess(tmp_path, names)[1] == 2
    assert preprocess(tmp_path, names, Recipe(method="contours", max_side=32))[1] == 0


@pytest.mark.parametrize("damage", [b"", b"\x89PNG\r\n", None], ids=["emptied", "a beginning", "cut off"])
def test_a_prepared_photo_that_was_damaged_since_is_made_again(tmp_path, save_photos, damage):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    first, _ = preprocess(tmp_path, names)
    path = tmp_path / "img" / "b.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:-200] if damage is None else damage)
    assert preprocess(tmp_path, names) == (first, 1)
    assert path.read_bytes() == whole


def test_a_prepared_photo_that_a_person_touched_up_is_left_alone(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    preprocess(tmp_path, names)
    touched_up = cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes()
    (tmp_path / "img" / "b.png").write_bytes(touched_up)
    for _ in range(2):
        entries, done = preprocess(tmp_path, names)
        assert done == 2 and entries[1]["written"] == len(touched_up)
    assert (tmp_path / "img" / "b.png").read_bytes() == touched_up


def test_where_no_product_is_looked_for_the_way_to_find_it_is_no_matter(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    nowhere = Recipe(method="grabcut", crop=False, max_side=64)
    preprocess(tmp_path, names, nowhere)
    assert preprocess(tmp_path, names, replace(nowhere, method="contours"))[1] == 2
    assert preprocess(tmp_path, names, replace(nowhere, method="contours", save_masks=True))[1] == 0


def test_photos_written_to_another_folder_are_not_taken_for_those_here(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path / "project", ["a.png", "b.png"])
    other = replace(RECIPE, max_side=32)

    def written(recipe, img):
        folders = Folders(tmp_path / "project" / "raw", tmp_path / "project" / img, tmp_path / "project" / "masks")
        started = []
        preprocess_folder(folders, names, recipe, ledger=tmp_path / "project" / "ledger.jsonl", workers=1,
                          progress=lambda *_, initial: started.append(initial) or contextlib.nullcontext(Bar()))
        return started[0], [read_image(folders.img / name).shape[1] for name in names]

    assert written(RECIPE, "first") == (0, [64, 64])
    assert written(other, "second") == (0, [32, 32])
    assert written(other, "first") == (0, [32, 32])
    assert written(other, "first") == (2, [32, 32])


def test_a_project_that_is_moved_as_a_whole_is_not_done_again(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path / "here", ["a.png", "b.png"])
    first, _ = preprocess(tmp_path / "here", names)
    shutil.move(tmp_path / "here", tmp_path / "moved")
    assert preprocess(tmp_path / "moved", names) == (first, 2)


def test_a_photo_that_could_not_be_read_is_tried_again_though_its_file_is_the_same(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    first, _ = preprocess(tmp_path, names)
    unread = {"file": "a.png", "stamp": first[0]["stamp"], "reason": "permission denied"}
    (tmp_path / "ledger.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in (unread, first[1])))
    assert preprocess(tmp_path, names) == (first, 1)


def test_photos_that_came_left_or_were_replaced_since_the_ledger_was_written_are_told(tmp_path, save_photos):
    names, raw = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"]), tmp_path / "raw"
    (raw / "bad.jpg").write_bytes(b"no photo")
    changed = partial(photos_changed, raw, tmp_path / "ledger.jsonl")
    assert not changed()  # step 01 has not seen them: nothing is known
    preprocess(tmp_path, [*names, "bad.jpg"])
    assert not changed()
    for name in ("a.png", "bad.jpg"):
        os.utime(raw / name, (1, 1))  # copied anew, say
    assert not changed()
    kept = (raw / "a.png").read_bytes()
    for other in (lambda path: path.write_bytes((raw / "b.png").read_bytes()), lambda path: path.unlink(),
                  lambda path: path.rename(raw / "c.png")):
        other(raw / "a.png")
        assert changed()
        (raw / "c.png").unlink(missing_ok=True)
        (raw / "a.png").write_bytes(kept)
    assert not changed()
    (raw / "bad.jpg").write_bytes(kept)
    assert changed()
    shutil.rmtree(raw)
    assert not changed()  # nobody asks for photos that were removed once they were trained on


def test_photos_under_other_names_are_the_same_where_names_play_no_part(tmp_path, save_photos):
    names, raw = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"]), tmp_path / "raw"
    changed = partial(photos_changed, raw, tmp_path / "ledger.jsonl")
    preprocess(tmp_path, names)
    (raw / "a.png").rename(raw / "c.png")
    (raw / "b.png").rename(raw / "a.png")
    (raw / "more").mkdir()
    (raw / "c.png").rename(raw / "more" / "b.png")
    assert changed() and not changed(renamed=False)
    kept = (raw / "a.png").read_bytes()
    (raw / "a.png").write_bytes((raw / "more" / "b.png").read_bytes())
    assert changed(renamed=False)  # the same photo twice
    (raw / "a.png").unlink()
    assert changed(renamed=False)
    (raw / "a.png").write_bytes(kept)
    (raw / "d.png").write_bytes(kept)
    assert changed(renamed=False)


def test_damaged_lines_are_passed_over_and_their_photos_are_done_again(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    first, _ = preprocess(tmp_path, names)
    lines = (tmp_path / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "ledger.jsonl").write_bytes(b"\xd1\x00\xff\n" + lines[0][:20] + b"\xff" + lines[0][21:] + lines[1])
    assert preprocess(tmp_path, names) == (first, 1)


def test_a_line_half_written_by_a_killed_run_is_passed_over(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    first, _ = preprocess(tmp_path, names)
    text = (tmp_path / "ledger.jsonl").read_text()
    (tmp_path / "ledger.jsonl").write_text(text[:-20])
    entries, done = preprocess(tmp_path, names)
    assert done == 1 and entries == first
    assert [json.loads(line)["file"] for line in (tmp_path / "ledger.jsonl").read_text().splitlines()] == names


def test_photos_that_an_interrupted_run_wrote_otherwise_are_done_again(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, [f"{number:02}.png" for number in range(12)])
    preprocess(tmp_path, names)
    written = {name: (tmp_path / "img" / name).read_bytes() for name in names}

    class Stop:
        def update(self, steps):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        preprocess_folder(folders_in(tmp_path), names, Recipe(method="contours", max_side=32), workers=2,
                          ledger=tmp_path / "ledger.jsonl", progress=lambda *_, **__: contextlib.nullcontext(Stop()))
    assert {name: (tmp_path / "img" / name).read_bytes() for name in names} != written
    preprocess(tmp_path, names)
    assert {name: (tmp_path / "img" / name).read_bytes() for name in names} == written


@pytest.mark.parametrize("recipe", [Recipe(crop=True, fill="white", max_side=100), Recipe(max_side=100)])
def test_masks_have_the_photo_s_own_size_and_change_nothing_else(tmp_path, save_photos, recipe):
    large = cv2.resize(on_ground(np.random.default_rng(0), plain=True), (800, 600), interpolation=cv2.INTER_NEAREST)
    save_photos(tmp_path / "raw", {"a.png": large})
    without, _ = preprocess(tmp_path, ["a.png"], recipe)
    written = (tmp_path / "img" / "a.png").read_bytes()
    entries, done = preprocess(tmp_path, ["a.png"], replace(recipe, save_masks=True))
    assert not done and (tmp_path / "img" / "a.png").read_bytes() == written
    assert [entry | {"stamp": None} for entry in entries] == [entry | {"stamp": None} for entry in without]
    mask, product = read_image(tmp_path / "masks" / "a.png")[:, :, 0] > 127, (large == (200, 30, 30)).all(axis=2)
    assert (mask & product).sum() > 0.9 * (mask | product).sum()


def test_photos_of_other_entries_are_left_out_with_their_reasons():
    whole = {"width": 90, "height": 60, "num_objects": 1, "missing": None}
    entries = [{"file": "a", "reason": "empty file"}, {"file": "b", "share": 0.01, **whole},
               {"file": "c", "share": 0.5, **whole}]
    usable, skipped = sort_out(entries, {"min_product_share": 0.1, "max_objects": None})
    assert usable == entries[2:] and [name for name, _ in skipped] == ["a", "b"]


def dataset(folder, silent, *, recipe=RECIPE, **options):
    return preprocess_dataset(folder / "data", folders_in(folder), list_files(folder / "raw"), recipe, workers=1,
                              progress=silent, filters={"min_product_share": 0, "max_objects": None}, **options)


def test_a_dataset_keeps_what_can_be_used_and_lists_the_rest(tmp_path, save_photos, silent):
    photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    (tmp_path / "raw" / "copy.png").write_bytes((tmp_path / "raw" / "a.png").read_bytes())
    (tmp_path / "raw" / "bad.png").write_bytes(b"")
    done = dataset(tmp_path, silent, remove_duplicates=True)
    assert done.kept == ["a.png", "b.png"] and done.copies == {"copy.png"} and len(done.usable) == 3
    assert done.skipped == [("bad.png", "empty file")]
    done.write_tables(tmp_path / "data")
    assert pd.read_csv(tmp_path / "data" / "skipped.csv").values.tolist() == [["bad.png", "empty file"]]
    assert dataset(tmp_path, silent, remove_duplicates=False).kept == ["a.png", "b.png", "copy.png"]


def test_a_replaced_photo_counts_as_such_until_the_tables_are_written(tmp_path, save_photos, silent):
    rng, options = np.random.default_rng(0), {"remove_duplicates": False}
    photos(rng, save_photos, tmp_path, ["a.png", "b.png"])
    dataset(tmp_path, silent, **options).write_tables(tmp_path / "data")
    photos(rng, save_photos, tmp_path, ["b.png"])
    for _ in range(2):  # the first run was killed before it wrote them
        done = dataset(tmp_path, silent, **options)
        assert done.replaced == {"b.png"} and len(done.kept) == 2
    done.write_tables(tmp_path / "data")
    assert dataset(tmp_path, silent, **options).replaced == set()


def test_what_was_written_of_a_deleted_photo_goes_with_it(tmp_path, save_photos, silent):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "sub/b.png", "c.png"])
    dataset(tmp_path, silent, remove_duplicates=False).write_tables(tmp_path / "data")
    (tmp_path / "img" / "own.png").touch()
    (tmp_path / "raw" / names[1]).unlink()
    for _ in range(2):  # the first run was killed before it removed them
        done = dataset(tmp_path, silent, remove_duplicates=False)
        assert done.gone == {"sub/b.png"} and (tmp_path / "img" / names[1]).exists()
    done.remove_gone(folders_in(tmp_path))
    done.write_tables(tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "img").rglob("*.png")) == ["a.png", "c.png", "own.png"]
    assert dataset(tmp_path, silent, remove_duplicates=False).gone == set()


def test_the_mask_of_a_deleted_photo_goes_with_it_and_no_other_does(tmp_path, save_photos, silent):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.jpg", "a.png", "b.png", "sub/c.png"])
    recipe = replace(RECIPE, save_masks=True)
    dataset(tmp_path, silent, recipe=recipe, remove_duplicates=False).write_tables(tmp_path / "data")
    (tmp_path / "masks" / "own.png").touch()
    for name in ("a.jpg", "sub/c.png"):
        (tmp_path / "raw" / name).unlink()
    done = dataset(tmp_path, silent, recipe=recipe, remove_duplicates=False)
    done.remove_gone(folders_in(tmp_path))
    masks = [path.name for path in (tmp_path / "masks").rglob("*.png")]
    assert done.gone == {names[0], names[3]} and {"a.png", "b.png", "own.png"} <= set(masks)
    assert not {"a.jpg.png", "c.png"} & set(masks)


def test_no_mask_passes_for_that_of_a_photo_that_had_its_name(tmp_path, save_photos, silent):
    rng, recipe, masks = np.random.default_rng(0), replace(RECIPE, save_masks=True), tmp_path / "masks"

    def done_for(sides):
        shutil.rmtree(tmp_path / "raw", ignore_errors=True)
        for name, side in sides.items():
            photos(rng, save_photos, tmp_path, [name], side=side)
        done = dataset(tmp_path, silent, recipe=recipe, remove_duplicates=False)
        done.remove_gone(folders_in(tmp_path))
        done.write_tables(tmp_path / "data")
        return {path.name: read_image(path).shape[:2] for path in masks.iterdir()}

    assert done_for({"a.jpg": (90, 120)}) == {"a.png": (90, 120)}
    assert done_for({"a.jpg": (90, 120), "a.png": (80, 50)}) == {"a.jpg.png": (90, 120), "a.png.png": (80, 50)}
    assert done_for({"a.png": (80, 50)}) == {"a.png": (80, 50)}


@pytest.mark.parametrize("before, now", [("Boots 2.0", "Boots 2.0/a.png"), ("Boots 2.0/a.png", "Boots 2.0"),
                                         ("Boots.png", "Boots.png/new/a.png")])
def test_a_photo_may_take_the_place_of_a_folder_and_a_folder_that_of_a_photo(tmp_path, save_photos, silent, before,
                                                                             now):
    for names in ([before, "other.png"], [now, "other.png"]):
        shutil.rmtree(tmp_path / "raw", ignore_errors=True)
        photos(np.random.default_rng(0), save_photos, tmp_path, names)
        done = dataset(tmp_path, silent, recipe=replace(RECIPE, save_masks=True), remove_duplicates=False)
        assert done.kept == names
        done.remove_gone(folders_in(tmp_path))
        done.write_tables(tmp_path / "data")
    assert done.gone == {before}
    written = [path.relative_to(tmp_path / "img") for path in (tmp_path / "img").rglob("*") if path.is_file()]
    assert sorted(map(str, written)) == [now, "other.png"]
    assert (tmp_path / "masks" / mask_names(names)[now]).is_file()


@pytest.mark.parametrize("before, now", [("Shoe.PNG", "shoe.png"), ("sch\u00f6n/a.png", "scho\u0308n/a.png")])
def test_a_photo_renamed_to_what_may_be_the_same_file_is_not_gone(tmp_path, before, now):
    write_table(tmp_path / "photos.csv", pd.DataFrame({"file": [before, "b.png"]}))
    assert gone_photos(tmp_path, [now]) == {"b.png"}


def test_files_that_broke_off_are_warned_of_or_skipped(tmp_path, save_photos, silent):
    rng = np.random.default_rng(0)
    photos(rng, save_photos, tmp_path, ["whole.jpg", "half.jpg", "start.jpg"], side=(240, 240))
    for name, share in (("half.jpg", 0.7), ("start.jpg", 0.2)):
        path = tmp_path / "raw" / name
        path.write_bytes(path.read_bytes()[:int(share * path.stat().st_size)])
    done = dataset(tmp_path, silent, remove_duplicates=False)
    assert done.kept == ["half.jpg", "whole.jpg"]
    warned = done.tables["photos.csv"]["warnings"].str.contains("incomplete file")
    assert warned.tolist() == [True, False]
    assert [name for name, reason in done.skipped if "rows are missing" in reason] == ["start.jpg"]


def test_photos_with_a_block_of_rubbish_are_warned_of_or_skipped(tmp_path, save_photos, silent):
    rng = np.random.default_rng(0)
    photos(rng, save_photos, tmp_path, ["whole.png"])
    for name, share in (("late.jpg", 0.75), ("soon.jpg", 0.25)):
        (tmp_path / "raw" / name).write_bytes(with_rubbish(share))
    done = dataset(tmp_path, silent, remove_duplicates=False)
    assert done.kept == ["late.jpg", "whole.png"]
    assert done.tables["photos.csv"]["warnings"].str.contains("incomplete file").tolist() == [True, False]
    assert [name for name, reason in done.skipped if "rows are missing" in reason] == ["soon.jpg"]


def test_a_dataset_without_any_usable_photo_is_refused_with_the_reason(tmp_path, silent):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "bad.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"none of the 1 photos .* \(the first, bad.png: empty file\)"):
        dataset(tmp_path, silent, remove_duplicates=False)


KILLED = """import contextlib, os, signal, sys
from pathlib import Path

from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import Folders, preprocess_folder


class Deadly:
    def update(self, steps):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    preprocess_folder(Folders(folder / "raw", folder / "img", folder / "masks"), sys.argv[2:], Recipe(method="none"),
                      ledger=folder / "ledger.jsonl", workers=1,
                      progress=lambda *_, **options: contextlib.nullcontext(Deadly()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_killed_run_leaves_no_warnings_of_python_s_own(tmp_path, save_photos):
    names = photos(np.random.default_rng(0), save_photos, tmp_path, ["a.png", "b.png"])
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    done = subprocess.run([sys.executable, script, tmp_path, *names], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])})
    assert done.returncode == -signal.SIGKILL and done.stderr == ""
