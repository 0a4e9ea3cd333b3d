"""Directions in which photos of one product differ, and how to make them count less.

Learnt on labelled products, it carries over to others: a sneaker on foot and in a box differ alike for every model.
Within-class covariance normalisation (Hatch, Kajarekar & Stolcke, Interspeech 2006).
"""
import numpy as np

from imgcluster.pca import shrunk
from imgcluster.rows import OnAxes, blocks, read_rows
from imgcluster.structure.neighbours import add_by_group
from imgcluster.threads import counting_alone

# Of more photos than this so many principal components are kept: what comes after them is noise, and every later step
# is faster for it. Of fewer none is left out: what tells new products apart lies mostly outside of their span.
COMPONENTS = 512
# How far the differences within models are evened out: 0 makes all directions alike, 1 leaves them as they are.
SHRINKAGE = 0.5
# Least variance within models, as a share of the whole: below it is rounding, where photos of a model are all alike.
ROUNDING = 1e-6


@counting_alone
def within_model_whitening(vectors, labels, *, components=COMPONENTS, shrinkage=SHRINKAGE):
    """Return (axes [D, K], offset [K]): `vectors @ axes + offset` differ alike in all directions within a model.

    vectors: float [N, D]; labels: N labels, two photos of one model at least. K: D, or `components` where N and D are
    more. Directions in which these photos do not differ within a model, as there are too few of them, count most.
    """
    labels, dimensions = np.unique(labels, return_inverse=True)[1], vectors.shape[1]
    # Fewer vectors than dimensions differ in their span alone, where it takes a fraction of the time.
    span = np.linalg.qr(np.asarray(vectors, np.float64).T)[0] if len(vectors) < dimensions else None
    inside = vectors if span is None else vectors @ span
    mean, whole = _means_and_covariance(inside, np.zeros_like(labels))
    least = max(ROUNDING * whole.trace() / dimensions, np.finfo(np.float32).eps)
    variances, directions = np.linalg.eigh(_means_and_covariance(inside, labels)[1])
    evened = shrunk(np.pad(variances, (0, dimensions - len(variances))), shrinkage)
    deviations = np.sqrt(np.maximum(evened, least))
    axes = directions / deviations[:len(variances)] @ directions.T
    if min(vectors.shape) > components:
        axes = axes @ np.linalg.eigh(axes.T @ whole @ axes)[1][:, ::-1][:, :components]
        axes = axes if span is None else span @ axes
    elif span is not None:
        outside = 1 / deviations[-1]
        axes = span @ (axes - outside * np.eye(len(axes))) @ span.T + outside * np.eye(dimensions)
    return axes, -(mean[0] if span is None else span @ mean[0]) @ axes


def _means_and_covariance(vectors, groups):
    """(the means float64 [G, D] of the groups int [N] of vectors [N, D], the covariance [D, D] about them), block by
    block: there may be more of these vectors than of anything else in memory."""
    means, covariance = np.zeros((groups.max() + 1, vectors.shape[1])), np.zeros((vectors.shape[1],) * 2)
    for rows in blocks(len(vectors)):
        add_by_group(means, np.asarray(vectors[rows], np.float64), groups[rows])
    means /= np.bincount(groups)[:, None]
    for rows in blocks(len(vectors)):
        off = vectors[rows] - means[groups[rows]]
        covariance += off.T @ off
    return means, covariance / len(vectors)


def evened_within(features, known, *, shrinkage=SHRINKAGE):
    """Return features [N, D] as `OnAxes` on which photos of one product differ less.

    known: (features [M, D], M labels) of products of the same kind as the photos, on which no network was trained.
    """
    axes = within_model_whitening(read_rows(known[0], normalize=True), known[1], shrinkage=shrinkage)
    return OnAxes(features, *axes)


def shrinkage_for(num_photos, num_dimensions):
    """Return how far what so many photos show that differs within small clusters is to be evened out (`SHRINKAGE`): of
    fewer photos than their features have dimensions, the less, the fewer they are, as more of it is chance."""
    return max(SHRINKAGE, num_dimensions / (num_photos + num_dimensions))
