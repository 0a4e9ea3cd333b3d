"""Principal axes: those of a full decomposition, the same every time; shrunk variances keep their mean and order."""
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from imgcluster.pca import principal_axes, shrunk


def test_leading_axes_are_those_of_a_full_decomposition():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 40)) * 0.8 ** np.arange(40) @ np.linalg.qr(rng.normal(size=(40, 40)))[0]
    axes, singular = principal_axes(rows, 6)
    _, expected, directions = np.linalg.svd(rows, full_matrices=False)
    assert np.allclose(singular, expected[:6], rtol=1e-3)
    assert np.allclose(np.abs(np.sum(axes * directions[:6], axis=1)), 1, atol=1e-3)
    assert np.array_equal(axes, principal_axes(rows.copy(), 6)[0])
    assert (axes[np.arange(6), np.abs(axes).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize(("shape", "rank"), [((3, 8), 3), ((8, 2), 2), ((1, 1), 1)])
def test_no_more_axes_than_there_are(shape, rank):
    axes, singular = principal_axes(np.random.default_rng(1).normal(size=shape).astype(np.float32), 5)
    assert axes.shape == (rank, shape[1]) and singular.shape == (rank,) and axes.dtype == np.float32


def test_shrunk_variances_keep_mean_and_order():
    variances = np.array([9.0, 4, 1, 0])
    for share in (0, 0.25, 1):
        given = shrunk(variances, share)
        assert given.mean() == pytest.approx(3.5) and (np.diff(given) <= 0).all()
        assert np.ptp(given) == pytest.approx((1 - share) * 9)


def test_no_threads_of_the_library_wait_for_each_other_over_its_small_products(monkeypatch):
    seen, qr = set(), np.linalg.qr

    def watched(matrix):
        seen.update(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
        return qr(matrix)
    monkeypatch.setattr(np.linalg, "qr", watched)
    with threadpool_limits(2):
        principal_axes(np.random.default_rng(0).normal(size=(30, 12)), 3)
    assert seen == {1}
