"""Embedding Projector: files speak of the same photos in the same order, the sheet is one TensorBoard takes."""
import csv
import re

import numpy as np
import pytest
from PIL import Image

from imgcluster.datafiles.photo_rows import write_photo_rows
from imgcluster.extraction.projector import (
    PICTURE_SIDE,
    PROJECTOR_FILES,
    SHEET_SIDE,
    sprite_sheet,
    write_projector_files,
)

NAMES = ["a, b.jpg", '"q".jpg', "tab\there.jpg", "신발.jpg", "e.jpg"]
GREYS = [10, 60, 110, 160, 210]


@pytest.fixture
def img_dir(tmp_path, save_photos):
    """A folder of one photo for each name, each of its own grey."""
    save_photos(tmp_path / "img", {name: np.full((40, 40, 3), grey, np.uint8) for name, grey in zip(NAMES, GREYS)})
    return tmp_path / "img"


def write(folder, img_dir, labels=None):
    features = np.random.default_rng(0).normal(size=(len(NAMES), 3)).astype(np.float32)
    folder.mkdir(exist_ok=True)
    write_projector_files(folder, features, NAMES, labels, img_dir=img_dir, max_pixels=10**6)
    return features


@pytest.mark.parametrize("labelled", [True, False])
def test_features_and_metadata_line_up(tmp_path, img_dir, labelled):
    labels = np.array(["1", "2", "1", "모자", "2"]) if labelled else None
    features = write(tmp_path, img_dir, labels)
    np.testing.assert_allclose(np.loadtxt(tmp_path / "features.tsv", delimiter="\t"), features, rtol=1e-5)
    with open(tmp_path / "metadata.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    expected = [name.replace("\t", " ") for name in NAMES]
    # The projector takes a table of one column as values alone, without a header.
    table = [["file", "label"], *map(list, zip(expected, labels))] if labelled else [[name] for name in expected]
    assert rows == table


def test_the_config_names_the_files_and_the_side_of_a_photo(tmp_path, img_dir):
    write(tmp_path, img_dir)
    config = (tmp_path / "projector_config.pbtxt").read_text()
    paths = dict(re.findall(r'(\w+_path): "([^"]+)"', config))
    assert set(paths) == {"tensor_path", "metadata_path", "image_path"} and {*paths.values()} < {*PROJECTOR_FILES}
    assert all((tmp_path / name).is_file() for name in PROJECTOR_FILES)
    assert re.findall(r"single_image_dim: (\d+)", config) == [str(PICTURE_SIDE)] * 2


def test_tile_i_of_the_sprite_is_photo_i(tmp_path, img_dir):
    write(tmp_path, img_dir)
    sheet = np.asarray(Image.open(tmp_path / "sprite.png"))
    assert sheet.shape == (2 * PICTURE_SIDE, 3 * PICTURE_SIDE, 3)
    middles = sheet[PICTURE_SIDE // 2::PICTURE_SIDE, PICTURE_SIDE // 2::PICTURE_SIDE, 0].ravel()
    np.testing.assert_allclose(middles[:5], GREYS, atol=2)


def test_a_sheet_of_many_photos_is_no_larger_than_tensorboard_takes(monkeypatch, img_dir):
    monkeypatch.setattr("imgcluster.extraction.projector.SHEET_SIDE", 100)
    sheet, side = sprite_sheet(img_dir, NAMES * 5, max_pixels=10**6)
    assert side == 20 and sheet.shape == (100, 100, 3)
    assert SHEET_SIDE == 8192


def test_an_unreadable_photo_keeps_its_place(img_dir):
    (img_dir / NAMES[1]).write_bytes(b"damaged")
    sheet, side = sprite_sheet(img_dir, NAMES, max_pixels=10**6)
    assert not sheet[:side, side:2 * side].any() and sheet[:side, 2 * side:].any()


def test_a_sprite_of_other_photos_is_put_aside(tmp_path, img_dir):
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    names = [name for name in NAMES if "\t" not in name]
    write_photo_rows(data_dir, names, None)
    features = np.ones((len(names), 2), np.float32)
    write_projector_files(data_dir, features, names, img_dir=img_dir, max_pixels=10**6)
    write_photo_rows(data_dir, names[1:], None)
    assert (data_dir / "outdated" / "sprite.png").is_file() and not (data_dir / "sprite.png").exists()
    assert len((data_dir / "features.tsv").read_text().splitlines()) == len(names) - 1
