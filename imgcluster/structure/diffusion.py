"""Diffusion map of a neighbourhood graph: a space in which clusters are compact."""
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh

from imgcluster.rows import unit_length

COMPONENTS = 128
DENSE_NODES = 300
# Eigenvalues that differ by less are equal.
DIGITS = 9
# Of residuals. Many eigenvalues next to 1, of clusters that hardly touch, take minutes to be told apart exactly.
TOLERANCE = 1e-3


def diffusion_map(graph, *, steps=10, components=COMPONENTS):
    """Return node coordinates [n, m], rows of unit length, after `steps` steps of a random walk on a graph [n, n].

    Eigenvectors of the symmetrically normalised graph, each times its eigenvalue to the power `steps` (Coifman & Lafon
    2006), rows scaled to unit length as in spectral clustering (Ng et al. 2001). The graph is symmetric; m is
    min(components, n / 2), at least 1.
    """
    values, vectors = spectrum(graph, components=components)
    return unit_length(vectors * np.maximum(values, 0) ** steps)


def spectrum(graph, *, components=COMPONENTS):
    """Return the leading eigenvalues [m], descending, and eigenvectors [n, m] of D^-1/2 graph D^-1/2.

    Connected components are solved one by one: each has the eigenvalue 1, and an iteration that starts from one vector
    finds few of equal eigenvalues. Of those, the ones of larger components come first.
    """
    num = graph.shape[0]
    degree = np.asarray(graph.sum(axis=1)).ravel()
    scale = sparse.diags(1 / np.sqrt(np.where(degree > 0, degree, 1)))
    normalised = (scale @ graph @ scale).tocsr()
    wanted = max(1, min(components, num // 2))
    parts = connected_parts(graph)
    solved = [leading(normalised[nodes][:, nodes], wanted) for nodes in parts]
    values = np.concatenate([values for values, _ in solved])
    owners = np.repeat(np.arange(len(parts)), [len(values) for values, _ in solved])
    columns = [column for _, vectors in solved for column in vectors.T]
    order = np.argsort(-values.round(DIGITS), kind="stable")[:wanted]
    vectors = np.zeros((num, len(order)))
    for place, found in enumerate(order):
        vectors[parts[owners[found]], place] = columns[found]
    return values[order], vectors


def connected_parts(graph):
    """Return the nodes, int arrays, of each connected component of a graph [n, n], the largest first."""
    part = connected_components(graph, directed=False)[1]
    nodes = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part))[:-1])
    return sorted(nodes, key=len, reverse=True)


def leading(matrix, wanted):
    """Return the `wanted` largest eigenvalues and their eigenvectors of a symmetric sparse matrix, or all it has."""
    num = matrix.shape[0]
    if num <= DENSE_NODES:
        values, vectors = np.linalg.eigh(matrix.toarray())
    else:
        # The square roots of the degrees are an eigenvector: an iteration that starts from it would find no other.
        rng = np.random.default_rng(0)
        values, vectors = eigsh(matrix, k=min(wanted, num // 2), which="LA", v0=rng.uniform(-1, 1, num), rng=rng,
                                tol=TOLERANCE)
    order = np.argsort(-values)[:wanted]
    return values[order], vectors[:, order]
