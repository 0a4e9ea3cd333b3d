"""Features: one row per photo whatever the batch, a killed extraction ends with the same bytes."""
import contextlib

import keras
import numpy as np
import pytest

from imgcluster.datafiles.feature_record import RECORD
from imgcluster.extraction.features import extract_features
from imgcluster.photos.pictures import load_picture
from imgcluster.rows import unit_length

COUNT, BATCH, BAD = 41, 4, 17
OPTIONS = {"batch_size": BATCH, "max_pixels": 10**6, "key": {"setting": 1}}


@pytest.fixture(scope="module")
def embedding(tiny_embedding):
    return tiny_embedding()


@pytest.fixture(scope="module")
def photos(tmp_path_factory, save_photos, squares):
    """(folder, paths) of 41 photos; 41 is no multiple of the batch size. One is damaged."""
    folder = tmp_path_factory.mktemp("photos")
    names = save_photos(folder, {f"{row:02}.png": picture for row, picture in enumerate(squares(np.arange(COUNT) % 4))})
    (folder / names[BAD]).write_bytes(b"damaged")
    return folder, names


@pytest.fixture(scope="module")
def extracted(embedding, photos, tmp_path_factory, silent):
    """(array file of an undisturbed extraction, errors)."""
    out = tmp_path_factory.mktemp("features") / "features.npy"
    return out, extract_features(embedding, *photos, out, progress=silent, **OPTIONS)


def test_every_photo_has_its_row(embedding, photos, extracted):
    out, _ = extracted
    features = np.load(out, allow_pickle=False)
    assert features.shape == (COUNT, 8) and features.dtype == np.float32 and np.isfinite(features).all()
    assert sorted(path.name for path in out.parent.iterdir()) == ["features.npy", RECORD]
    folder, names = photos
    for row in (0, 16, COUNT - 1):
        picture = load_picture(folder / names[row], size=16)
        alone = np.asarray(embedding.predict_on_batch(picture[None]))
        np.testing.assert_allclose(features[row], unit_length(alone)[0], atol=1e-5)


def test_a_photo_that_cannot_be_read_is_a_zero_row_and_named(extracted):
    out, errors = extracted
    assert list(errors) == [BAD] and errors[BAD]
    assert np.flatnonzero(~np.load(out).any(axis=1)).tolist() == [BAD]


@pytest.mark.parametrize("batch_size", [1, COUNT, 64])
def test_the_batch_size_does_not_matter(embedding, photos, extracted, tmp_path, silent, batch_size):
    out = tmp_path / "features.npy"
    extract_features(embedding, *photos, out, progress=silent, **{**OPTIONS, "batch_size": batch_size})
    np.testing.assert_allclose(np.load(out), np.load(extracted[0]), atol=1e-5)


class StoppingBar:
    """A progress bar that kills the extraction once `limit` photos are done."""

    def __init__(self, limit, at):
        self.limit, self.at = limit, at

    def update(self, steps):
        self.at += steps
        if self.at >= self.limit:
            raise KeyboardInterrupt


def killed_at(limit, starts=None):
    def progress(description, total, *, initial):
        assert total == COUNT
        if starts is not None:
            starts.append(initial)
        return contextlib.nullcontext(StoppingBar(limit, initial))
    return progress


def test_a_killed_extraction_ends_with_the_same_bytes(embedding, photos, extracted, tmp_path):
    out, starts = tmp_path / "features.npy", []
    for limit in (6, 33, 37):
        with pytest.raises(KeyboardInterrupt):
            extract_features(embedding, *photos, out, progress=killed_at(limit, starts), **OPTIONS)
        assert not out.exists()
    errors = extract_features(embedding, *photos, out, progress=killed_at(99, starts), **OPTIONS)
    assert starts == [0, 8, 36, 40]  # nothing that was done is done again
    assert out.read_bytes() == extracted[0].read_bytes() and errors == extracted[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["features.npy", RECORD]


def test_what_a_second_output_gives_is_kept_beside_row_by_row(embedding, photos, extracted, tmp_path, silent):
    out, before, starts = tmp_path / "features.npy", tmp_path / "before.npy", []
    both = keras.Model(embedding.input, [embedding.output, embedding.output[:, ::-1]])
    with pytest.raises(KeyboardInterrupt):
        extract_features(both, *photos, out, before=before, progress=killed_at(21), **OPTIONS)
    assert not out.exists() and not before.exists()
    errors = extract_features(both, *photos, out, before=before, progress=killed_at(99, starts), **OPTIONS)
    assert starts[0] > 0 and list(errors) == [BAD]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["before.npy", "features.npy", RECORD]
    np.testing.assert_allclose(np.load(out), np.load(extracted[0]), atol=1e-6)
    assert np.load(before).dtype == np.float16
    np.testing.assert_allclose(np.load(before), np.load(out)[:, ::-1], atol=1e-3)


@pytest.mark.parametrize("change", [{"key": {"setting": 2}}, {"count": 30}])
def test_another_extraction_starts_anew(embedding, photos, tmp_path, silent, change):
    folder, names = photos
    with pytest.raises(KeyboardInterrupt):
        extract_features(embedding, folder, names, tmp_path / "features.npy", progress=killed_at(36), **OPTIONS)
    starts, count = [], change.pop("count", COUNT)

    def progress(description, total, *, initial):
        starts.append(initial)
        return silent()
    extract_features(embedding, folder, names[:count], tmp_path / "features.npy", progress=progress,
                     **{**OPTIONS, **change})
    assert starts == [0] and len(np.load(tmp_path / "features.npy")) == count


def test_a_part_begun_under_other_settings_is_not_taken_for_an_older(embedding, photos, extracted, tmp_path, silent):
    out = tmp_path / "features.npy"
    for limit, key in [(36, OPTIONS["key"]), (4, {"setting": 2})]:
        with pytest.raises(KeyboardInterrupt):
            extract_features(embedding, *photos, out, progress=killed_at(limit), **{**OPTIONS, "key": key})
    extract_features(embedding, *photos, out, progress=silent, **OPTIONS)
    assert out.read_bytes() == extracted[0].read_bytes()


def test_rows_have_length_one(extracted, embedding, photos, tmp_path, silent):
    normalized = np.load(extracted[0])
    good = np.arange(COUNT) != BAD
    np.testing.assert_allclose(np.linalg.norm(normalized[good], axis=1), 1, atol=1e-6)
    extract_features(embedding, *photos, tmp_path / "f.npy", progress=silent, l2_normalize=False, **OPTIONS)
    raw = np.load(tmp_path / "f.npy")
    assert np.ptp(np.linalg.norm(raw[good], axis=1)) > 1e-3
    np.testing.assert_allclose(unit_length(raw), normalized, atol=1e-6)


def test_zero_rows_stay_zero():
    np.testing.assert_allclose(unit_length(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])


def test_flip_averaging_is_the_mean_of_the_photo_and_its_mirror_image(embedding, photos, tmp_path, silent, save_photos):
    folder, names = photos
    names = [name for row, name in enumerate(names) if row != BAD][:6]
    mirrored = tmp_path / "mirrored"
    save_photos(mirrored, {name: load_picture(folder / name, size=16)[:, ::-1] for name in names})
    rows = {}
    for kind, source, flip in [("plain", folder, False), ("mirror", mirrored, False), ("mean", folder, True),
                               ("mean of mirror", mirrored, True)]:
        extract_features(embedding, source, names, tmp_path / "f.npy", progress=silent, l2_normalize=False,
                         flip_averaging=flip, **OPTIONS)
        rows[kind] = np.load(tmp_path / "f.npy")
    assert np.abs(rows["plain"] - rows["mirror"]).max() > 1e-3
    np.testing.assert_allclose(rows["mean"], (rows["plain"] + rows["mirror"]) / 2, atol=1e-5)
    np.testing.assert_allclose(rows["mean"], rows["mean of mirror"], atol=1e-5)
