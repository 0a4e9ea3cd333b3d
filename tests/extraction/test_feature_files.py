"""Arrays of features on disk: whitened, replaced whole."""
import numpy as np
import pytest

from imgcluster.datafiles.feature_record import RECORD
from imgcluster.datafiles.own_features import keep_own
from imgcluster.datafiles.records import was_interrupted
from imgcluster.datafiles.staging import finish
from imgcluster.extraction.feature_files import FeatureFiles, whiten


def saved(tmp_path, rows, columns, seed=0):
    """The file of correlated features of unequal variance."""
    rng = np.random.default_rng(seed)
    spread = np.geomspace(1, 0.05, columns)
    features = rng.normal(size=(rows, columns)) * spread @ rng.normal(size=(columns, columns)) + 3
    np.save(tmp_path / "features.npy", features.astype(np.float32))
    return tmp_path / "features.npy", features


def test_whitened_features_have_unit_variance_and_no_correlation(tmp_path):
    path, _ = saved(tmp_path, 200, 12)
    assert whiten(path, path, 5) == 5
    whitened = np.load(path, allow_pickle=False)
    assert whitened.shape == (200, 5) and whitened.dtype == np.float32
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(5), atol=1e-3)


def test_whitening_in_blocks_is_that_of_the_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("imgcluster.extraction.feature_files.BLOCK", 64)
    path, features = saved(tmp_path, 500, 6)
    assert whiten(path, path, 6) == 6
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
    assert whiten(path, path, asked) == kept
    whitened = np.load(path)
    assert whitened.shape == (rows, kept) and np.isfinite(whitened).all()


def test_a_single_photo_is_left_as_it_is(tmp_path):
    path, _ = saved(tmp_path, 1, 4)
    before = path.read_bytes()
    assert whiten(path, path, 2) == 4
    assert path.read_bytes() == before


def test_equal_photos_stay_equal_and_finite(tmp_path):
    np.save(tmp_path / "features.npy", np.full((10, 4), 0.3, np.float32))
    assert whiten(tmp_path / "features.npy", tmp_path / "features.npy", 3) == 1
    whitened = np.load(tmp_path / "features.npy")
    assert np.isfinite(whitened).all() and np.ptp(whitened, axis=0).max() < 1e-3


@pytest.mark.parametrize("offset", [0, 3])
def test_rounding_is_not_blown_up_to_components(tmp_path, offset):
    rows = np.random.default_rng(0).normal(size=(3, 50)) + offset
    np.save(tmp_path / "features.npy", rows[np.arange(40) % 3].astype(np.float32))
    assert whiten(tmp_path / "features.npy", tmp_path / "features.npy", 10) == 2
    np.testing.assert_allclose(np.load(tmp_path / "features.npy").std(axis=0, ddof=1), 1, atol=1e-3)


def test_other_features_are_brought_to_the_same_axes(tmp_path):
    features = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    np.save(tmp_path / "features.npy", features)
    whiten(tmp_path / "features.npy", tmp_path / "features.npy", 4)
    with np.load(tmp_path / "whitening.npz", allow_pickle=False) as kept:
        np.testing.assert_allclose((features - kept["mean"]) @ kept["axes"], np.load(tmp_path / "features.npy"),
                                   atol=1e-4)


def test_rows_left_out_have_no_say_in_the_axes(tmp_path):
    path, features = saved(tmp_path, 60, 6)
    np.save(tmp_path / "spoilt.npy", np.vstack([np.zeros((3, 6)), features, np.full((2, 6), 1e6)]).astype(np.float32))
    whiten(tmp_path / "spoilt.npy", tmp_path / "spoilt.npy", 4, leave_out=[0, 1, 2, 63, 64])
    whiten(path, path, 4)
    np.testing.assert_allclose(np.load(tmp_path / "spoilt.npy")[3:-2], np.load(path), atol=1e-4)


def filled(tmp_path, rows=5, widths=(4, 3), bad=None, key=1):
    """The files of an extraction in which every row is done."""
    files = FeatureFiles([tmp_path / "features.npy", tmp_path / "before.npy"], widths, rows, key=key)
    rng = np.random.default_rng(rows)
    files.add([rng.normal(size=(rows, width)) for width in widths], bad or {})
    return files


def test_files_of_an_earlier_run_stand_until_the_new_ones_are_complete(tmp_path):
    filled(tmp_path).publish()
    earlier = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    files = filled(tmp_path, rows=6, widths=(4,), key=2)
    files.note()
    assert earlier.items() <= {path.name: path.read_bytes() for path in tmp_path.iterdir()}.items()
    files.publish(components=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["features.npy", RECORD, "whitening.npz"]
    assert np.load(tmp_path / "features.npy").shape == (6, 2)


def test_where_no_photo_could_be_read_nothing_changes(tmp_path):
    filled(tmp_path).publish()
    earlier = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    filled(tmp_path, bad={row: "vanished" for row in range(5)}, key=2).publish()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == earlier


def test_a_note_of_another_extraction_does_not_vouch_for_arrays_begun_since(tmp_path):
    outs = [tmp_path / "features.npy", tmp_path / "before.npy"]
    filled(tmp_path, key=1).note()
    FeatureFiles(outs, (4, 3), 5, key=2)  # killed before it noted anything
    assert FeatureFiles(outs, (4, 3), 5, key=1).done == 0


def test_unreadable_photos_have_no_say_in_whitened_features(tmp_path):
    files = filled(tmp_path, rows=30, bad={0: "vanished", 7: "damaged"})
    files.note()
    readable = np.delete(np.load(tmp_path / "features.part.npy"), [0, 7], axis=0)
    files.publish(components=2)
    with np.load(tmp_path / "whitening.npz", allow_pickle=False) as kept:
        np.testing.assert_allclose(kept["mean"], readable.mean(axis=0), atol=1e-5)


def test_features_that_were_not_noted_yet_when_the_run_was_killed_are_nobody_s_own(tmp_path):
    filled(tmp_path).publish()
    assert keep_own(tmp_path) is None and was_interrupted(tmp_path, "03")
    np.save(tmp_path / "features.npy", np.ones((5, 4), np.float32))
    assert keep_own(tmp_path) is not None


@pytest.mark.parametrize("moves", range(9))
@pytest.mark.parametrize("components", [None, 2])
def test_a_run_killed_anywhere_leaves_features_and_those_from_before_of_one_run(tmp_path, killed_after, moves,
                                                                                components):
    filled(tmp_path, rows=30, key=1).publish(components)
    files = filled(tmp_path, rows=40, key=2)
    with killed_after(moves):
        files.publish(None if components else 2)
    finish(tmp_path)
    rows = {len(np.load(tmp_path / name)) for name in ("features.npy", "before.npy")}
    assert rows in ({30}, {40})
    assert (tmp_path / "whitening.npz").exists() == ((rows == {30}) == bool(components))


@pytest.mark.parametrize("moves", range(7))
def test_a_run_killed_anywhere_leaves_whitened_features_and_their_axes_of_one_run(tmp_path, killed_after, moves):
    raw = []
    for key, rows in enumerate((30, 40)):
        files = filled(tmp_path, rows=rows, key=key)
        files.note()
        raw.append(np.load(tmp_path / "features.part.npy"))
        with killed_after(moves if key else 100):
            files.publish(components=2)
    finish(tmp_path)
    features, (mean, axes) = np.load(tmp_path / "features.npy"), np.load(tmp_path / "whitening.npz").values()
    own = raw[len(features) == 40]
    np.testing.assert_allclose((own - mean) @ axes, features, atol=1e-4)
    assert len(np.load(tmp_path / "before.npy")) == len(features)


def test_a_single_photo_has_no_axes_of_earlier_ones(tmp_path):
    filled(tmp_path, rows=30).publish(components=2)
    filled(tmp_path, rows=1, key=2).publish(components=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["before.npy", "features.npy", RECORD]


def test_a_run_killed_before_whitened_features_are_in_place_whitens_them_once(tmp_path, monkeypatch):
    monkeypatch.setattr("imgcluster.extraction.feature_files._transform", lambda *arguments: 1 / 0)
    files = filled(tmp_path, rows=30)
    files.note()
    with pytest.raises(ZeroDivisionError):
        files.publish(components=2)
    monkeypatch.undo()
    again = FeatureFiles([tmp_path / "features.npy", tmp_path / "before.npy"], (4, 3), 30, key=1)
    assert again.done == 30
    again.publish(components=2)
    np.testing.assert_allclose(np.cov(np.load(tmp_path / "features.npy").T), np.eye(2), atol=1e-3)
