"""Training from photos: who is trained on and who judges, one network or several as one."""
import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.splits import split_models  # noqa: E402
from imgcluster.trainer import Trainer, make_training_set  # noqa: E402
from imgcluster.training import Regime  # noqa: E402

NAMES = np.repeat(["boot", "clog", "mule", "pump", "vamp"], 4)


def training_set(img_paths, holdout_models=0.4):
    return make_training_set(img_paths, NAMES, holdout_models=holdout_models, train_fraction=0.75, seed=0)


def test_outputs_are_the_models_trained_on_and_nobody_else_judges_the_transfer():
    made = training_set([f"{row}.png" for row in range(20)])
    held_out = split_models(NAMES, share=0.4, seed=0)
    assert len(made.classes) == 3 and len(made.holdout_classes) == 2
    np.testing.assert_array_equal(made.rows.holdout, held_out)
    assert sorted(np.concatenate(list(vars(made.rows).values()))) == list(range(20))
    names = np.array([*made.classes, *made.holdout_classes])
    assert (names[made.labels] == NAMES).all()
    assert made.labels[made.rows.train].max() == made.labels[made.rows.val].max() == 2
    assert made.labels[made.rows.holdout].min() == 3


def test_without_held_out_models_all_are_trained_on():
    made = training_set(["x"] * 20, holdout_models=0.0)
    assert made.classes == sorted(set(NAMES)) and made.holdout_classes == [] and len(made.rows.holdout) == 0


def test_several_networks_are_trained_and_joined(squares, save_photos, silent, tmp_path):
    names = save_photos(tmp_path / "img", {f"{row:02}.png": picture for row, picture in
                                           enumerate(squares(np.repeat([0, 1, 2, 3, 0], 4)))})
    (tmp_path / "img" / names[7]).write_bytes(b"nothing")
    said, warned = [], []
    trainer = Trainer(training_set(names), Regime(epochs=0, head_epochs=1, batch_size=4), img_dir=tmp_path / "img",
                      state_dir=tmp_path / "state", seed=0, picture_options={"workers": 1}, say=said.append,
                      warn=warned.append, progress=silent)
    members = [trainer.train("MobileNetV3Small", 1, weights=None, input_size=32, pooling="avg"),
               trainer.train("MobileNet_0.75", 2, weights=None, input_size=48, pooling="gem")]
    assert [member.name for member in members] == ["MobileNetV3Small", "MobileNet_0.75"]
    assert len(warned) == 2 and all(names[7] in line for line in warned)
    network, scores, (probabilities, true) = trainer.join(members)
    assert network.input_shape == (None, 48, 48, 3) and probabilities.shape == (len(true), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    assert {"val_top_1", "holdout_recall_1", "holdout_ari"} <= set(scores)
    single, _, _ = trainer.join(members[:1])
    assert single is members[0].classifier
