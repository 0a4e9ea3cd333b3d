"""Diffusion map of a neighbourhood graph: a space in which clusters are compact."""
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import eigsh

COMPONENTS = 128
DENSE_NODES = 300


def diffusion_map(graph, *, steps=10, components=COMPONENTS):
    """Return node coordinates [n, m], rows of unit length, after `steps` steps of a random walk on a graph [n, n].

    Eigenvectors of the symmetrically normalised graph, each times its eigenvalue to the power `steps` (Coifman & Lafon
    2006), rows scaled to unit length as in spectral clustering (Ng et al. 2001). The graph is symmetric; m is
    min(components, n / 2), at least 1.
    """
    values, vectors = spectrum(graph, components=components)
    coordinates = vectors * np.maximum(values, 0) ** steps
    length = np.linalg.norm(coordinates, axis=1, keepdims=True)
    return coordinates / np.where(length > 0, length, 1)


def spectrum(graph, *, components=COMPONENTS):
    """Return the leading eigenvalues [m], descending, and eigenvectors [n, m] of D^-1/2 graph D^-1/2."""
    num = graph.shape[0]
    degree = np.asarray(graph.sum(axis=1)).ravel()
    scale = sparse.diags(1 / np.sqrt(np.where(degree > 0, degree, 1)))
    normalised = (scale @ graph @ scale).tocsr()
    wanted = max(1, min(components, num // 2))
    if num <= DENSE_NODES:
        values, vectors = np.linalg.eigh(normalised.toarray())
    else:
        values, vectors = eigsh(normalised, k=wanted, which="LA", v0=np.sqrt(degree + 1e-12), tol=1e-3)
    order = np.argsort(-values)[:wanted]
    return values[order], vectors[:, order]
