"""Splits: complete, by the seed alone, and held-out models share no photo with the training."""
import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.training.splits import split_models, split_rows


@pytest.mark.parametrize("fraction", [0.01, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("seed", range(3))
def test_a_split_is_complete_and_every_class_is_trained_on(fraction, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(list("abcd"), [1, 2, 7, 20]))
    train, val = split_rows(labels, train_fraction=fraction, seed=seed)
    assert sorted([*train, *val]) == list(range(30))
    assert list(train) == sorted(train) and list(val) == sorted(val)
    assert set(labels[train]) == set("abcd") and set(labels[val]) == set("bcd")
    counts = {name: (labels[train] == name).sum() for name in "abcd"}
    assert counts["a"] == counts["b"] == 1
    assert counts["d"] == np.clip(round(20 * fraction), 1, 19)


def test_a_split_depends_on_the_seed_alone():
    labels = np.repeat(np.arange(5), 10)
    first, second, other = (split_rows(labels, train_fraction=0.6, seed=seed)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("labels, reason", [([3] * 9, "at least two models"), (["a", "b", "c"], "two photos"),
                                            (["a"], "at least two models")])
def test_what_cannot_be_split_is_named(labels, reason):
    with pytest.raises(UserError, match=reason):
        split_rows(labels, train_fraction=0.8, seed=0)


@pytest.mark.parametrize("share, models", [(0.01, 2), (0.2, 2), (0.5, 5), (0.8, 8)])
@pytest.mark.parametrize("seed", range(3))
def test_models_are_held_out_whole(share, models, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(10), 6))
    rows = split_models(labels, share=share, seed=seed)
    assert list(rows) == sorted(rows) and len(rows) == 6 * models
    assert len(set(labels[rows])) == models and not set(labels[rows]) & set(np.delete(labels, rows))
    np.testing.assert_array_equal(rows, split_models(labels, share=share, seed=seed))


@pytest.mark.parametrize("labels, share", [([0, 0, 1, 1, 2, 2], 0.3), (list(range(9)), 0.3), ([0, 0, 1, 1] * 3, 0.5),
                                           (np.repeat(np.arange(10), 5), 0.0)])
def test_too_few_models_are_all_trained_on(labels, share):
    assert len(split_models(labels, share=share, seed=0)) == 0


def test_other_seeds_hold_out_other_models():
    labels = np.repeat(np.arange(12), 3)
    assert len({tuple(split_models(labels, share=0.3, seed=seed)) for seed in range(4)}) > 1


def test_models_of_several_photos_are_not_all_held_out():
    # Two of four are to be held out, and only two have photos to tell one from another by.
    assert len(split_models([0, 0, 1, 1, 2, 3], share=0.5, seed=0)) == 0
    assert len(split_models([0, 0, 1, 1, 2, 2, 3], share=0.5, seed=0)) == 4


def test_models_of_one_photo_leave_as_many_of_several_to_judge_by():
    several = np.repeat(np.arange(20), 6)
    rows = split_models(np.concatenate([several, np.arange(20, 120)]), share=0.2, seed=0)
    np.testing.assert_array_equal(rows, split_models(several, share=0.2, seed=0))
    assert len(rows) == 4 * 6


@pytest.mark.parametrize("labels, share, held_out", [(np.repeat(np.arange(20), 6), 0.95, 18),
                                                     ([0, 0, 1, 1, 2, 2, 3, 4, 5], 0.9, 2)])
def test_a_large_share_leaves_two_models_to_train_on(labels, share, held_out):
    labels = np.asarray(labels)
    assert len(set(labels[split_models(labels, share=share, seed=0)])) == held_out


def test_models_of_one_photo_judge_nothing():
    labels = np.array([0, 1, 2, 3, 4, 4, 5, 5, 6, 6])
    rows = split_models(labels, share=0.2, seed=0)
    assert len(rows) == 4 and set(labels[rows]) < {4, 5, 6}
