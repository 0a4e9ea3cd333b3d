"""Features: one row per photo whatever the batch, a killed extraction ends with the same bytes."""
import contextlib

import keras
import numpy as np
import pytest

from imgcluster.features import extract_features, whiten
from imgcluster.pictures import load_picture
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
    assert [path.name for path in out.parent.iterdir()] == ["features.npy"]
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
    def progress(total, done):
        assert total == COUNT
        if starts is not None:
            starts.append(done)
        return contextlib.nullcontext(StoppingBar(limit, done))
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
    assert [path.name for path in tmp_path.iterdir()] == ["features.npy"]


def test_what_a_second_output_gives_is_kept_beside_row_by_row(embedding, photos, extracted, tmp_path, silent):
    out, before, starts = tmp_path / "features.npy", tmp_path / "before.npy", []
    both = keras.Model(embedding.input, [embedding.output, embedding.output[:, ::-1]])
    with pytest.raises(KeyboardInterrupt):
        extract_features(both, *photos, out, before=before, progress=killed_at(21), **OPTIONS)
    assert not out.exists() and not before.exists()
    errors = extract_features(both, *photos, out, before=before, progress=killed_at(99, starts), **OPTIONS)
    assert starts[0] > 0 and list(errors) == [BAD]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["before.npy", "features.npy"]
    np.testing.assert_allclose(np.load(out), np.load(extracted[0]), atol=1e-6)
    assert np.load(before).dtype == np.float16
    np.testing.assert_allclose(np.load(before), np.load(out)[:, ::-1], atol=1e-3)


@pytest.mark.parametrize("change", [{"key": {"setting": 2}}, {"count": 30}])
def test_another_extraction_starts_anew(embedding, photos, tmp_path, silent, change):
    folder, names = photos
    with pytest.raises(KeyboardInterrupt):
        extract_features(embedding, folder, names, tmp_path / "features.npy", progress=killed_at(36), **OPTIONS)
    starts, count = [], change.pop("count", COUNT)

    def progress(total, done):
        starts.append(done)
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


def saved(tmp_path, rows, columns, seed=0):
    """The file of correlated features of unequal variance."""
    rng = np.random.default_rng(seed)
    spread = np.geomspace(1, 0.05, columns)
    features = rng.normal(size=(rows, columns)) * spread @ rng.normal(size=(columns, columns)) + 3
    np.save(tmp_path / "features.npy", features.astype(np.float32))
    return tmp_path / "features.npy", features


def test_whitened_features_have_unit_variance_and_no_correlation(tmp_path):
    path, _ = saved(tmp_path, 200, 12)
    assert whiten(path, 5) == 5
    whitened = np.load(path, allow_pickle=False)
    assert whitened.shape == (200, 5) and whitened.dtype == np.float32
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(5), atol=1e-3)


def test_whitening_in_blocks_is_that_of_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("imgcluster.features.BLOCK", 64)
    path, features = saved(tmp_path, 500, 6)
    assert whiten(path, 6) == 6
    whitened = np.load(path)
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(6), atol=1e-2)
    # Distances between whitened rows are Mahalanobis distances, whichever way the axes are turned.
    inverse = np.linalg.inv(np.cov(features.T))
    for one, two in [(0, 1), (10, 400)]:
        step = features[one] - features[two]
        distance = np.linalg.norm(whitened[one] - whitened[two])
        np.testing.assert_allclose(distance, np.sqrt(step @ inverse @ step), rtol=1e-2)


@pytest.mark.parametrize("rows, columns, asked, kept", [(5, 12, 8, 4), (2, 12, 8, 1), (200, 6, 50, 6), (3, 2, 2, 2)])
def test_no_more_components_than_there_are(tmp_path, rows, columns, asked, kept):
    path, _ = saved(tmp_path, rows, columns)
    assert whiten(path, asked) == kept
    whitened = np.load(path)
    assert whitened.shape == (rows, kept) and np.isfinite(whitened).all()


def test_a_single_photo_is_left_as_it_is(tmp_path):
    path, _ = saved(tmp_path, 1, 4)
    before = path.read_bytes()
    assert whiten(path, 2) == 4
    assert path.read_bytes() == before


def test_equal_photos_stay_equal_and_finite(tmp_path):
    np.save(tmp_path / "features.npy", np.full((10, 4), 0.3, np.float32))
    assert whiten(tmp_path / "features.npy", 3) == 1
    whitened = np.load(tmp_path / "features.npy")
    assert np.isfinite(whitened).all() and np.ptp(whitened, axis=0).max() < 1e-3


@pytest.mark.parametrize("offset", [0, 3])
def test_rounding_is_not_blown_up_to_components(tmp_path, offset):
    rows = np.random.default_rng(0).normal(size=(3, 50)) + offset
    np.save(tmp_path / "features.npy", rows[np.arange(40) % 3].astype(np.float32))
    assert whiten(tmp_path / "features.npy", 10) == 2
    np.testing.assert_allclose(np.load(tmp_path / "features.npy").std(axis=0, ddof=1), 1, atol=1e-3)


def test_other_features_are_brought_to_the_same_axes(tmp_path):
    features = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    np.save(tmp_path / "features.npy", features)
    whiten(tmp_path / "features.npy", 4)
    with np.load(tmp_path / "whitening.npz", allow_pickle=False) as kept:
        np.testing.assert_allclose((features - kept["mean"]) @ kept["axes"], np.load(tmp_path / "features.npy"),
                                   atol=1e-4)
