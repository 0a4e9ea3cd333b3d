"""Scores of a network in training: exact on tiny arrays, perfect on perfect vectors, blind to the scale of vectors."""
import numpy as np
import pytest

from imgcluster.training.training import Rows
from imgcluster.training.validation import (
    confusions,
    describe,
    in_short,
    judge,
    precision_at_r,
    top_k_accuracy,
    unseen_scores,
)

LABELS = np.repeat([0, 1, 2], 5)


def test_top_k_accuracy_is_exact():
    probabilities = np.array([[.4, .3, .2, .1]] * 3 + [[.1, .2, .3, .4]])
    scores = top_k_accuracy(probabilities, np.array([0, 1, 2, 0]))
    assert scores == {"top_1": .25, "top_2": .5, "top_3": .75, "top_5": 1}


@pytest.mark.parametrize("value", [0.25, np.nan])
def test_a_network_that_cannot_tell_scores_nothing(value):
    scores = top_k_accuracy(np.full((6, 4), value), np.arange(6) % 4, ks=(1, 3, 4))
    assert scores == {"top_1": 0, "top_3": 0, "top_4": 1}


def test_separate_directions_are_perfect_whatever_their_lengths():
    rng = np.random.default_rng(0)
    vectors = np.eye(3)[LABELS] + rng.normal(scale=0.02, size=(15, 3))
    assert unseen_scores(vectors * rng.uniform(0.1, 50, size=(15, 1)), LABELS) == \
        {"recall_1": 1.0, "map_r": 1.0, "ari": 1.0}


def test_vectors_that_say_nothing_score_about_chance():
    labels = np.repeat(np.arange(4), 50)
    scores = unseen_scores(np.random.default_rng(0).normal(size=(200, 8)), labels)
    assert abs(scores["ari"]) < 0.05 and scores["recall_1"] < 0.4


def test_vectors_that_are_all_alike_score_nothing():
    # Rows lie sorted by model: taken in their order, each would find its own.
    assert precision_at_r(np.full((15, 4), 0.5), LABELS) == precision_at_r(np.zeros((15, 4)), LABELS) == 0


def test_precision_at_r_counts_the_own_photos_among_the_nearest_as_many():
    # On a circle: photo 0 finds its own at ranks 1 and 3 of R = 2, so only the first counts: (1/1) / 2.
    angles = np.radians([0, 5, 40, 20, 25])
    vectors, labels = np.stack([np.cos(angles), np.sin(angles)], axis=1), np.array([0, 0, 0, 1, 1])
    own = [(1 / 1) / 2, (1 / 1) / 2, 0, 1, 1]  # photo 2 has both others of its model behind 3 and 4
    assert precision_at_r(vectors, labels) == pytest.approx(np.mean(own))
    assert precision_at_r(vectors, np.arange(5)) == 0


def test_held_out_models_are_judged_where_there_are_any():
    rows = Rows(np.arange(2), np.array([0, 2]), np.arange(5, 15))
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8]])
    scores = judge(probabilities, np.eye(3)[LABELS][5:], LABELS, rows)
    assert (scores["val_top_1"], scores["val_top_2"]) == (0.5, 1) and scores["holdout_recall_1"] == 1
    assert "recall@1 1.000" in describe(scores)
    assert in_short(scores) == f"held-out models: MAP@R {scores['holdout_map_r']:.3f}"
    without = judge(probabilities, None, LABELS, Rows(rows.train, rows.val, np.array([], int)))
    assert set(without) == {"val_top_1", "val_top_2", "val_top_3", "val_top_5"}
    assert "held-out" not in describe(without) and in_short(without) == "top-1 0.500"


def test_confusions_are_counted_worst_first():
    predicted = np.array([0, 1, 1, 0, 0] + [1, 1, 1, 1, 2] + [2] * 5)
    table = confusions(np.eye(3)[predicted], LABELS, ["a", "b", "c"])
    assert table.values.tolist() == [["a", "b", 2, 0.4], ["b", "c", 1, 0.2]]
    assert confusions(np.eye(3)[LABELS], LABELS, ["a", "b", "c"]).empty
