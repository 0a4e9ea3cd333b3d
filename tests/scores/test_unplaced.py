"""Photos in no cluster: recognised in integers and text, and each by itself to scores."""
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from imgcluster.scores.metrics import ari_interval, clustering_scores
from imgcluster.scores.unplaced import each_alone, is_placed


@pytest.mark.parametrize("kind", [int, str])
def test_photos_marked_so_are_recognised(kind):
    assert is_placed(np.array([0, -1, 11, -1, 1]).astype(kind)).tolist() == [True, False, True, False, True]


@pytest.mark.parametrize("kind", [int, str])
def test_each_of_them_is_alone_and_all_others_stay_together(kind):
    predicted = np.array([0, -1, 2, -1, 0, 2, -1])
    alone = each_alone(predicted.astype(kind))
    assert len(set(alone)) == 2 + 3
    assert alone[predicted >= 0].tolist() == ["0", "2", "0", "2"]
    assert each_alone(np.arange(4)).tolist() == ["0", "1", "2", "3"]


def test_marking_all_photos_of_one_product_is_no_perfect_answer():
    scores = clustering_scores(["new"] * 200, each_alone([-1] * 200))
    assert scores["ari"] == 0 and scores["matched_accuracy"] == 1 / 200
    assert ari_interval(["new"] * 200, each_alone([-1] * 200), samples=20, seed=0) == (0, 0)


def test_two_lines_of_another_evaluator_give_the_same_scores():
    rng = np.random.default_rng(0)
    true = rng.integers(5, size=300)
    predicted = np.where(rng.random(300) < 0.3, -1, true)
    scored = np.where(predicted < 0, -1 - np.arange(len(predicted)), predicted)
    assert clustering_scores(true, each_alone(predicted)) == clustering_scores(true, scored)
    assert clustering_scores(true, scored)["ari"] == pytest.approx(adjusted_rand_score(true, scored))


def test_marking_photos_of_known_products_lowers_the_score():
    true = np.repeat(np.arange(5), 20)
    scores = [clustering_scores(true, each_alone(np.where(np.arange(100) % 20 < marked, -1, true)))["ari"]
              for marked in (0, 5, 10, 20)]
    assert scores == sorted(scores, reverse=True) and scores[0] == 1 and scores[-1] == 0
