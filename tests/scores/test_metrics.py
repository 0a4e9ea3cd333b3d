"""Scores of a clustering: properties, scikit-learn's values and brute force on tiny arrays."""
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from sklearn import metrics as sk

from imgcluster.scores.metrics import (
    _matched_accuracy,
    ari_interval,
    clustering_scores,
    confusion_table,
    matched_clusters,
    numbers_of_models,
)

COUNTS = ("num_models_true", "num_clusters")
ORDER = ["ari", "ami", "nmi", "homogeneity", "completeness", "v_measure", "purity", "matched_accuracy",
         "fowlkes_mallows", "pairwise_precision", "pairwise_recall", "pairwise_f1", "bcubed_precision",
         "bcubed_recall", "bcubed_f1", "num_models_true", "num_clusters"]


def random_labels(seed, *, photos=60, models=5, clusters=7, noise=0.4):
    """A clustering that follows the true models for some photos and is random for the others."""
    rng = np.random.default_rng(seed)
    true = rng.integers(models, size=photos)
    random = rng.random(photos) < noise
    return true, np.where(random, rng.integers(clusters, size=photos), true)


def agreement(true, predicted):
    return {name: score for name, score in clustering_scores(true, predicted).items() if name not in COUNTS}


def test_ari_is_the_first_of_the_scores():
    assert list(clustering_scores([0, 0, 1], [0, 1, 1])) == ORDER


@pytest.mark.parametrize("true", [["a"], ["a", "a"], ["a", "b", "c"], ["b", "a", "b", "c", "c", "c"]],
                         ids=["one photo", "one model", "all singletons", "three models"])
def test_every_score_is_one_on_the_same_partition(true):
    renamed = [{"a": 7, "b": 3, "c": -1}[label] for label in true]
    assert set(agreement(true, renamed).values()) == {1.0}


@pytest.mark.parametrize("seed", range(5))
def test_scores_ignore_label_names_and_row_order(seed):
    true, predicted = random_labels(seed)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(true))
    names = np.array([f"model {i}" for i in rng.permutation(5)])
    renamed = clustering_scores(names[true][rows], rng.permutation(7)[predicted][rows])
    assert renamed == pytest.approx(clustering_scores(true, predicted))


def test_adjusted_scores_are_near_zero_on_random_labels():
    rng = np.random.default_rng(0)
    scores = clustering_scores(rng.integers(20, size=5000), rng.integers(30, size=5000))
    assert abs(scores["ari"]) < 0.01
    assert abs(scores["ami"]) < 0.01


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(seed):
    true, predicted = random_labels(seed)
    homogeneity, completeness, v_measure = sk.homogeneity_completeness_v_measure(true, predicted)
    expected = {"ari": sk.adjusted_rand_score(true, predicted), "ami": sk.adjusted_mutual_info_score(true, predicted),
                "nmi": sk.normalized_mutual_info_score(true, predicted), "homogeneity": homogeneity,
                "completeness": completeness, "v_measure": v_measure,
                "fowlkes_mallows": sk.fowlkes_mallows_score(true, predicted)}
    scores = clustering_scores(true, predicted)
    assert {name: scores[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_pair_scores_agree_with_counting_pairs(seed):
    true, predicted = random_labels(seed, photos=25)
    pairs = [(true[i] == true[j], predicted[i] == predicted[j]) for i, j in combinations(range(25), 2)]
    both = sum(t and p for t, p in pairs)
    scores = clustering_scores(true, predicted)
    assert scores["pairwise_precision"] == pytest.approx(both / sum(p for _, p in pairs))
    assert scores["pairwise_recall"] == pytest.approx(both / sum(t for t, _ in pairs))


@pytest.mark.parametrize("seed", range(3))
def test_bcubed_agrees_with_its_definition_photo_by_photo(seed):
    true, predicted = random_labels(seed, photos=25)
    precision = np.mean([(true[predicted == p] == t).mean() for t, p in zip(true, predicted)])
    recall = np.mean([(predicted[true == t] == p).mean() for t, p in zip(true, predicted)])
    scores = clustering_scores(true, predicted)
    assert (scores["bcubed_precision"], scores["bcubed_recall"]) == pytest.approx((precision, recall))
    assert scores["bcubed_f1"] == pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize("seed", range(10))
def test_matched_accuracy_and_purity_agree_with_the_dense_table(seed):
    true, predicted = random_labels(seed, photos=40, models=3 + seed % 4, clusters=2 + seed, noise=0.8)
    table = sk.cluster.contingency_matrix(true, predicted)
    scores = clustering_scores(true, predicted)
    assert scores["matched_accuracy"] == pytest.approx(table[linear_sum_assignment(-table)].sum() / 40)
    assert scores["purity"] == pytest.approx(table.max(axis=0).sum() / 40)


@pytest.mark.parametrize("models, clusters", [(2, 2), (6, 3), (3, 6), (12, 12)])
def test_matched_accuracy_is_that_of_the_best_match_in_sparse_tables_too(models, clusters):
    # Where one large cell is worth more than two small ones, few matches are better than many.
    rng = np.random.default_rng(models)
    for _ in range(100):
        true, predicted = rng.integers(models, size=20), np.minimum(rng.geometric(0.5, size=20), clusters)
        table = sk.cluster.contingency_matrix(true, predicted)
        assert _matched_accuracy(csr_array(table).tocoo()) == pytest.approx(
            table[linear_sum_assignment(-table)].sum() / 20)


@pytest.mark.parametrize("true, predicted", [
    ([0, 0, 0], [0, 1, 2]), ([0, 1, 2], [0, 0, 0]), ([0, 0], [0, 1]), ([0, 1], [0, 0]), ([0, 0, 1, 1], [0, 1, 0, 1]),
])
def test_scores_are_finite_and_bounded_at_the_edges(true, predicted):
    scores = agreement(true, predicted)
    assert all(-1 <= score <= 1 for score in scores.values())
    assert scores["ari"] == pytest.approx(sk.adjusted_rand_score(true, predicted))


def test_fifty_thousand_singletons_need_no_square_table():
    models = np.arange(50_000) // 500
    scores = clustering_scores(models, np.arange(50_000))
    assert scores["matched_accuracy"] == 0.002
    assert (scores["num_models_true"], scores["num_clusters"]) == (100, 50_000)


@pytest.mark.parametrize("true, predicted", [([], []), ([0, 1], [0]), ([[0]], [[0]])])
def test_labels_that_do_not_fit_are_refused(true, predicted):
    with pytest.raises(ValueError, match="equally long"):
        clustering_scores(true, predicted)


def test_interval_covers_the_score_of_the_population_as_often_as_it_says():
    rng = np.random.default_rng(0)
    follow = 0.5
    true = rng.integers(10, size=200_000)
    predicted = np.where(rng.random(200_000) < follow, true, rng.integers(10, size=200_000))
    truth = clustering_scores(true, predicted)["ari"]
    covered = []
    for seed in range(60):
        rows = rng.choice(200_000, size=150, replace=False)
        low, high = ari_interval(true[rows], predicted[rows], samples=100, level=0.9, seed=seed)
        covered.append(low <= truth <= high)
    assert 0.8 <= np.mean(covered) <= 0.98


def test_interval_contains_the_score_and_repeats_under_its_seed():
    true, predicted = random_labels(0, photos=200)
    low, high = ari_interval(true, predicted, samples=100, seed=3)
    assert low < clustering_scores(true, predicted)["ari"] < high
    assert (low, high) == ari_interval(true, predicted, samples=100, seed=3)


def test_interval_narrows_with_more_photos():
    widths = [np.diff(ari_interval(*random_labels(0, photos=photos), samples=200, seed=0))[0]
              for photos in (50, 500, 5000)]
    assert widths[0] > widths[1] > widths[2]


@pytest.mark.parametrize("true", [[0], [0, 0], [0, 1, 2], [0, 0, 1, 1]])
def test_interval_of_a_perfect_match_has_no_width(true):
    assert ari_interval(true, true, samples=20, seed=0) == (1.0, 1.0)


def test_interval_stays_among_the_values_that_an_index_can_have():
    for seed in range(20):
        true, predicted = random_labels(seed, photos=12, models=2, clusters=2, noise=0.2)
        low, high = ari_interval(true, predicted, samples=50, level=0.99, seed=seed)
        assert -1 <= low <= high <= 1


@pytest.mark.parametrize("photos, models, clusters", [(2, 1, 1), (2, 2, 1), (7, 7, 7), (60, 5, 7), (900, 300, 40)])
def test_the_interval_spreads_as_scikit_learns_index_over_halves_does(photos, models, clusters):
    true, predicted = random_labels(1, photos=photos, models=models, clusters=clusters)
    rng, half = np.random.default_rng(0), photos // 2
    halves = [rng.permutation(photos)[:half] for _ in range(30)]
    scores = np.array([sk.adjusted_rand_score(true[some], predicted[some]) for some in halves])
    spread = np.sqrt(half / (photos - half)) * (scores - scores.mean())
    wanted = sk.adjusted_rand_score(true, predicted) + np.quantile(spread, [0.05, 0.95])
    found = ari_interval(true, predicted, samples=30, level=0.9, seed=0)
    np.testing.assert_allclose(found, np.clip(wanted, -1, 1), atol=1e-12)


def test_memory_of_an_interval_does_not_grow_with_its_samples(peak_memory):
    labels = random_labels(0, photos=3000, models=1000, clusters=1000)
    few, many = (peak_memory(ari_interval, *labels, samples=samples, seed=0) for samples in (10, 100))
    assert many < 1.2 * few


def test_confusion_puts_matched_clusters_on_the_diagonal_and_keeps_row_sums():
    true = ["bag"] * 6 + ["shoe"] * 5 + ["cap"] * 3 + ["mug"]
    predicted = [4] * 5 + [9] + [9] * 4 + [2] + [7] * 3 + [4]
    table = confusion_table(true, predicted, num=3)
    assert list(table.index) == ["bag", "mug", "shoe"]
    assert list(table.columns) == ["4", "9", "2", "other"]
    assert table.to_numpy().tolist() == [[5, 1, 0, 0], [1, 0, 0, 0], [0, 4, 1, 0]]


def test_confusion_shows_small_models_that_are_confused_before_large_ones_that_are_not():
    true = ["bag"] * 9 + ["cap"] * 8 + ["mug"] * 3 + ["shoe"] * 2 + ["new"] * 9 + ["tie"] * 9
    predicted = [1] * 9 + [2] * 8 + [3] * 5 + [-1] * 18  # photos in no cluster are not together there
    assert list(confusion_table(true, predicted, num=2).index) == ["mug", "shoe"]
    table = confusion_table(true, predicted, num=6)
    assert list(table.index) == ["mug", "shoe", "bag", "new", "tie", "cap"]
    assert (table["3"].sum(), table["no cluster"].sum()) == (5, 18)


def test_confusion_shows_the_clusters_with_the_largest_shares_of_models_not_with_most_photos():
    true = ["bag"] * 100 + ["cap"] * 4
    predicted = [1] * 60 + [2] * 40 + [3] * 2 + [4] * 2
    table = confusion_table(true + ["mug"] * 3, predicted + [5] * 3, num=3)
    assert list(table.columns) == ["1", "3", "5", "other"]
    table = confusion_table(true + ["mug"] * 3, predicted + [1] * 3, num=3)
    assert list(table.columns) == ["1", "3", "4", "other"]


def test_confusion_shows_no_cluster_that_none_of_the_models_is_in():
    table = confusion_table(["bag"] * 4 + ["cap"] * 3 + ["mug"], [1] * 7 + [2], num=2)
    assert list(table.columns) == ["1", "other"] and table.to_numpy().tolist() == [[4, 0], [3, 0]]


def test_confusion_of_one_cluster_has_one_column_and_no_others():
    table = confusion_table(["a", "b", "b"], [0, 0, 0])
    assert list(table.index) == ["b", "a"]
    assert table.to_numpy().tolist() == [[2, 0], [1, 0]]


def test_models_have_the_numbers_of_their_clusters_and_others_numbers_of_their_own():
    true = ["bag"] * 6 + ["cap"] * 2 + ["mug"] * 3 + ["shoe"] * 5
    predicted = [4] * 11 + [0] * 5
    assert numbers_of_models(true, predicted) == {"bag": 4, "shoe": 0, "mug": 5, "cap": 6}
    assert numbers_of_models(true, [-1] * 16) == {"bag": 0, "shoe": 1, "mug": 2, "cap": 3}


def test_photos_in_no_cluster_match_no_model_and_have_a_column_of_their_own():
    true = ["bag"] * 6 + ["shoe"] * 5 + ["new"] * 4
    predicted = [4] * 5 + [-1] + [9] * 2 + [-1] * 2 + [4] + [-1] * 4
    assert matched_clusters(true, predicted) == {"bag": 4, "shoe": 9}
    assert matched_clusters(true, [-1] * 15) == {}
    for labels in (predicted, [str(label) for label in predicted]):
        table = confusion_table(true, labels)
        assert list(table.columns) == ["4", "9", "no cluster", "other"]
        assert table.to_numpy().tolist() == [[5, 0, 1, 0], [1, 2, 2, 0], [0, 0, 4, 0]]


@pytest.mark.parametrize("rare", [1, 3, 5, 6])
def test_the_interval_of_few_photos_holds_the_score(rare):
    # Few halves have none of the rare model, and so a score of 1.
    true, predicted = [0] * (20 - rare) + [1] * rare, [0] * 20
    for labels in ((true, predicted), (predicted, true)):
        low, high = ari_interval(*labels, seed=0)
        assert low <= sk.adjusted_rand_score(*labels) == 0 <= high
