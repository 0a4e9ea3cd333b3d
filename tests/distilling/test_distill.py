"""Distillation: the loss falls, a killed run goes on, the weights are small, half precision and load."""
import hashlib
from dataclasses import replace

import cv2
import h5py
import keras
import numpy as np
import pytest
from scripts import here

from imgcluster.distilling import distill
from imgcluster.distilling.distill import Distillation, Recipe, check_recipe, find_photos, is_held_out, load_teacher
from imgcluster.distilling.distill_networks import (
    Student,
    Teachers,
    linear_map,
    map_loss,
    relation_loss,
    standardising_axes,
)
from imgcluster.errors import UserError
from imgcluster.network.backbones import build_backbone
from imgcluster.network.classifier import build_classifier, with_whitening
from imgcluster.network.depth_pooling import GROUP, read_statistics
from imgcluster.network.ensemble import keep_beside
from imgcluster.network.saved import embedding_of
from imgcluster.rows import unit_length
from imgcluster.training.crops import VIEWS

pytestmark = pytest.mark.usefixtures("tiny_backbone")
RECIPE = Recipe(student="Tiny", sizes=(32,), steps=8, batch_size=8, pool=32, warmup_steps=2)


@pytest.fixture(autouse=True)
def few_crops(monkeypatch):
    """Fit the pooling to few photos."""
    monkeypatch.setattr(distill, "POOLED", 10)


@pytest.fixture(scope="module")
def teacher(tiny_backbone):
    """A random network that tells pictures apart: its batch normalisation has the statistics of noise."""
    keras.utils.set_random_seed(1)
    embedding = build_backbone("Tiny", weights=None, input_size=32)
    backbone = embedding.get_layer("backbone")
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0
    backbone(np.random.default_rng(0).normal(size=(64, 32, 32, 3)).astype(np.float32), training=True)
    return embedding


def test_a_network_of_step_02_teaches_what_step_03_would_write(teacher, tmp_path):
    classifier = build_classifier(teacher, 3, dropout=0.0, embedding_dim=5)
    whitened = with_whitening(classifier, np.eye(5, 4), np.zeros(4))
    for network, width in ((classifier, 5), (whitened, 4)):
        network.save(tmp_path / "network.keras")
        teachers = Teachers([load_teacher(str(tmp_path / "network.keras"), size=32)])
        pictures = np.random.default_rng(0).integers(0, 255, (6, 32, 32, 3), dtype=np.uint8)
        teachers.calibrate(pictures)
        features = embedding_of(network).predict_on_batch(pictures.astype(np.float32))
        assert features.shape == (6, width)
        assert teachers(pictures)[-1] == pytest.approx(unit_length(features), abs=0.01)
    keep_beside(whitened, teacher).save(tmp_path / "both.keras")
    with pytest.raises(UserError, match="holds several networks.*KEEP_PRETRAINED = False"):
        Teachers([load_teacher(str(tmp_path / "both.keras"), size=32)])


class StoppingBar:
    """A progress bar on which somebody presses Ctrl-C."""

    def __init__(self, stop):
        self.n, self.stop = 0, stop

    def set_postfix_str(self, text, refresh):
        assert text.startswith("loss ")

    def update(self, count):
        self.n += count
        if self.stop == self.n:
            raise KeyboardInterrupt


def test_the_loss_falls_and_a_stopped_run_goes_on(folder, teacher, tmp_path):
    photos, out = find_photos([folder])[0], tmp_path / "small.weights.h5"
    with pytest.raises(KeyboardInterrupt):
        Distillation(RECIPE, [teacher], photos, tmp_path / "state").run(out, bar=StoppingBar(stop=4), save_seconds=0)
    assert read_statistics(out) is None
    again = Distillation(RECIPE, [teacher], photos, tmp_path / "state")
    assert 0 < again.step <= 4
    again.run(out)
    assert again.step == 8
    batch = again.pool.batch(np.random.default_rng(0))
    losses = [again.student.learn(*batch, rate=RECIPE.learning_rate, step=again.step) for _ in range(15)]
    assert losses[-1] < losses[0]
    assert_half_precision(out)
    features = build_backbone("Tiny", weights=out, input_size=32).predict_on_batch(np.zeros((2, 32, 32, 3)))
    assert features.shape == (2, 10 * VIEWS) and np.isfinite(features).all()
    with pytest.raises(UserError, match="another student"):
        Distillation(Recipe(student="Tiny", sizes=(64,), steps=2, pool=32), [teacher], photos,
                     tmp_path / "state")
    for damaged in (b"", b"PK"):
        (tmp_path / "state" / "state.npz").write_bytes(damaged)
        with pytest.raises(UserError, match="state.npz: damaged; remove it to begin anew"):
            Distillation(RECIPE, [teacher], photos, tmp_path / "state")


def assert_half_precision(path):
    kinds = set()
    with h5py.File(path) as file:
        file.visititems(lambda name, item: kinds.add(str(item.dtype))
                        if isinstance(item, h5py.Dataset) and not name.startswith(GROUP) else None)
    assert "float16" in kinds and "float32" not in kinds
    assert path.stat().st_size < 6e6


def test_a_student_begins_from_weights_that_it_is_given(tmp_path):
    given = build_backbone("Tiny", weights=None, input_size=32)
    given.get_layer("backbone").save_weights(tmp_path / "given.weights.h5")
    student = Student(replace(RECIPE, start=tmp_path / "given.weights.h5"), 32, [4, 4, 4])
    for before, after in zip(given.get_weights(), student.embedding.get_weights(), strict=True):
        assert np.array_equal(before, after)


def test_first_projections_are_the_best_linear_ones():
    rng = np.random.default_rng(0)
    pictures = rng.integers(256, size=(60, 32, 32, 3)).astype(np.uint8)
    student = Student(RECIPE, 32, [4, 5, 6])
    # Of the student's own maps, mixed, there is a linear map without a rest.
    own = student.model.predict(pictures.astype(np.float32), verbose=0)
    targets = [*(part @ rng.normal(size=(part.shape[-1], part.shape[-1])) + 3 for part in own[:-1]), own[-1]]
    before = errors(student, pictures, targets)
    student.fit_projections(pictures, targets)
    assert (errors(student, pictures, targets) < 0.5 * before).all()


def errors(student, pictures, targets):
    """Squared error of each map, in the mode in which the student is taught."""
    maps = student.model(pictures.astype(np.float32), training=True)[:-1]
    return np.array([np.mean(np.square(np.asarray(given) - wanted)) for given, wanted in zip(maps, targets)])


def test_linear_map_finds_the_map_that_made_the_targets():
    rng = np.random.default_rng(0)
    rows, kernel = rng.normal(size=(4000, 3)) + 7, rng.normal(size=(3, 2))
    found, bias = linear_map(rows, rows @ kernel + [1, 2])
    assert np.allclose(rows @ found + bias, rows @ kernel + [1, 2], atol=0.15)
    found, bias = linear_map(np.ones((10, 3)), np.full((10, 2), 5.0))
    assert np.allclose(np.ones((1, 3)) @ found + bias, 5)


def test_axes_give_small_directions_more_weight_than_their_variance():
    rows = np.random.default_rng(0).normal(size=(5000, 4)) * [8, 4, 1, 0.01] + 5
    mean, basis = standardising_axes(rows, 3)
    variances = ((rows - mean) @ basis).var(axis=0)
    assert basis.shape == (4, 3) and np.isclose(variances.mean(), 1, atol=0.02)
    assert variances[0] > variances[1] > variances[2]
    assert variances[0] / variances[2] < 0.5 * 8 ** 2
    assert np.isfinite(standardising_axes(np.ones((9, 4)), 3)[1]).all()


def test_a_student_that_grows_keeps_its_weights_and_average():
    student = Student(RECIPE, 32, [4, 4, 4])
    student.averaged = [array + 1 for array in student.averaged]
    before = student.state()
    student.grow(64)
    assert student.model.input_shape[1] == 64
    after = student.state()
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_joint_similarities_are_the_mean_over_teachers(teacher):
    pictures = np.random.default_rng(0).integers(256, size=(4, 32, 32, 3)).astype(np.uint8)
    larger = build_backbone("Tiny", weights=None, input_size=64)
    teachers = Teachers([teacher, larger])
    teachers.calibrate(pictures)
    *maps, pooled = teachers(pictures)
    enlarged = np.stack([cv2.resize(picture, (64, 64), interpolation=cv2.INTER_LINEAR) for picture in pictures])
    wanted = (similarities(teacher, pictures) + similarities(larger, enlarged)) / 2
    assert np.allclose(pooled.astype(np.float32) @ pooled.T.astype(np.float32), wanted, atol=5e-3)
    assert [part.shape[:3] for part in maps] == [(4, 4, 4), (4, 2, 2), (4, 1, 1)]


def similarities(embedding, pictures):
    features = embedding.predict_on_batch(pictures.astype(np.float32))
    features = features / np.linalg.norm(features, axis=1, keepdims=True)
    return features @ features.T


def test_losses_are_zero_for_a_perfect_student():
    rng = np.random.default_rng(0)
    maps, features = rng.normal(size=(5, 2, 2, 3)).astype(np.float32), rng.normal(size=(5, 7)).astype(np.float32)
    turned = 3 * features @ np.linalg.qr(rng.normal(size=(7, 7)))[0].astype(np.float32)
    assert np.allclose(map_loss(maps, maps), 0, atol=1e-5)
    assert np.allclose(relation_loss(features, turned), 0, atol=1e-5)
    assert np.mean(relation_loss(features, rng.normal(size=(5, 7)).astype(np.float32))) > 0.1


def test_held_out_share_depends_on_the_name_alone():
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(3000)]
    held = [is_held_out(name, 1 / 3) for name in names]
    assert 900 < sum(held) < 1100
    assert held == [is_held_out(name, 1 / 3) for name in names]
    assert not any(is_held_out(name, 0) for name in names)
    assert all(is_held_out(name, 0.5) for name, kept in zip(names, held) if kept)


@pytest.mark.parametrize("change, out, words", [
    ({"student": "MobileNetV9"}, "a.weights.h5", "no such network"), ({}, "a.h5", "must end in .weights.h5"),
    ({"start": "no.weights.h5"}, "a.weights.h5", "--start no.weights.h5: no such file"),
    ({"sizes": (16, 64)}, "a.weights.h5", "at least 32"), ({"batch_size": 1}, "a.weights.h5", "at least 4"),
    ({"steps": -1}, "a.weights.h5", "greater than 0"), ({"steps": 0}, "a.weights.h5", "greater than 0")])
def test_bad_arguments_are_named(change, out, words):
    recipe = Recipe(**{"student": "MobileNetV3Small", "steps": 5, **change})
    with pytest.raises(UserError, match=words):
        check_recipe(recipe, out=out, hold_out=0)


def test_unknown_teacher_is_named():
    with pytest.raises(UserError, match="no such file"):
        load_teacher("nowhere.keras", size=32)
    with pytest.raises(UserError, match="no such network"):
        load_teacher("Inception", size=32)


def test_tool_ends_with_code_2_on_a_missing_folder(tmp_path):
    done = here("tools/distill_backbone.py", "--photos", tmp_path / "none", "--teacher", "MobileNetV2", "--out",
                tmp_path / "a.weights.h5", cwd=tmp_path)
    assert done.returncode == 2
    assert "does not exist" in done.stderr and "Traceback" not in done.stderr
