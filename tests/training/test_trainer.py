"""Training from photos: who is trained on and who judges, one network or several as one."""
import itertools
from types import SimpleNamespace

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.errors import UserError  # noqa: E402
from imgcluster.network.backbones import build_backbone  # noqa: E402
from imgcluster.network.classifier import output_layer  # noqa: E402
from imgcluster.network.depth_pooling import DepthPooling  # noqa: E402
from imgcluster.network.saved import load_classifier, load_embedding, load_trained, pretrained_of  # noqa: E402
from imgcluster.rows import unit_length  # noqa: E402
from imgcluster.structure.whitening import within_model_whitening  # noqa: E402
from imgcluster.training.splits import split_models  # noqa: E402
from imgcluster.training.trainer import Trainer, make_training_set, time_left  # noqa: E402
from imgcluster.training.training import Regime  # noqa: E402

NAMES = np.repeat(["boot", "clog", "mule", "pump", "vamp"], 4)


def training_set(img_paths, holdout_models=0.4, train_on_all=False):
    return make_training_set(img_paths, NAMES, holdout_models=holdout_models, train_fraction=0.75,
                             train_on_all=train_on_all, seed=0)


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
    assert made.models_in_words() == f"3 models to train on, 2 held out to judge by: {', '.join(made.holdout_classes)}"


def test_without_held_out_models_all_are_trained_on():
    made = training_set(["x"] * 20, holdout_models=0.0)
    assert made.classes == sorted(set(NAMES)) and made.holdout_classes == [] and len(made.rows.holdout) == 0
    assert made.models_in_words().startswith("5 models to train on, none held out")


def test_models_that_chose_the_epoch_are_trained_on_in_the_end():
    apart, made = (training_set([f"{row}.png" for row in range(20)], train_on_all=each) for each in (False, True))
    assert apart.final_rows is apart.rows and made.classes == [*apart.classes, *apart.holdout_classes]
    np.testing.assert_array_equal(made.rows.train, apart.rows.train)
    assert len(made.final_rows.holdout) == 0
    assert sorted([*made.final_rows.train, *made.final_rows.val]) == list(range(20))
    assert set(made.rows.train) < set(made.final_rows.train)
    assert set(made.labels[made.final_rows.train]) == set(made.labels[made.final_rows.val]) == set(range(5))


@pytest.mark.parametrize(("seconds", "said"), [(0, "10 seconds"), (12, "20 seconds"), (100, "100 seconds"),
                                               (150, "2 minutes"), (3600, "60 minutes")])
def test_the_time_left_is_never_nothing(seconds, said):
    assert time_left(seconds) == f"at most {said} left"


def test_several_networks_are_trained_and_joined(squares, save_photos, silent, tiny_backbone, tmp_path):
    names = save_photos(tmp_path / "img", {f"{row:02}.png": picture for row, picture in
                                           enumerate(squares(np.repeat([0, 1, 2, 3, 0], 4)))})
    (tmp_path / "img" / names[7]).write_bytes(b"nothing")
    said, warned = [], []
    trainer = Trainer(training_set(names), Regime(epochs=0, head_epochs=1, batch_size=4), img_dir=tmp_path / "img",
                      state_dir=tmp_path / "state", seed=0, picture_options={"workers": 1}, keep_pretrained=False,
                      whiten=False, say=said.append, warn=warned.append, progress=silent)
    members = trainer.train_all([
        {"backbone": tiny_backbone, "number": 1, "weights": None, "input_size": 32, "pooling": "avg"},
        {"backbone": "MobileNet_0.75", "number": 2, "weights": None, "input_size": 48, "pooling": "gem"}])
    assert said[0].startswith("3 models to train on") and "MAP@R, how many of a photo's nearest" in said[0]
    assert [line.partition(":")[0] for line in said[-2:]] == [f"{member.name} by itself" for member in members]
    assert [member.name for member in members] == [tiny_backbone, "MobileNet_0.75"]
    assert len(warned) == 2 and all(names[7] in line for line in warned)
    network, scores, (probabilities, true) = trainer.join(members)
    assert network.input_shape == (None, 48, 48, 3) and probabilities.shape == (len(true), 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    assert {"val_top_1", "holdout_recall_1", "holdout_ari"} <= set(scores)
    single, _, _ = trainer.join(members[:1])
    assert single is members[0].network


@pytest.fixture
def trainer(squares, save_photos, silent, tiny_embedding, monkeypatch, tmp_path):
    """trainer(folder, **options): a Trainer of a tiny network on squares of four colours, two models held out.

    It is for `OPTIONS`, whose pooling leaves nothing to fit.
    """
    names = save_photos(tmp_path / "img", {f"{row:02}.png": picture for row, picture in
                                           enumerate(squares(np.repeat([0, 1, 2, 3, 0], 4)))})
    monkeypatch.setattr("imgcluster.training.trainer.load_backbone", lambda *_, **__: (tiny_embedding(), "tiny", ""))
    monkeypatch.setattr("imgcluster.training.trainer.fit_to_photos",
                        lambda *_, **__: pytest.fail("fitted all the same"))

    def make(folder, *, train_on_all=True, keep_pretrained=True, whiten=True, say=lambda _: None):
        regime = Regime(epochs=2, head_epochs=1, batch_size=4, learning_rate=1e-2)
        return Trainer(training_set(names, train_on_all=train_on_all), regime, img_dir=tmp_path / "img",
                       state_dir=tmp_path / folder, seed=0, picture_options={"workers": 1},
                       keep_pretrained=keep_pretrained, whiten=whiten, say=say, warn=lambda _: None, progress=silent)
    return make


OPTIONS = {"weights": None, "input_size": None, "pooling": "avg"}


def test_the_network_that_is_kept_knows_all_models_and_is_judged_by_one_that_does_not(trainer):
    made, apart = trainer("state"), trainer("apart", train_on_all=False)
    member, other = (each.train("tiny", 1, **OPTIONS) for each in (made, apart))
    assert member.judged.output_shape == other.network.output_shape == (None, 3)
    assert member.network.output_shape == (None, 5) and other.judged is other.network
    _, scores, (probabilities, true) = made.join([member])
    assert probabilities.shape == (len(true), 5) and set(true) == set(range(5))
    assert scores["holdout_map_r"] == apart.join([other])[1]["holdout_map_r"]


def test_a_model_whose_training_photos_cannot_be_read_is_one_all_the_same(trainer, tmp_path):
    made = trainer("state", train_on_all=False)
    last = made.set.rows.train[made.set.labels[made.set.rows.train] == 2]
    for row in last:
        (tmp_path / "img" / made.set.img_paths[row]).write_bytes(b"nothing")
    assert made.train("tiny", 1, **OPTIONS).network.output_shape == (None, len(made.set.classes))


def test_held_out_models_of_which_one_is_left_cannot_judge(trainer, tmp_path):
    made = trainer("state")
    labels = made.set.labels[made.set.rows.holdout]
    for row in made.set.rows.holdout[labels == labels[0]]:
        (tmp_path / "img" / made.set.img_paths[row]).write_bytes(b"nothing")
    with pytest.raises(UserError, match="too few photos"):
        made.train("tiny", 1, **OPTIONS)


def test_what_auto_stood_for_is_loaded_from_then_on(trainer, tiny_embedding, monkeypatch):
    asked = []

    def load(name, **_):
        asked.append(name)
        return tiny_embedding(), "tiny", ""
    monkeypatch.setattr("imgcluster.training.trainer.load_backbone", load)
    trainer("state").train("auto", 1, **OPTIONS)
    assert asked == ["auto", "tiny", "tiny"]


def test_after_the_last_epoch_no_time_is_left(trainer):
    said = []
    trainer("state", train_on_all=False, say=said.append).train("tiny", 1, **OPTIONS)
    assert ["left" in line for line in said if line.startswith("epoch")] == [True, False]
    # One score a line: all of them are in history.csv.
    assert all(line.count("MAP@R") == 1 and "top-" not in line for line in said if line.startswith("epoch"))


@pytest.mark.parametrize("train_on_all, left", [(False, ["60 seconds", ""]), (True, ["4 minutes", "3 minutes"])])
def test_the_time_left_is_also_that_of_the_training_on_all_models(trainer, monkeypatch, train_on_all, left):
    said, minutes = [], itertools.count(step=60)
    monkeypatch.setattr("imgcluster.training.trainer.time", SimpleNamespace(perf_counter=lambda: next(minutes)))
    trainer("state", train_on_all=train_on_all, say=said.append).train("tiny", 1, **OPTIONS)
    first = [line for line in said if line.startswith("epoch")][:2]
    assert [line.partition("; at most ")[2].removesuffix(" left for this network") for line in first] == left


def test_scores_of_models_that_were_learnt_in_the_end_are_said_to_be_of_the_training_before(trainer):
    for train_on_all in (True, False):
        made = trainer(str(train_on_all), train_on_all=train_on_all)
        scores = made.join([made.train("tiny", 1, **OPTIONS)])[1]
        said = made.set.scores_in_words(scores)
        assert "MAP@R" in said and ("of the first training, with those models held out" in said) == train_on_all


def test_the_network_that_is_judged_is_whitened_without_the_models_held_out(trainer, monkeypatch):
    shown = []

    def whitening(vectors, labels):
        shown.append(set(labels.tolist()))
        return within_model_whitening(vectors, labels)
    monkeypatch.setattr("imgcluster.training.trainer.within_model_whitening", whitening)
    made = trainer("state")
    made.join([made.train("tiny", 1, **OPTIONS)])
    held_out = set(made.set.labels[made.set.rows.holdout].tolist())
    assert len(held_out) == 2 and shown == [set(range(5)) - held_out, set(range(5))]


def test_pretrained_features_stand_beside_the_learnt_ones_and_the_file_holds_both(trainer, squares, tmp_path):
    made = trainer("state", whiten=False, train_on_all=False)
    member = made.train("tiny", 1, **OPTIONS)
    network, _, _ = made.join([member])
    network.save(tmp_path / "network.keras")
    pictures = squares([0, 1, 2])
    vectors = np.asarray(load_embedding(tmp_path / "network.keras")(pictures))
    before, probabilities = (np.asarray(each(pictures)) for each in (member.pretrained, member.network))
    assert vectors.shape == (3, 16)
    np.testing.assert_allclose(vectors[:, 8:], unit_length(before), atol=1e-5)
    np.testing.assert_allclose(np.asarray(load_classifier(tmp_path / "network.keras")(pictures)), probabilities,
                               atol=1e-5)


@pytest.mark.parametrize("whiten", [True, False])
def test_the_features_from_before_show_the_kind_that_was_trained_on(trainer, squares, whiten):
    made = trainer("state", whiten=whiten)
    member = made.train("tiny", 1, **OPTIONS)
    features, labels = made.known_kind(made.join([member])[0])
    before = unit_length(np.asarray(member.pretrained(squares(np.repeat([0, 1, 2, 3, 0], 4)))))
    np.testing.assert_allclose(features, before, atol=1e-5)
    np.testing.assert_array_equal(labels, made.set.labels)
    without = trainer("without", keep_pretrained=False, whiten=whiten)
    assert without.known_kind(without.join([member])[0]) is None


@pytest.mark.parametrize("keep_pretrained", [True, False])
def test_the_whitening_is_part_of_the_saved_network(trainer, squares, tmp_path, keep_pretrained):
    made = trainer("state", keep_pretrained=keep_pretrained)
    network, _, _ = made.join([made.train("tiny", 1, **OPTIONS)])
    network.save(tmp_path / "network.keras")
    pictures = squares([0, 1, 2])
    vectors = np.asarray(load_embedding(tmp_path / "network.keras")(pictures))
    np.testing.assert_allclose(vectors, np.asarray(network(pictures)["features"]), rtol=1e-4, atol=1e-4)
    assert output_layer(network).name == "whitened"


def test_pooling_is_fitted_before_training_and_the_plain_average_is_kept_beside_it(squares, save_photos, silent,
                                                                                   tiny_backbone, monkeypatch,
                                                                                   tmp_path):
    monkeypatch.setattr("imgcluster.training.unlabelled.LOOKS", 24)
    pictures = squares(np.tile(np.repeat([0, 1, 2, 3, 0], 4), 3))
    names = save_photos(tmp_path / "img", {f"{row:02}.png": picture for row, picture in enumerate(pictures)})
    made = make_training_set(names, np.tile(NAMES, 3), holdout_models=0.4, train_fraction=0.75, train_on_all=True,
                             seed=0)
    trainer = Trainer(made, Regime(epochs=1, head_epochs=1, batch_size=4), img_dir=tmp_path / "img",
                      state_dir=tmp_path / "state", seed=0, picture_options={"workers": 1}, keep_pretrained=True,
                      whiten=False, say=lambda _: None, warn=lambda _: None, progress=silent)
    member = trainer.train(tiny_backbone, 1, weights=None, input_size=64, pooling="auto")
    assert isinstance(member.network.get_layer("features"), DepthPooling)
    network, _, _ = trainer.join([member])
    network.save(tmp_path / "network.keras")
    shown = np.random.default_rng(0).integers(256, size=(3, 64, 64, 3)).astype(np.float32)
    keras.utils.set_random_seed(0)
    plain = unit_length(np.asarray(build_backbone(tiny_backbone, weights=None, input_size=64)(shown)))
    vectors = np.asarray(load_embedding(tmp_path / "network.keras")(shown))
    np.testing.assert_allclose(vectors[:, -40:], plain, atol=1e-4)
    assert vectors.shape == (3, 40 + 4 * 24)
    before = np.asarray(pretrained_of(load_trained(tmp_path / "network.keras"))(shown))
    np.testing.assert_allclose(before, plain, atol=1e-4)
