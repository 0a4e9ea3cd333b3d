"""Networks fitted to photos without labels: what they give, what they keep, when nothing is fitted, from the file."""
import contextlib
import shutil

import keras
import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.extraction.networks import load_network, with_before
from imgcluster.files import write_json
from imgcluster.network.backbones import build_backbone
from imgcluster.network.saved import is_classifier, load_classifier, load_trained
from imgcluster.rows import unit_length
from imgcluster.training.crops import ViewStream
from imgcluster.training.unlabelled import fit_networks, fit_to_photos

pytestmark = pytest.mark.usefixtures("tiny_backbone")
SIZE = 64


@pytest.fixture(scope="module")
def photos(tmp_path_factory, save_photos):
    """(folder, names) of 52 pictures of coloured patterns, one of which is no picture."""
    folder, rng = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    patterns = rng.integers(256, size=(52, 4, 4, 3)).astype(np.uint8)
    names = save_photos(folder, {f"{row:02}.png": np.kron(pattern, np.ones((20, 20, 1), np.uint8))
                                 for row, pattern in enumerate(patterns)})
    (folder / names[3]).write_bytes(b"no picture")
    return folder, names


@pytest.fixture(autouse=True)
def few_looks(monkeypatch):
    monkeypatch.setattr("imgcluster.training.unlabelled.LOOKS", 60)


def member(backbone="Tiny", number=1):
    return {"backbone": backbone, "number": number, "weights": None, "input_size": SIZE, "pooling": "auto"}


@pytest.fixture
def fit(photos, silent, tmp_path):
    """fit(*members): what fit_networks returns for them."""
    def fitted(*members, names=photos[1], progress=silent):
        return fit_networks(members, photos[0], names, seed=0, folder=tmp_path / "training", progress=progress,
                            say=lambda _: None)
    return fitted


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(1).integers(256, size=(5, SIZE, SIZE, 3)).astype(np.float32)


def plain_features(pictures, backbone="Tiny", seed=0):
    keras.utils.set_random_seed(seed)
    return unit_length(np.asarray(build_backbone(backbone, weights=None, input_size=SIZE)(pictures)))


def test_features_are_its_own_and_the_fitted_ones_and_its_own_are_kept_apart(fit, pictures):
    network, names = fit(member())
    made = {kind: np.asarray(vectors) for kind, vectors in network(pictures).items()}
    own = plain_features(pictures)
    np.testing.assert_allclose(made["pretrained_features"], own, atol=1e-5)
    np.testing.assert_allclose(made["features"][:, :own.shape[1]], own, atol=1e-5)
    fitted = made["features"][:, own.shape[1]:]
    np.testing.assert_allclose(np.linalg.norm(fitted, axis=1), 1, atol=1e-4)
    assert names == ["Tiny"] and fitted.shape[1] == 60 * 4 and not is_classifier(network)


def test_several_networks_are_one_with_all_their_features(fit, pictures):
    network, names = fit(member(), member("MobileNet_0.75", 2))
    made = {kind: np.asarray(vectors) for kind, vectors in network(pictures).items()}
    assert names == ["Tiny", "MobileNet_0.75"]
    assert made["pretrained_features"].shape == (5, 40 + 768) and made["features"].shape == (5, 40 + 768 + 2 * 240)
    own = np.hstack([plain_features(pictures), plain_features(pictures, "MobileNet_0.75")])
    np.testing.assert_allclose(made["pretrained_features"], own, atol=1e-4)


def test_a_network_that_cannot_be_fitted_is_part_of_both_features(fit, pictures, monkeypatch):
    monkeypatch.setattr("imgcluster.training.unlabelled.has_depths", lambda network: network.output_shape[1] != 768)
    network, _ = fit(member(), member("MobileNet_0.75", 2))
    made = {kind: np.asarray(vectors) for kind, vectors in network(pictures).items()}
    assert made["pretrained_features"].shape == (5, 40 + 768) and made["features"].shape == (5, 40 + 240 + 768)


def test_the_network_that_ships_keeps_its_own_pooling_beside_the_fitted_one(fit, pictures):
    own = unit_length(np.asarray(build_backbone("bundled", input_size=SIZE)(pictures)))
    made = fit({**member("bundled"), "weights": "imagenet"})[0](pictures)
    np.testing.assert_allclose(made["pretrained_features"], own, atol=1e-4)
    np.testing.assert_allclose(np.asarray(made["features"])[:, :own.shape[1]], own, atol=1e-4)
    assert made["features"].shape[1] == own.shape[1] + 240


def test_nothing_is_fitted_to_a_few_photos(fit, photos):
    assert fit(member(), names=photos[1][:49])[0] is None


def test_nothing_is_fitted_where_there_is_one_map_alone(photos, silent, tiny_embedding, tmp_path):
    paths = [photos[0] / name for name in photos[1]]
    assert fit_to_photos(tiny_embedding(), paths, seed=0, folder=tmp_path, progress=silent) is None


def test_what_a_killed_run_found_is_found_again_and_only_for_these_photos_at_this_size(fit, photos, silent):
    begun = []

    def counting(*arguments):
        context = silent(*arguments)
        begun.append((arguments, context.enter_result))
        return context
    for names, fits in ((photos[1], 1), (photos[1], 1), (photos[1][:50], 2)):
        fit(member(), names=names, progress=counting)
        assert len(begun) == 2 * fits  # a bar for the views, and one for what is fitted to them
    (photos[0] / photos[1][0]).touch()
    fit(member(), progress=counting)
    assert len(begun) == 6
    fit({**member(), "input_size": SIZE + 32}, progress=counting)
    assert len(begun) == 8
    assert begun[0][0] == ("views of 52 photos", 240, "view") and [bar.at for _, bar in begun] == [240, 1] * 4


def test_a_fit_that_was_killed_goes_on_where_it_was_and_ends_the_same(photos, silent, tmp_path, monkeypatch):
    network = build_backbone("Tiny", weights=None, input_size=SIZE)
    paths, looks = [photos[0] / name for name in photos[1]], []
    whole = fit_to_photos(network, paths, seed=0, folder=tmp_path / "whole", progress=silent)
    monkeypatch.setattr("imgcluster.training.unlabelled.ViewStream", type("Counted", (ViewStream,), {
        "views": lambda self, count: looks.append(count) or ViewStream.views(self, count)}))

    class KilledBar:
        moved = 0

        def update(self, steps):
            self.moved += steps
            if self.moved > 100:
                raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        fit_to_photos(network, paths, seed=0, folder=tmp_path, progress=lambda *_: contextlib.nullcontext(KilledBar()))
    assert sum(looks) == 36
    damaged = sorted(tmp_path.rglob("*.npz"))[1]
    damaged.write_bytes(damaged.read_bytes()[:-100])
    again = fit_to_photos(network, paths, seed=0, folder=tmp_path, progress=silent)
    assert sum(looks) == 60 + 12  # those of the damaged file once more
    for name, array in whole.items():
        np.testing.assert_array_equal(again[name], array)


def test_photos_that_cannot_be_read_at_all_are_named(photos, silent, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in photos[1]:
        shutil.copy(photos[0] / photos[1][3], folder / name)
    with pytest.raises(UserError, match="none of the 52 photos can be read"):
        fit_networks([member()], folder, photos[1], seed=0, folder=tmp_path, progress=silent, say=print)


def test_from_its_file_it_is_no_fine_tuned_network_and_no_classifier(fit, pictures, tmp_path):
    network, _ = fit(member())
    network.save(tmp_path / "network.keras")
    write_json(tmp_path / "made_by_02.json", {"network": "Tiny"})
    loaded = load_network(train_dataset="shop", train_dir=tmp_path, backbone="Tiny", weights=None,
                          input_size=SIZE, seed=0)
    assert loaded.source["trained_on"] is None and loaded.source["fitted_to"] == "shop"
    assert loaded.remark == "Tiny, fitted to shop"
    assert loaded.that_made(loaded.source) is loaded and loaded.that_made(loaded.before.source) is loaded.before
    features, before = map(np.asarray, with_before(loaded, 1)(pictures))
    np.testing.assert_allclose(features, np.asarray(network(pictures)["features"]), atol=1e-4)
    np.testing.assert_allclose(before, plain_features(pictures), atol=1e-5)
    assert not is_classifier(load_trained(tmp_path / "network.keras"))
    with pytest.raises(UserError, match="network.keras: was fitted to photos without labels"):
        load_classifier(tmp_path / "network.keras")
