"""Batches of one size: what they are filled up with leaves no trace."""
import numpy as np
import pytest

from imgcluster.network.whole_batches import predict_batch


class Doubling:
    """A model of two outputs that notes what it is given."""

    def __init__(self):
        self.shapes = []

    def predict_on_batch(self, batch):
        self.shapes.append(batch.shape)
        return [batch * 2.0, batch.sum(axis=1)]


@pytest.mark.parametrize("count", [1, 3, 4])
def test_outputs_are_those_of_the_batch_and_shapes_always_the_same(count):
    model, batch = Doubling(), np.arange(2 * count).reshape(count, 2)
    doubled, sums = predict_batch(model, batch, 4)
    np.testing.assert_array_equal(doubled, 2 * batch)
    np.testing.assert_array_equal(sums, batch.sum(axis=1))
    assert model.shapes == [(4, 2)]


def test_a_single_output_is_a_list_of_one():
    model = Doubling()
    model.predict_on_batch = lambda batch: batch
    outputs = predict_batch(model, np.ones((2, 3)), 5)
    assert len(outputs) == 1 and outputs[0].shape == (2, 3)
