"""The cutter's network answers as the one that was fitted does, and its numbers are there."""
import cv2
import numpy as np

from imgcluster.cutter.product_network import SIDE, places, product_cells
from imgcluster.cutter.saliency import evidence
from tools.fit_cutter import folded, network


def test_it_answers_as_keras_does():
    rng = np.random.default_rng(0)
    channels = 6
    model = network(channels + places().shape[2])
    for variable in model.weights:
        low, high = (0.5, 1.5) if "variance" in variable.path else (-0.2, 0.3)
        variable.assign(rng.uniform(low, high, variable.shape))
    weights = {"mean": rng.normal(size=channels), "spread": rng.uniform(1, 2, channels), **folded(model)}
    inputs = rng.normal(size=(SIDE, SIDE, channels)).astype(np.float32)
    standard = [np.concatenate([(part - weights["mean"]) / weights["spread"], places()], axis=2)
                for part in (inputs, inputs[:, ::-1])]
    answers = model.predict(np.stack(standard), verbose=0)[..., 0]
    expected = (answers[0] + answers[1][:, ::-1]) / 2
    assert expected.std() > 0.1
    np.testing.assert_allclose(product_cells(inputs, weights), expected, atol=1e-3 * np.abs(expected).max())


def test_something_that_stands_out_in_the_middle_is_product():
    lab = np.random.default_rng(0).normal((150, 120, 135), 6, (120, 160, 3)).astype(np.uint8)
    disc = cv2.circle(np.zeros((120, 160), np.uint8), (80, 60), 35, 1, -1).astype(bool)
    lab[disc] = (90, 170, 160)
    odds = product_cells(evidence(lab, SIDE))
    inside = cv2.resize(disc.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    assert (odds[inside > 0.9] > 0).mean() > 0.9 and (odds[inside < 0.1] < 0).mean() > 0.9
