"""What a network has seen of the photos that are scored, under whatever name of a dataset."""
import io
import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.records import write_record
from imgcluster.files import write_json, write_lines
from imgcluster.photos.duplicates import photo_signature
from imgcluster.sample.catalogue import Catalogue, plan_photos
from imgcluster.sample.render import render_photo
from imgcluster.scores.score_table import score_table
from imgcluster.scores.seen import seen_by_network, share_of_photos, warning_of_seen

NOTHING = {"trained_on_these_photos": 0, "fitted_to_these_photos": 0, "trained_on_these_models": 0}


@cache
def photos():
    """Eight photos of four products, by the letters a to h."""
    plan = plan_photos(Catalogue(seed=3, num_models=4, min_imgs=2, max_imgs=2, size=240))
    return dict(zip("abcdefgh", (Image.fromarray(render_photo(photo)[0]) for photo in plan), strict=True))


@cache
def entry(letter, *, saved="JPEG", scale=1, **options):
    """What step 01 notes of a photo that was saved in some way."""
    data, photo = io.BytesIO(), photos()[letter]
    photo.resize([round(side * scale) for side in photo.size]).save(data, saved, **options)
    signature = photo_signature(np.asarray(Image.open(data).convert("RGB")), data.getvalue())
    return {"file": f"{letter}.jpg", "signature": signature}


def write_dataset(folder, entries, *, left_out=()):
    """The rows and the ledger of a dataset; left_out: letters of photos that are no rows."""
    write_lines(folder / "preprocess.jsonl", map(json.dumps, entries))
    write_lines(folder / "img_paths.txt", [item["file"] for item in entries if item["file"][0] not in left_out])
    return folder


@pytest.fixture
def seen(tmp_path):
    """seen(letters here, letters there, record, ...): the shares for a dataset "here"."""
    def shares(here, there, record, *, true=("a", "b"), classes=()):
        for name, letters in (("here", here), ("there", there)):
            write_dataset(tmp_path / name, list(map(entry, letters)))
        write_lines(tmp_path / "there" / "classes.txt", classes)
        return seen_by_network(record, tmp_path / "here", true, folder_of=lambda name: tmp_path / name)
    return shares


def test_the_dataset_itself_is_seen_and_others_are_not(seen):
    assert seen("abcd", "efgh", {"trained_on": "here"}) == {**NOTHING, "trained_on_these_photos": 1}
    assert seen("abcd", "efgh", {"trained_on": None, "fitted_to": "here"}) == {**NOTHING, "fitted_to_these_photos": 1}
    assert seen("abcd", "efgh", {"trained_on": "there"}) == seen("abcd", "abcd", {"trained_on": None}) == NOTHING


def test_of_many_photos_a_sample_is_compared_and_same_files_are_all_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("imgcluster.photos.duplicates.SAMPLE", 2)
    other = write_dataset(tmp_path / "there", list(map(entry, "abcdef")))
    for letters, share in (("abcd", 1), ("gh", 0), ("abcg", 0.75)):
        assert share_of_photos(write_dataset(tmp_path / "here", list(map(entry, letters))), other) == share
    resized = [entry(letter, scale=0.6) for letter in "abcd"]
    assert share_of_photos(write_dataset(tmp_path / "here", resized), other) == 1


def test_copies_under_another_name_are_seen_and_warned_of(seen):
    half = seen("abcd", "bdh", {"trained_on": "there"})
    assert half == {**NOTHING, "trained_on_these_photos": 0.5}
    assert "trained on 50 % of these very photos" in warning_of_seen(half)
    assert "trained on 50 % of these photos" in score_table(half)
    whole = seen("abcd", "abcd", {"trained_on": "there"})
    assert "trained on these very photos" in warning_of_seen(whole)
    fitted = seen("abcd", "abgh", {"trained_on": None, "fitted_to": "there"})
    assert fitted["fitted_to_these_photos"] == 0.5 and warning_of_seen(fitted) == ""


def test_equal_labels_are_warned_of_and_said_to_be_labels(seen):
    shares = seen("abcd", "efgh", {"trained_on": "there"}, true=list("aabbccdd"), classes=["a", "z"])
    assert shares == {**NOTHING, "trained_on_these_models": 0.25}
    assert warning_of_seen(shares).startswith("25 % of the true labels are also names of models")
    assert "trained_on_these_models" not in seen("abcd", "efgh", {"trained_on": "there"}, true=None)
    assert warning_of_seen(NOTHING) == warning_of_seen({}) == ""
    all_known = seen("abcd", "efgh", {"trained_on": "there"}, true=list("aabb"), classes=["a", "b", "z"])
    assert warning_of_seen(all_known).startswith("all of the true labels are also names of models")
    assert "trained on these labels" in score_table(all_known)


def test_a_photo_of_many_is_no_share_of_zero_percent(seen):
    assert "1 %" in warning_of_seen({"trained_on_these_photos": 0.001})
    assert "99 %" in warning_of_seen({"trained_on_these_photos": 0.999})


@pytest.mark.parametrize("saved", [{"quality": 90}, {"saved": "PNG"}, {"scale": 0.6}])
def test_copies_saved_anew_are_seen(tmp_path, saved):
    there = write_dataset(tmp_path / "there", [entry(letter) for letter in "abcd"])
    here = write_dataset(tmp_path / "here", [entry(letter, **saved) for letter in "abef"])
    assert share_of_photos(here, there) == 0.5


def test_photos_that_are_left_out_do_not_count(tmp_path):
    there = write_dataset(tmp_path / "there", [entry(letter) for letter in "abcd"], left_out="cd")
    here = write_dataset(tmp_path / "here", [entry(letter) for letter in "abcdef"], left_out="ab")
    assert share_of_photos(here, there) == 0
    assert share_of_photos(there, here) == 0
    assert share_of_photos(here, write_dataset(there, [entry(letter) for letter in "abcd"], left_out="a")) == 0.5


def test_photos_that_came_after_the_training_were_not_seen(tmp_path):
    here, there = (write_dataset(tmp_path / name, [entry(letter) for letter in "abcd"]) for name in ("here", "there"))
    assert share_of_photos(here, here) == share_of_photos(there, here) == 1
    write_json(here / "made_by_02.json", {"photos": ["a.jpg", "b.jpg", "c.jpg"]})
    assert share_of_photos(here, here) == share_of_photos(there, here) == 0.75


def test_where_the_photos_trained_on_are_gone_it_is_not_known_whether_they_are_these(tmp_path, seen):
    assert share_of_photos(tmp_path / "here", None) == 0
    assert share_of_photos(tmp_path / "nowhere", tmp_path / "nowhere") is None
    gone = seen("abcd", "abcd", {"trained_on": "nowhere"})
    assert gone == {**NOTHING, "trained_on_these_photos": None} and warning_of_seen(gone) == ""
    assert "not known whether trained on these photos" in score_table(gone)
    assert "not known" not in score_table(seen("abcd", "efgh", {"trained_on": "there"}))


def test_photos_renamed_since_the_network_was_fitted_to_them_are_seen_all_the_same(tmp_path):
    write_dataset(tmp_path, list(map(entry, "abcd")))
    write_table(tmp_path / "photos.csv", pd.DataFrame({"file": [f"{letter}.jpg" for letter in "abcd"],
                                                       "digest": ["of a", "of b", "of c", "of d"]}))
    write_record(tmp_path, "02", settings={}, outputs=[], photos=["a.jpg", "x.jpg"], digests=["of old a", "of b"])
    assert share_of_photos(tmp_path, tmp_path) == 0.5
    (tmp_path / "photos.csv").unlink()
    assert share_of_photos(tmp_path, tmp_path) == 0.25
