"""A photo in a square."""
import numpy as np
import pytest

from imgcluster.plots.canvas import fitted

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("shape", [(10, 40), (40, 10), (1, 1), (500, 300)])
def test_fitted_keeps_the_shape_of_a_photo(shape):
    cell = fitted(np.zeros((*shape, 3), dtype=np.uint8), 64)
    assert cell.shape == (64, 64, 3)
    dark = (cell < 128).all(axis=2)
    height, width = dark.any(axis=1).sum(), dark.any(axis=0).sum()
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.05)
    assert max(height, width) == 64
