"""Pooling of several depths: exact on small maps, what counts, in the weights file and out of it, under fine-tuning."""
import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.errors import UserError  # noqa: E402
from imgcluster.network.backbones import build_backbone  # noqa: E402
from imgcluster.network.classifier import build_classifier, unfreeze_top  # noqa: E402
from imgcluster.network.depth_pooling import (  # noqa: E402
    DepthPooling,
    centre_weights,
    fit_statistics,
    pooled_depths,
    read_statistics,
    stage_output,
    with_inner_maps,
    write_statistics,
)
from imgcluster.network.ensemble import keep_beside  # noqa: E402
from imgcluster.network.saved import load_embedding  # noqa: E402

pytestmark = pytest.mark.usefixtures("tiny_backbone")


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(256, size=(24, 64, 64, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def weights(tmp_path_factory, tiny_backbone, pictures):
    """A weights file of Tiny with statistics of its own."""
    keras.utils.set_random_seed(0)
    backbone = build_backbone("Tiny", weights=None).get_layer("backbone")
    path = tmp_path_factory.mktemp("weights") / "tiny.weights.h5"
    backbone.save_weights(path)
    maps = with_inner_maps(backbone)(pictures / 127.5 - 1.0, training=False)
    write_statistics(path, fit_statistics(in_views(parts_of(maps), 2), components=8))
    return path


def maps_of(rng, number=200):
    """Maps of three depths, of unlike size and spread, two of their channels going together."""
    maps = [rng.normal(mean, spread, (number, side, side, channels)) * rng.gamma(2, size=(number, 1, 1, channels))
            for mean, spread, side, channels in ((3, 2, 4, 4), (-1, 0.1, 3, 3), (0, 5, 2, 5))]
    maps[2][..., 0] = maps[2][..., 1] * 10
    return [each.astype(np.float32) for each in maps]


def parts_of(maps):
    return [np.asarray(part) for part in pooled_depths(maps)]


def pooled(maps, statistics):
    layer = DepthPooling(statistics["axes"].shape[1])
    layer.build([each.shape for each in maps])
    layer.set_statistics(statistics)
    return np.asarray(layer(maps))


def in_views(parts, views):
    """Pooled rows, `views` after each other being of one photo."""
    return [part.reshape(-1, views, part.shape[-1]) for part in parts]


def fitted(maps, views=2, **options):
    return fit_statistics(in_views(parts_of(maps), views), **options)


def test_places_count_by_their_distance_from_the_middle_on_maps_of_any_side():
    weights = centre_weights(5, 3)[..., 0]
    np.testing.assert_allclose(weights, weights[::-1, ::-1], rtol=1e-6)
    assert weights.argmax() == weights.size // 2 and weights[0, 0] == weights.min()
    # One standard deviation from the middle, wherever the sides lead to: a quarter of the picture's side.
    ratio = centre_weights(4, 1)[0, 0, 0] / centre_weights(2, 1)[0, 0, 0]
    assert ratio == pytest.approx(np.exp(-(0.375 ** 2 - 0.25 ** 2) * 8))


def test_deviations_and_peaks_of_the_earlier_maps_and_halves_of_the_later_ones():
    early = np.array([[[[1.0]], [[3]]]], np.float32)
    middle = np.array([[[[-9.0]], [[5]], [[-9]]]], np.float32)
    last = np.array([[[[2.0], [4.0]]]], np.float32)
    deviation, other, peak, positive, halves, whole = parts_of([early, middle, last])
    np.testing.assert_allclose(deviation, [[1]], atol=1e-5)
    np.testing.assert_allclose(peak, [[((1 + 27) / 2) ** (1 / 3)]], rtol=1e-5)
    shares = centre_weights(3, 1)[:, 0, 0] / centre_weights(3, 1).sum()
    np.testing.assert_allclose(positive, [[5 * shares[1] ** (1 / 3)]], rtol=1e-5)
    np.testing.assert_allclose(other, [[14 * np.sqrt(shares[1] * (1 - shares[1]))]], rtol=1e-5)
    middling = (-9 * shares[0] + 5 * shares[1]) / shares[:2].sum()
    np.testing.assert_allclose(halves, [[middling, middling]], rtol=1e-5)
    np.testing.assert_allclose(whole, [[3, 3]])


def test_what_is_in_the_middle_counts_more_than_what_is_in_a_corner():
    maps = [np.random.default_rng(seed).normal(size=(20, 5, 5, 3)).astype(np.float32) for seed in range(3)]
    corner, middle = ([each.copy() for each in maps] for _ in range(2))
    for each, other in zip(corner, middle):
        each[:, 0, 0] += 3
        other[:, 2, 2] += 3
    for plain, odd, centred in zip(*map(parts_of, (maps, corner, middle))):
        assert np.abs(odd - plain).mean() < 0.5 * np.abs(centred - plain).mean()


def test_a_mirrored_picture_has_the_same_vector():
    maps = maps_of(np.random.default_rng(3))
    statistics = fitted(maps, components=6)
    mirrored = pooled([each[:, :, ::-1] for each in maps], statistics)
    np.testing.assert_allclose(pooled(maps, statistics), mirrored, atol=1e-3)


def test_views_of_a_photo_differ_alike_in_all_directions():
    # As many components as there are values: the whole space, turned.
    maps = [np.repeat(each, 3, axis=0) for each in maps_of(np.random.default_rng(0), 300)]
    maps = [each + np.random.default_rng(1).normal(0, [0.1 + 2 * (channel == 0) for channel in range(each.shape[-1])],
                                                   each.shape).astype(np.float32) for each in maps]
    statistics = fitted(maps, 3, shrinkage=0.0)
    vectors = pooled(maps, statistics)
    within = vectors.reshape(300, 3, -1)
    within = (within - within.mean(axis=1, keepdims=True)).reshape(len(vectors), -1)
    variances = np.linalg.eigvalsh(within.T @ within / len(within))
    # Six parts of length 1 each leave as many directions in which nothing varies freely.
    assert variances[-1] < 1.1 * variances[len(variances) // 2]
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=0.02)
    assert vectors.var(axis=0, ddof=1).mean() == pytest.approx(1, rel=0.05)


def test_units_of_the_maps_do_not_matter():
    maps = maps_of(np.random.default_rng(1))
    scaled = [each * scale for each, scale in zip(maps, (100, 0.5, 7))]
    one, other = (pooled(each, fitted(each, components=6)) for each in (maps, scaled))
    np.testing.assert_allclose(one @ one.T, other @ other.T, rtol=0.02, atol=0.05)


def test_channels_that_never_vary_do_no_harm():
    maps = [np.zeros((20, 4, 4, 3), np.float32), *maps_of(np.random.default_rng(2), 20)[1:]]
    assert all(np.isfinite(array).all() for array in fitted(maps).values())


def test_statistics_come_back_from_the_file_and_only_where_they_are(weights, tmp_path):
    statistics = read_statistics(weights)
    assert set(statistics) == {"center", "spread", "axes", "offset"} and statistics["axes"].shape[1] == 8
    plain = build_backbone("Tiny", weights=None).get_layer("backbone")
    plain.save_weights(tmp_path / "plain.weights.h5")
    plain.save(tmp_path / "whole.keras")
    for name in ("plain.weights.h5", "whole.keras"):
        assert read_statistics(tmp_path / name) is None
        loaded = build_backbone("Tiny", weights=tmp_path / name).get_layer("backbone")
        assert all(map(np.array_equal, loaded.get_weights(), plain.get_weights()))


def test_auto_goes_by_the_file_and_the_others_do_not(weights, pictures):
    embedding = build_backbone("Tiny", weights=weights)
    assert embedding.output_shape == (None, 8)
    features = embedding.predict(pictures, verbose=0)
    assert np.abs(features.mean(axis=0)).max() < 0.25 * features.std()
    plain = build_backbone("Tiny", weights=weights, pooling="avg")
    assert plain.output_shape == (None, 40)
    assert build_backbone("Tiny", weights=None).output_shape == (None, 40)


def test_statistics_of_another_pooling_are_refused_with_the_remedy(weights, tmp_path):
    old = tmp_path / "old.weights.h5"
    build_backbone("Tiny", weights=weights, pooling="avg").get_layer("backbone").save_weights(old)
    write_statistics(old, {name: array[:-3] if name != "offset" else array
                           for name, array in read_statistics(weights).items()})
    with pytest.raises(UserError, match="old.weights.h5: its pooling was fitted by an earlier version.*avg"):
        build_backbone("Tiny", weights=old)


def test_the_same_vectors_from_a_saved_classifier_beside_the_pretrained_ones(weights, pictures, tmp_path):
    embedding = build_backbone("Tiny", weights=weights)
    classifier = build_classifier(build_backbone("Tiny", weights=weights), 3, dropout=0.0)
    unfreeze_top(classifier.get_layer("backbone"), 0.3)
    statistics = {id(variable) for variable in embedding.get_layer("features").weights}
    assert not statistics & {id(variable) for variable in classifier.trainable_variables}
    before = embedding.predict(pictures, verbose=0)
    for variable in classifier.get_layer("backbone").trainable_variables:
        variable.assign(variable + 0.05)
    keep_beside(classifier, embedding).save(tmp_path / "network.keras")
    learnt, kept = np.split(load_embedding(tmp_path / "network.keras").predict(pictures, verbose=0), 2, axis=1)
    np.testing.assert_allclose(kept, before / np.linalg.norm(before, axis=1, keepdims=True), atol=1e-4)
    assert np.abs(learnt - kept).max() > 1e-3


@pytest.mark.parametrize(("name", "channels"), [("InceptionV3", (288, 768)), ("EfficientNetV2B0", (192, 672))])
def test_inner_maps_hold_all_that_was_found_and_no_branch_alone(name, channels):
    backbone = build_backbone(name, weights=None, input_size=144).get_layer("backbone")
    inner = with_inner_maps(backbone)
    assert tuple(each.shape[-1] for each in inner.outputs[:2]) == channels
    assert [operation.name for operation in inner.operations] == [operation.name for operation in backbone.operations]


def test_an_inner_map_is_the_last_of_the_widest_of_its_size():
    backbone = build_backbone("Tiny", weights=None).get_layer("backbone")
    assert stage_output(backbone, 8).shape[1:3] == (8, 8) and stage_output(backbone, 16).shape[1:3] == (4, 4)
    with pytest.raises(UserError, match="no maps at 1/64"):
        stage_output(backbone, 64)
