"""Pooling fitted to photos without labels: views of a photo find each other, weights stay."""
import cv2
import keras
import numpy as np
import pytest

from imgcluster.network.backbones import build_backbone
from imgcluster.network.depth_pooling import pooled_at_depths
from imgcluster.training.crops import VIEWS, ViewStream
from imgcluster.training.pooling_fit import fit_to_views

SIZE = 64


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures of coloured patterns on grey, and one file that is no picture."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for number in range(30):
        picture = np.full((80, 100, 3), 128, np.uint8)
        pattern = rng.integers(256, size=(5, 5, 3)).astype(np.uint8)
        picture[15:65, 25:75] = cv2.resize(pattern, (50, 50), interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def network(tiny_backbone):
    keras.utils.set_random_seed(0)
    return build_backbone(tiny_backbone, weights=None, input_size=SIZE)


def views_of(photos, seed, count):
    return ViewStream(sorted(photos.glob("*.png")), size=SIZE, seed=seed).views(count)


def found(embedding, views):
    """Share of views whose nearest other one is of the same photo."""
    vectors = embedding.predict(np.concatenate(views), verbose=0)
    vectors -= vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    photo = np.repeat(np.arange(len(views)), VIEWS)
    return np.mean(photo[(vectors @ vectors.T - 9 * np.eye(len(photo))).argmax(axis=1)] == photo)


def test_other_views_of_a_photo_are_found_more_often_than_by_the_average(photos):
    plain = build_backbone("bundled", input_size=SIZE, pooling="avg")
    fitted = pooled_at_depths(plain, fit_to_views(plain, views_of(photos, 0, 60)))
    views = list(views_of(photos, 1, 30))
    assert found(fitted, views) > found(plain, views) + 0.2


def test_the_same_views_give_the_same_statistics(photos, network):
    first, second = (fit_to_views(network, views_of(photos, 3, 15)) for _ in range(2))
    for name, array in first.items():
        np.testing.assert_allclose(array @ array.T if name == "axes" else array,
                                   second[name] @ second[name].T if name == "axes" else second[name], atol=1e-3)
