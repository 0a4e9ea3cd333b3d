"""Losses: exact on a few vectors, what they are named for, saved with the network, and blind to the backend's state."""
import math

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.network.losses import (  # noqa: E402
    CascadedLoss,
    LargeMarginSoftmax,
    OwnDistance,
    SupervisedContrastiveLoss,
    TripletLoss,
)

ONE_HOT = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]


def at(*degrees):
    """Vectors of length 1 in the plane, at these angles."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def losses_of(loss, y_true, y_pred):
    return np.asarray(loss.call(keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred)))


def squared(one, two):
    return 2 - 2 * math.cos(math.radians(one - two))


# ---------------------------------------------------------------- softmax over cosines

def test_without_margin_it_is_the_softmax_of_the_scaled_cosines():
    cosines = np.array([[0.9, 0.1], [-0.3, 0.4]], np.float32)
    got = losses_of(LargeMarginSoftmax(scale=10.0), np.eye(2, dtype=np.float32), cosines)
    np.testing.assert_allclose(got, [np.log1p(np.exp(-8.0)), np.log1p(np.exp(-7.0))], rtol=1e-4)


def test_the_margin_turns_the_own_angle_alone():
    angles = np.radians([[20.0, 70.0]])
    got = losses_of(LargeMarginSoftmax(scale=4.0, margin=0.3), np.array([[1, 0]], np.float32), np.cos(angles))
    expected = np.log1p(np.exp(4 * (np.cos(angles[0, 1]) - np.cos(angles[0, 0] + 0.3))))
    np.testing.assert_allclose(got, [expected], rtol=1e-4)


def test_the_margin_never_helps_and_the_loss_falls_with_the_angle_everywhere():
    angles = np.linspace(0.01, math.pi - 0.01, 60)
    cosines = np.stack([np.cos(angles), np.zeros(60)], axis=1).astype(np.float32)
    y_true = np.tile(np.float32([1, 0]), (60, 1))
    with_margin, without = (losses_of(LargeMarginSoftmax(margin=margin), y_true, cosines) for margin in (0.5, 0.0))
    assert (with_margin >= without - 1e-5).all() and (np.diff(with_margin) > -1e-4).all()


# ---------------------------------------------------------------- centres

def test_own_distance_looks_at_the_own_centre_alone():
    distances = np.array([[1.0, 9.0], [4.0, 2.0]], np.float32)
    np.testing.assert_allclose(losses_of(OwnDistance(), np.eye(2, dtype=np.float32), distances), [0.5, 1.0])


# ---------------------------------------------------------------- triplets

def test_batch_hard_takes_the_farthest_of_its_own_and_the_nearest_other():
    y_true = np.eye(2, dtype=np.float32)[[0, 0, 0, 1, 1]]
    angles = (0, 10, 60, 40, 100)
    got = losses_of(TripletLoss(mining="hard", margin=0.1), y_true, at(*angles))
    pairs = [(60, 40), (60, 40), (0, 40), (100, 60), (40, 60)]
    expected = [max(0, squared(a, far) - squared(a, near) + 0.1) for a, (far, near) in zip(angles, pairs)]
    np.testing.assert_allclose(got, expected, atol=1e-5)


def test_semi_hard_takes_the_nearest_other_beyond_the_own_one():
    # Photo 0: its own one at 30 degrees; others at 10 (nearer: too hard), 35 (the nearest beyond) and 90.
    y_true = np.eye(2, dtype=np.float32)[[0, 0, 1, 1, 1]]
    got = losses_of(TripletLoss(margin=0.5), y_true, at(0, 30, 10, 35, 90))
    assert got[0] == pytest.approx(squared(0, 30) - squared(0, 35) + 0.5, abs=1e-5)


def test_semi_hard_takes_the_farthest_other_where_all_are_nearer():
    y_true = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    got = losses_of(TripletLoss(margin=0.2), y_true, at(0, 90, 10, 20))
    assert got[0] == pytest.approx(squared(0, 90) - squared(0, 20) + 0.2, abs=1e-5)


@pytest.mark.parametrize("mining", ["hard", "semi-hard"])
def test_well_separated_models_and_lone_photos_cost_nothing(mining):
    loss = TripletLoss(mining=mining)
    np.testing.assert_allclose(losses_of(loss, ONE_HOT, at(0, 2, 180, 182)), 0, atol=1e-6)
    np.testing.assert_allclose(losses_of(loss, np.eye(3, dtype=np.float32), at(0, 10, 20)), 0)
    np.testing.assert_allclose(losses_of(loss, np.ones((3, 1), np.float32), at(0, 90, 180)), 0)


# ---------------------------------------------------------------- supervised contrast

def test_supervised_contrast_is_the_formula_of_the_paper():
    vectors, temperature = at(0, 20, 90, 120), 0.5
    similarity = vectors @ vectors.T / temperature
    expected = []
    for anchor, partner in enumerate((1, 0, 3, 2)):
        others = [similarity[anchor, other] for other in range(4) if other != anchor]
        expected.append(-similarity[anchor, partner] + np.log(np.sum(np.exp(others))))
    got = losses_of(SupervisedContrastiveLoss(temperature=temperature), ONE_HOT, vectors)
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_a_photo_alone_of_its_model_has_nothing_to_learn():
    got = losses_of(SupervisedContrastiveLoss(), np.eye(3, dtype=np.float32)[[0, 0, 1]], at(0, 20, 90))
    assert got[2] == 0 and got[0] > 0


# ---------------------------------------------------------------- the cascade

def cascade(first, second, shares):
    return losses_of(CascadedLoss(shares=shares, margin=1.0), ONE_HOT, np.stack([first, second], axis=1)).mean()


def test_one_depth_is_the_contrastive_loss():
    vectors = at(0, 60, 70, 180)
    same = [squared(0, 60), squared(70, 180)]
    apart = [max(0, 1 - squared(a, b)) for a in (0, 60) for b in (70, 180)]
    got = losses_of(CascadedLoss(shares=(1.0,), margin=1.0), ONE_HOT, vectors[:, None]).mean()
    assert got == pytest.approx(np.mean(same) + np.mean(apart), abs=1e-5)


def test_only_the_hardest_pairs_are_passed_on():
    first, second = at(0, 60, 170, 180), at(0, 40, 50, 180)
    # At the first depth, photos 0 and 1 are the farther pair of one model, 1 and 2 the nearest pair of two.
    all_of_first = np.mean([squared(0, 60), squared(170, 180)])
    hard_of_second = squared(0, 40) + max(0, 1 - squared(40, 50))
    apart = [max(0, 1 - squared(a, b)) for a in (0, 60) for b in (170, 180)]
    assert cascade(first, second, (1.0, 0.5)) >= (all_of_first + np.mean(apart) + squared(0, 40)) / 2 - 1e-5
    first = at(0, 60, 70, 80)
    apart = [max(0, 1 - squared(a, b)) for a in (0, 60) for b in (70, 80)]
    expected = (np.mean([squared(0, 60), squared(70, 80)]) + np.mean(apart) + hard_of_second) / 2
    assert cascade(first, second, (1.0, 0.25)) == pytest.approx(expected, abs=1e-5)


# ---------------------------------------------------------------- all of them

LOSSES = [LargeMarginSoftmax(scale=8.0, margin=0.1, label_smoothing=0.1), OwnDistance(), TripletLoss(margin=0.4),
          TripletLoss(mining="hard"), SupervisedContrastiveLoss(temperature=0.2), CascadedLoss(shares=(1.0, 0.3))]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_losses_are_saved_and_give_one_value_per_photo(loss):
    rng = np.random.default_rng(0)
    y_true = np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]
    y_pred = rng.normal(size=(6, 2, 3) if isinstance(loss, CascadedLoss) else (6, 3)).astype(np.float32)
    y_pred /= np.linalg.norm(y_pred, axis=-1, keepdims=True)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    values = losses_of(loss, y_true, y_pred)
    assert values.shape == (6,) and np.isfinite(values).all()
    np.testing.assert_array_equal(values, losses_of(again, y_true, y_pred))


@pytest.mark.parametrize("loss", [TripletLoss(margin=0.5), TripletLoss(mining="hard", margin=0.5),
                                  SupervisedContrastiveLoss(), CascadedLoss(shares=(1.0,))],
                         ids=["semi-hard", "hard", "contrastive", "cascaded"])
def test_following_the_gradient_brings_photos_of_a_model_together(loss):
    keras.utils.set_random_seed(0)
    labels = np.repeat([0, 1, 2], 4)
    y_true = np.eye(3, dtype=np.float32)[labels]
    inputs = keras.Input((12,))
    vectors = keras.layers.UnitNormalization()(keras.layers.Dense(4, use_bias=False)(inputs))
    outputs = keras.layers.Reshape((1, 4))(vectors) if isinstance(loss, CascadedLoss) else vectors
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.05), loss, jit_compile=False)
    photos = np.eye(12, dtype=np.float32)  # nothing in common: only the loss can bring them together
    for _ in range(80):
        model.train_on_batch(photos, y_true)
    similarity = (found := np.asarray(model.predict_on_batch(photos)).reshape(12, 4)) @ found.T
    same = labels[:, None] == labels
    assert similarity[same].min() > similarity[~same].max()
