"""Principal axes: leading ones by random projection, in place of a full decomposition; variances drawn together."""
import numpy as np

from imgcluster.threads import counting_alone

OVERSAMPLING = 10
POWER_ITERATIONS = 4


@counting_alone
def principal_axes(rows, num_axes):
    """Return the leading right singular vectors [r, D] and singular values [r] of rows [M, D], r = min(num_axes, M, D).

    Randomised range finder with power iterations (Halko, Martinsson & Tropp 2011, algorithm 4.4); centre the rows
    first for principal components. Start and signs are fixed, so that equal input gives equal output.
    """
    rank = min(num_axes, *rows.shape)
    random = np.random.default_rng(0).standard_normal((rows.shape[1], min(rank + OVERSAMPLING, *rows.shape)))
    basis = np.linalg.qr(rows @ random.astype(rows.dtype))[0]
    for _ in range(POWER_ITERATIONS):
        basis = np.linalg.qr(rows.T @ basis)[0]
        basis = np.linalg.qr(rows @ basis)[0]
    _, singular, axes = np.linalg.svd(basis.T @ rows, full_matrices=False)
    axes *= np.where(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)] < 0, -1, 1)[:, None]
    return axes[:rank].astype(rows.dtype), singular[:rank].astype(rows.dtype)


def shrunk(variances, share):
    """Return variances [D] drawn towards their mean: with a share of 0 they stay, with 1 all are the mean.

    Whitening by shrunk variances does not blow up directions in which samples hardly differ (Ledoit & Wolf, "A
    well-conditioned estimator for large-dimensional covariance matrices", 2004).
    """
    return (1 - share) * variances + share * variances.mean()
