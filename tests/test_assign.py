"""New photos get the old numbers; strangers are marked; the map stays as it was."""
import numpy as np
import pytest

from imgcluster.assign import NO_CLUSTER, assign, cluster_reach
from imgcluster.cluster_count import cluster_photos
from imgcluster.errors import UserError
from imgcluster.som import SelfOrganizingMap, default_grid


def cloud(rng, centre, count):
    return (centre + 0.25 * rng.standard_normal((count, len(centre)))).astype(np.float32)


@pytest.fixture(scope="module")
def shop():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((8, 24))
    old = np.concatenate([cloud(rng, centre, 40) for centre in centres[:6]])
    som = SelfOrganizingMap(*default_grid(len(old)), 24, normalize=True).fit(old)
    return rng, centres, old, som, cluster_photos(old, som, num_clusters=6)


def test_new_photos_keep_the_old_numbers(shop):
    rng, centres, old, som, result = shop
    before = som.get_weights().copy()
    again = assign(old, som, result.unit_clusters, cluster_reach(old, som, result.labels))
    assert np.mean(again.nearest == result.labels) > 0.95
    new = np.concatenate([cloud(rng, centre, 20) for centre in centres[:6]])
    placed = assign(new, som, result.unit_clusters, cluster_reach(old, som, result.labels))
    assert np.array_equal(placed.nearest, np.repeat(result.labels[::40], 20))
    assert np.mean(placed.labels == NO_CLUSTER) < 0.2
    assert ((placed.confidence >= 0) & (placed.confidence <= 1)).all()
    assert np.array_equal(som.get_weights(), before)


def test_a_new_product_fits_no_cluster(shop):
    rng, centres, old, som, result = shop
    strangers = np.concatenate([cloud(rng, centre, 20) for centre in centres[6:]])
    placed = assign(strangers, som, result.unit_clusters, cluster_reach(old, som, result.labels))
    assert np.mean(placed.labels == NO_CLUSTER) > 0.95


def test_features_of_another_network_are_refused(shop):
    _, _, old, som, result = shop
    with pytest.raises(UserError, match="columns"):
        assign(old[:, :5], som, result.unit_clusters, cluster_reach(old, som, result.labels))
