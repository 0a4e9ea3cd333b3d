"""New photos get the old numbers, copies that of their original; strangers are marked; the map stays as it was."""
import numpy as np
import pytest

from imgcluster.clusters.assign import COPY, EarlierPhotos, voted
from imgcluster.clusters.cluster_count import cluster_photos
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.som import map_of


def cloud(rng, centre, count, spread=0.25):
    return (centre + spread * rng.standard_normal((count, len(centre)))).astype(np.float32)


@pytest.fixture(scope="module")
def shop():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((8, 24))
    old = np.concatenate([cloud(rng, centre, 40) for centre in centres[:6]])
    som = map_of(old)
    return rng, centres, old, som, cluster_photos(old, som, num_clusters=6)


def test_new_photos_keep_the_old_numbers(shop):
    rng, centres, old, som, result = shop
    before = som.get_weights().copy()
    new = np.concatenate([cloud(rng, centre, 20) for centre in centres[:6]])
    placed = EarlierPhotos(old, som, result.labels).assign(new)
    assert np.array_equal(placed.nearest, np.repeat(result.labels[::40], 20))
    assert np.mean(placed.labels == NO_CLUSTER) < 0.2
    assert ((placed.confidence >= 0) & (placed.confidence <= 1)).all()
    assert np.array_equal(som.get_weights(), before)


def test_copies_get_the_cluster_of_their_original_however_mixed_the_clusters_are():
    rng = np.random.default_rng(1)
    old, labels = rng.standard_normal((300, 12)).astype(np.float32), rng.integers(7, size=300)
    placed = EarlierPhotos(old, map_of(old), labels).assign(old[::3] * 2)
    assert np.array_equal(placed.labels, labels[::3])
    assert np.median(placed.confidence) < 0.4, "as mixed as the clusters are"


def test_the_cluster_that_photos_of_a_new_product_were_put_in_lies_farthest_from_its_earlier_ones(shop):
    rng, centres, old, som, result = shop
    catalogue = EarlierPhotos(old, som, result.labels)
    new = np.concatenate([cloud(rng, centre, 20) for centre in centres[:7]])
    clusters = np.append(np.repeat(result.labels[::40], 20), np.full(20, result.labels[0]))
    clusters[:20] = -1
    apart = catalogue.how_far_apart(catalogue.placed(new), clusters)
    assert max(apart, key=apart.get) == result.labels[0] and apart[result.labels[0]] > 3
    assert max(value for number, value in apart.items() if number != result.labels[0]) < 2
    joined = catalogue.how_far_apart(catalogue.placed(new), clusters, merged={result.labels[0]: 99})
    assert result.labels[0] not in joined, "no earlier photo is in it any more"


def test_a_new_product_fits_no_cluster(shop):
    rng, centres, old, som, result = shop
    strangers = np.concatenate([cloud(rng, centre, 20) for centre in centres[6:]])
    placed = EarlierPhotos(old, som, result.labels).assign(strangers)
    assert np.mean(placed.labels == -1) > 0.95


def test_a_number_that_no_photo_has_is_no_cluster(shop):
    rng, centres, old, som, result = shop
    plain, skipped = (EarlierPhotos(old, som, labels).assign(old) for labels in (result.labels, result.labels + 1))
    np.testing.assert_allclose(skipped.confidence, plain.confidence, atol=1e-6)
    one = EarlierPhotos(old, som, np.full(len(old), 3)).assign(old)
    assert (one.confidence == 1).all() and (one.nearest == 3).all()


def test_photos_without_a_cluster_place_nobody(shop):
    rng, centres, old, som, result = shop
    labels = np.where(result.labels == 2, NO_CLUSTER, result.labels)
    placed = EarlierPhotos(old, som, labels).assign(old)
    assert not (placed.nearest == 2).any() and (placed.nearest >= 0).all()
    assert np.array_equal(placed.labels[labels >= 0], labels[labels >= 0])


def test_many_photos_are_placed_by_those_around_them_alone(shop, monkeypatch):
    rng, centres, old, som, result = shop
    monkeypatch.setattr("imgcluster.structure.neighbours.Surroundings.around.__kwdefaults__", {"candidates": 30})
    placed = EarlierPhotos(old, som, result.labels).assign(old)
    assert np.array_equal(placed.labels, result.labels)


@pytest.mark.parametrize("number", [1, 2])
def test_one_or_two_old_photos_are_enough(number):
    old = np.eye(5, dtype=np.float32)[:number]
    placed = EarlierPhotos(old, map_of(old), np.arange(number)).assign(old)
    assert placed.labels.tolist() == list(range(number))


def neighbours(num_photos, num_labels, *, num_neighbours=8):
    """Labels and distances of photos' nearest, some of them copies and some as far away as others."""
    rng = np.random.default_rng(0)
    distance = rng.random((num_photos, num_neighbours)).astype(np.float32)
    return rng.integers(num_labels, size=distance.shape), np.where(rng.random(distance.shape) < 0.3, 0.5, distance)


@pytest.mark.parametrize("labels, distances, chosen", [
    ([3, 3, 1], [1, 1, 0.5], 1), ([3, 3, 1], [1, 1, 2], 3), ([4, 2, 4, 2], [1, 1, 2, 2], 2), ([7, 7], [1, 3], 7)])
def test_a_vote_counts_by_the_inverse_square_of_its_distance(labels, distances, chosen):
    assert voted(np.array([labels]), np.array([distances], np.float32)).tolist() == [chosen]


@pytest.mark.parametrize("num_labels", [1, 2, 5, 1000])
@pytest.mark.parametrize("num_neighbours", [1, 2, 8])
def test_votes_are_those_of_a_table_of_all_clusters(num_labels, num_neighbours):
    labels, distance = neighbours(300, num_labels, num_neighbours=num_neighbours)
    table = np.zeros((300, num_labels))
    np.add.at(table, (np.arange(300)[:, None], labels), 1 / np.maximum(np.square(distance), COPY))
    assert np.array_equal(voted(labels, distance), table.argmax(axis=1))


def test_a_photo_between_two_clusters_has_little_confidence_however_its_neighbours_vote(shop):
    rng, centres, old, som, result = shop
    units = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    between = cloud(rng, 4 * (units[0] + units[1]), 20, 0.1)
    placed, clear = (EarlierPhotos(old, som, result.labels).assign(each) for each in (between, old))
    assert placed.confidence.max() < 0.45 < 0.6 < np.median(clear.confidence)


def test_what_differs_within_the_old_clusters_counts_less_unless_directions_were_taught():
    # Light changes photos more than products differ.
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(8), 60)
    photos = rng.standard_normal((8, 24))[labels] + 0.3 * rng.standard_normal((480, 24))
    photos[:, :6] += 8 * rng.standard_normal((480, 6))
    old, new = photos[::2].astype(np.float32), photos[1::2].astype(np.float32)
    evened, plain = (EarlierPhotos(old, map_of(old), labels[::2], by_direction=taught).assign(new)
                     for taught in (False, True))
    assert (evened.nearest == labels[1::2]).mean() > (plain.nearest == labels[1::2]).mean() + 0.2
    assert np.median(evened.confidence) > np.median(plain.confidence) + 0.2
    assert (evened.labels < 0).mean() < 0.15


def test_memory_of_votes_does_not_grow_with_the_clusters(peak_memory):
    few, many = (peak_memory(voted, *neighbours(2000, num_labels)) for num_labels in (10, 10_000))
    assert many < 1.1 * few


def test_merged_clusters_are_one_to_confidences_and_new_ones_are_those_of_their_photos(shop):
    rng, centres, old, som, result = shop
    earlier = EarlierPhotos(old, som, result.labels)
    between = cloud(rng, (centres[0] + centres[1]) / 2, 30, spread=0.1)
    here, there = result.labels[0], result.labels[40]
    labels, places = np.full(30, here), earlier.placed(between)
    apart = earlier.confidence(places, labels)
    merged = earlier.confidence(places, labels, merged={int(there): int(here)})
    assert apart.mean() < 0.3 and merged.mean() > apart.mean() + 0.2
    born = earlier.confidence(places, np.full(30, 9))
    assert born.mean() > 0.5, "the only cluster that these photos make"
    assert earlier.confidence(places, np.full(30, NO_CLUSTER)).tolist() == [0] * 30


def test_copies_of_earlier_photos_have_one_vote(shop):
    rng, centres, old, som, result = shop
    new = np.concatenate([cloud(rng, centre, 20, spread=2.5) for centre in centres[:6]])
    copied = np.concatenate([old, np.repeat(old[:10], 9, axis=0)])
    labels = np.concatenate([result.labels, np.repeat(result.labels[:10], 9)])
    copies = np.concatenate([np.arange(240), np.repeat(np.arange(10), 9)])
    alone, once = EarlierPhotos(old, som, result.labels), EarlierPhotos(copied, som, labels, copies=copies)
    found, expected = once.assign(new), alone.assign(new)
    assert np.array_equal(found.labels, expected.labels) and np.array_equal(found.nearest, expected.nearest)
    assert not np.array_equal(EarlierPhotos(copied, som, labels).assign(new).nearest, expected.nearest)
