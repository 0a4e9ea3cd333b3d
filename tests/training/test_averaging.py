"""The average of weights: between start and end, applied for a while only, and restored exactly."""
import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.training.averaging import WeightAverage  # noqa: E402


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])


def walk(model, average, steps):
    for _ in range(steps):
        model.set_weights([value + 1 for value in model.get_weights()])
        average.update()


def weight(model):
    return float(model.get_weights()[1][0])


def test_the_average_lags_behind_the_weights_and_is_applied_in_the_block_only(model):
    average = WeightAverage(model, 40)
    walk(model, average, 100)
    with average.applied():
        assert 50 < weight(model) < 90
    assert weight(model) == 100


def test_a_longer_memory_lags_farther_behind(model):
    averages = [WeightAverage(model, steps) for steps in (8, 40)]
    for _ in range(100):
        model.set_weights([value + 1 for value in model.get_weights()])
        for average in averages:
            average.update()
    (short, _), (long, _) = (average.values for average in averages)
    assert short[0, 0] > long[0, 0]


def test_weights_that_stand_still_are_their_own_average(model):
    average = WeightAverage(model, 20)
    for _ in range(40):
        average.update()
    with average.applied():
        assert weight(model) == 0


@pytest.mark.parametrize("steps", [2, 3, 4, 5, 8])
def test_few_steps_are_averaged_too(model, steps):
    average = WeightAverage(model, steps)
    walk(model, average, 100)
    with average.applied():
        assert 100 - 1.5 * steps < weight(model) < 100


def test_zero_steps_average_nothing(model):
    average = WeightAverage(model, 0)
    walk(model, average, 10)
    with average.applied():
        assert weight(model) == 10
    assert list(average.state()) == ["seen"]
    other = WeightAverage(model, 0)
    other.restore(average.state())
    assert other.seen == 10


def test_weights_come_back_after_an_error(model):
    average = WeightAverage(model, 20)
    walk(model, average, 10)
    with pytest.raises(ZeroDivisionError), average.applied():
        raise ZeroDivisionError
    assert weight(model) == 10


def test_a_restored_average_goes_on_as_if_nothing_had_happened(model):
    one = WeightAverage(model, 20)
    walk(model, one, 11)
    other = WeightAverage(model, 20)
    other.restore(one.state())
    for _ in range(9):
        model.set_weights([value + 1 for value in model.get_weights()])
        one.update()
        other.update()
    for mine, its in zip(one.values, other.values):
        np.testing.assert_array_equal(mine, its)
