"""Batches: every photo in its turn, and several photos of several models where that is asked for."""
import numpy as np
import pytest

from imgcluster.training.batches import balanced_batches, made_ahead, shuffled_batches

LABELS = np.repeat([0, 1, 2, 3, 4], [30, 20, 10, 8, 2])


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("size", [1, 7, 16, 100])
def test_shuffled_batches_hold_every_row_once(size):
    rows = np.arange(3, 40)
    batches = list(shuffled_batches(rows, batch_size=size, rng=rng()))
    assert sorted(np.concatenate(batches)) == list(rows)
    assert all(len(batch) == size for batch in batches[:-1])


@pytest.mark.parametrize("size, per_model, models", [(16, 4, 4), (12, 2, 5), (8, 4, 2), (2, 4, 2)])
def test_balanced_batches_are_models_times_photos(size, per_model, models):
    rows = np.arange(len(LABELS))
    batches = list(balanced_batches(rows, LABELS, batch_size=size, imgs_per_model=per_model, rng=rng()))
    for batch in batches:
        counts = np.bincount(LABELS[batch], minlength=5)
        assert sorted(counts[counts > 0]) == [per_model] * models
    assert len(rows) <= sum(map(len, batches)) < len(rows) + models * per_model


def test_photos_of_a_model_come_in_turn():
    batches = np.concatenate(list(balanced_batches(np.arange(70), LABELS, batch_size=10, imgs_per_model=2, rng=rng())))
    for model in range(5):
        rows, seen = np.flatnonzero(LABELS == model), batches[LABELS[batches] == model]
        counts = np.bincount(seen, minlength=70)[rows]
        assert counts.max() - counts.min() <= 1 and len(seen) == 14


def test_only_the_rows_given_are_drawn():
    rows = np.arange(0, 60, 3)
    batches = list(balanced_batches(rows, LABELS, batch_size=6, imgs_per_model=3, rng=rng()))
    assert set(np.concatenate(batches)) <= set(rows)


@pytest.mark.parametrize("make", [
    lambda seed: shuffled_batches(np.arange(70), batch_size=8, rng=rng(seed)),
    lambda seed: balanced_batches(np.arange(70), LABELS, batch_size=8, imgs_per_model=2, rng=rng(seed))])
def test_the_seed_decides(make):
    one, two, other = (np.concatenate(list(make(seed))) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_what_is_made_ahead_comes_in_order_with_its_item():
    assert list(made_ahead([3, 1, 2], lambda item: item * 10)) == [(3, 30), (1, 10), (2, 20)]
    assert list(made_ahead([], str)) == []


def test_errors_of_the_thread_reach_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(made_ahead([1, 0], lambda item: 1 / item))
