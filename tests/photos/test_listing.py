"""What of a folder is a photo, what cannot be listed and why, and what is passed over."""
import io
import os

import numpy as np
import pytest
from PIL import Image

from imgcluster.errors import UserError
from imgcluster.photos.images import write_image
from imgcluster.photos.listing import list_files, passed_over

PICTURE = np.full((12, 16, 3), 90, np.uint8)


def encoded(form):
    stream = io.BytesIO()
    Image.fromarray(PICTURE).save(stream, form)
    return stream.getvalue()


def test_links_to_folders_that_are_not_there_are_told(tmp_path):
    write_image(tmp_path / "a.jpg", PICTURE)
    os.symlink("unmounted", tmp_path / "drive")
    os.symlink("gone.pdf", tmp_path / "notes.pdf")
    (tmp_path / "there.txt").write_text("text")
    os.symlink("there.txt", tmp_path / "prices.txt")
    found, refused, others = list_files(tmp_path)
    assert found == ["a.jpg"] and sorted(others) == ["prices.txt", "there.txt"]
    assert [name for name, reason in refused if "not there" in reason] == ["drive", "notes.pdf"]


def test_what_is_not_a_photo_is_not_listed(tmp_path):
    write_image(tmp_path / "photo.jpg", PICTURE)
    for name in ("Thumbs.db", ".hidden.jpg", "._photo.jpg", "notes.txt", "README", ".cache/x.jpg", "__MACOSX/x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"text")
    assert list_files(tmp_path).photos == ["photo.jpg"]


@pytest.mark.parametrize("name", ["photo", "Boots 2.0", "photo.jpg ", "photo.jpg_large", "photo.jpg?width=400"])
def test_photos_are_known_by_their_content_whatever_their_names(tmp_path, name):
    (tmp_path / name).write_bytes(encoded("JPEG"))
    assert list_files(tmp_path).photos == [name]


def test_raw_photos_and_texts_that_begin_as_images_do_are_not_listed(tmp_path):
    write_image(tmp_path / "photo.jpg", PICTURE)
    (tmp_path / "photo.nef").write_bytes(encoded("TIFF"))
    (tmp_path / "notes.txt").write_text("BMX: red")
    assert list_files(tmp_path).photos == ["photo.jpg"]


def test_linked_folders_and_loops_end(tmp_path):
    write_image(tmp_path / "a" / "1.jpg", PICTURE)
    write_image(tmp_path / "outside" / "2.jpg", PICTURE)
    os.symlink(tmp_path / "a", tmp_path / "a" / "loop")
    os.symlink(tmp_path, tmp_path / "a" / "up")
    os.symlink(tmp_path / "outside", tmp_path / "a" / "linked")
    assert list_files(tmp_path / "a").photos == ["1.jpg", "linked/2.jpg"]
    assert list_files(tmp_path).photos == ["a/1.jpg", "outside/2.jpg"]


def test_names_that_are_no_line_of_text_are_refused(tmp_path):
    write_image(tmp_path / "good.jpg", PICTURE)
    write_image(tmp_path / "two\nlines.jpg", PICTURE)
    with open(os.fsencode(tmp_path) + b"/\xff\xfe.jpg", "wb") as file:
        file.write(b"x")
    paths, refused, _ = list_files(tmp_path)
    assert paths == ["good.jpg"]
    assert [name for name, _ in refused] == ["\\udcff\\udcfe.jpg", "two\\nlines.jpg"]


def test_folder_errors_name_the_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("a")
    (tmp_path / "file").write_text("a")
    for name, message in [("missing", "does not exist"), ("empty", "is empty"), ("texts", "holds no photos"),
                          ("file", "is a file")]:
        with pytest.raises(UserError, match=message) as caught:
            list_files(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


def test_files_that_are_no_photos_are_told_by_suffix(tmp_path):
    def told(**options):
        return passed_over(tmp_path, list_files(tmp_path).others, **options)

    write_image(tmp_path / "photo.jpg", PICTURE)
    assert told() == ""
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "catalog.csv", "labels.csv"):
        (tmp_path / name).write_text("a")
    labels = tmp_path / "labels.csv"
    assert told(besides=[labels]) == ""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.PSD").write_bytes(b"8BPS")
    assert told(besides=[labels]) == "1 file is no photo and is passed over: 1 .psd"
    for name in ("1.mp4", "2.MP4", "README"):
        (tmp_path / name).write_text("a")
    assert told() == ("5 files are no photos and are passed over: 2 .mp4, 1 .csv, 1 .psd, "
                      "1 without a suffix")
    for suffix in "abcdefg":
        (tmp_path / f"x.{suffix}").write_text("a")
    assert told().endswith("over: 2 .mp4, 1 .a, 1 .b, 1 .c, 1 .csv, 1 .d, 5 of other suffixes")


def test_a_folder_of_other_files_alone_is_refused_with_their_kinds(tmp_path):
    for name in ("a.txt", "b.txt", "c.pdf", "Thumbs.db"):
        (tmp_path / name).write_text("a")
    with pytest.raises(UserError, match=r"holds no photos: .* or content \(3 files: 2 \.txt, 1 \.pdf\)\.$"):
        list_files(tmp_path)
