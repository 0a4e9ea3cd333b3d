"""Photos follow the direction of their cluster: strays come home, and no cluster is emptied."""
import numpy as np
import pytest
from rays import rays

from imgcluster.clusters import directions
from imgcluster.clusters.directions import (
    axes_shown_by,
    evened_places,
    follow_directions,
    how_far_apart,
    likeness_to_means,
    mean_directions,
    parts_shown,
    small_clusters,
    some_of_each,
)
from imgcluster.rows import OnAxes, read_all, unit_length
from imgcluster.structure.hierarchy import hierarchy_of
from imgcluster.training.validation import precision_at_r


def test_strays_come_home_whatever_their_length():
    features, products = rays()
    strayed = products.copy()
    strayed[::7] = (strayed[::7] + 1) % 5
    assert (follow_directions(features, strayed) == products).all()
    assert (follow_directions(features, products) == products).all()


def test_each_pass_brings_photos_nearer_to_their_direction():
    features, products = rays(9)
    labels = np.random.default_rng(1).integers(5, size=len(products))
    nearness = []
    for passes in (0, 1, 2, 20):
        found = follow_directions(features, labels, passes=passes)
        unit = features / np.linalg.norm(features, axis=1, keepdims=True)
        nearness.append((unit * mean_directions(features, found)[found]).sum())
    assert nearness == sorted(nearness) and nearness[-1] > nearness[0]


def test_no_cluster_is_emptied():
    features = np.ones((6, 3), np.float32)
    for labels in ([0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 1, 1]):
        assert follow_directions(features, np.array(labels)).tolist() == labels
    features, products = rays(2)
    assert len(np.unique(follow_directions(features, np.arange(len(products)) % 30))) == 30


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_mapped_features_give_the_same(tmp_path, dtype):
    features, products = rays(3, 700)
    np.save(tmp_path / "features.npy", features.astype(dtype))
    labels = np.random.default_rng(0).integers(3, size=len(products))
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    assert (follow_directions(mapped, labels) == follow_directions(features, labels)).all()


def test_directions_have_length_1_and_a_photo_without_any_counts_for_none():
    features, products = rays()
    features[3] = 0
    assert np.allclose(np.linalg.norm(mean_directions(features, products), axis=1), 1, atol=1e-5)
    assert np.isfinite(mean_directions(np.zeros((4, 2), np.float32), np.arange(4))).all()


def test_a_long_photo_turns_its_direction_no_more_than_a_short_one():
    features, labels = np.array([[4, 0], [0, 0.5], [0, -7]], np.float32), np.array([0, 0, 1])
    half = np.sqrt(0.5)
    assert mean_directions(features, labels) == pytest.approx(np.array([[half, half], [0, -1]]))
    assert likeness_to_means(features, labels) == pytest.approx([half, half, 1])


def test_photos_that_show_the_same_lie_about_as_far_apart_as_chance_makes_them_and_others_farther():
    rng, found = np.random.default_rng(0), []
    for _ in range(40):
        centre = rng.standard_normal(16)
        one, two = (centre + rng.standard_normal((size, 16)) for size in (12, 50))
        found.append(how_far_apart(one, np.zeros(12, int), two, np.zeros(50, int))[0])
    assert 0.85 < np.sqrt(np.mean(np.square(found))) < 1.15
    assert how_far_apart(one + 2 * rng.standard_normal(16), np.zeros(12, int), two, np.zeros(50, int))[0] > 2


def test_only_clusters_of_two_photos_on_either_side_are_compared():
    one, two = np.eye(6, dtype=np.float32), np.ones((7, 6), np.float32)
    apart = how_far_apart(one, np.array([0, 0, 2, 4, 4, -1]), two, np.array([0, 0, 2, 2, 3, 3, -1]))
    assert list(apart) == [0] and np.isfinite(apart[0])
    assert how_far_apart(one, np.full(6, -1), two, np.arange(7)) == {}
    assert np.isfinite(how_far_apart(one[[0, 0]], np.zeros(2, int), one[[0, 0, 0]], np.zeros(3, int))[0]), "copies"


def test_photos_stay_within_the_larger_cluster_they_are_in_and_those_yet_to_be_placed_are():
    features, products = rays(4)
    parts, larger = products.copy(), products // 3
    parts[::3] = -1
    assert (follow_directions(features, parts, within=larger) == products).all()
    parts[larger == 0] = np.where(parts[larger == 0] < 0, -1, 0)
    parts[parts > 0] -= 2
    assert (follow_directions(features, parts, within=larger) == np.maximum(products - 2, 0)).all()
    # A pass that would empty a cluster is not taken, but for those without one.
    same = np.ones((5, 3), np.float32)
    assert follow_directions(same, np.array([0, 1, 1, -1, -1])).tolist() == [0, 1, 1, 0, 0]


def lit_photos(seed=0, num_products=12, photos=40):
    """(features of photos in which light, two large ways, varies more than products differ; their products)."""
    rng, labels = np.random.default_rng(seed), np.repeat(np.arange(num_products), photos)
    features = rng.standard_normal((num_products, 20))[labels] + 0.2 * rng.standard_normal((len(labels), 20))
    features[:, :2] += 2 * rng.standard_normal((len(labels), 2))
    return features.astype(np.float32), labels


@pytest.mark.parametrize("most_shown", [6000, 100])
def test_without_labels_what_differs_in_small_clusters_counts_less(monkeypatch, most_shown):
    monkeypatch.setattr(directions, "MOST_SHOWN", most_shown)
    features, products = lit_photos()
    places = evened_places(features, small_clusters(hierarchy_of(features)))
    assert places.shape == features.shape and places.dtype == np.float32
    assert precision_at_r(unit_length(places), products) > precision_at_r(unit_length(features), products) + 0.05


@pytest.mark.parametrize("number, expected", [(3, None), (15, None), (16, 2), (100, 12)])
def test_small_clusters_hold_as_many_photos_as_there_are_neighbours(number, expected):
    small = small_clusters(hierarchy_of(lit_photos()[0][::4][:number]))
    assert (None if small is None else len(set(small))) == expected


@pytest.mark.parametrize("most_shown, step", [(6000, 1), (100, 5)])
def test_of_many_small_clusters_whole_ones_are_shown(monkeypatch, most_shown, step):
    monkeypatch.setattr(directions, "MOST_SHOWN", most_shown)
    small = np.arange(480) % 60
    parts = parts_shown(small)
    assert set(small[parts >= 0]) == set(range(0, 60, step))
    assert np.unique(parts).tolist() == [*([-1] if step > 1 else []), *range(60 // step)]


def test_half_of_the_small_clusters_show_nothing_of_the_other_half():
    features, small = lit_photos()[0], np.arange(480) // 8
    other = small.copy()
    other[small % 2 == 1] = np.random.default_rng(1).permutation(small[small % 2 == 1])
    halves, wholes = ([evened_places(features, each, half=half) for each in (small, other)] for half in (0, None))
    assert np.array_equal(*halves) and not np.allclose(*wholes, atol=0.01)


@pytest.mark.parametrize("sizes", [(40, 1, 900), (500, 500), (10,) * 100])
def test_of_many_photos_some_of_each_cluster_show_what_differs(monkeypatch, sizes):
    monkeypatch.setattr(directions, "MOST_SHOWN", 100)
    labels = np.random.default_rng(4).permutation(np.repeat(np.arange(len(sizes)), sizes))
    shown = np.bincount(labels[some_of_each(labels)])
    assert (shown >= np.minimum(sizes, 2)).all() and 100 <= shown.sum() <= 200 + 2 * len(sizes)
    assert np.corrcoef(shown, sizes)[0, 1] > 0.99 or len(set(sizes)) == 1
    assert np.array_equal(some_of_each(labels[:60]), np.arange(60))


@pytest.mark.parametrize("most", [100, 10_000])
def test_what_differs_within_clusters_counts_less_on_the_axes_they_show(monkeypatch, most):
    monkeypatch.setattr(directions, "MOST_SHOWN", most)
    rng, labels = np.random.default_rng(5), np.repeat(np.arange(8), 40)
    features = rng.standard_normal((8, 24))[labels] + 0.2 * rng.standard_normal((320, 24))
    features[:, :4] += 6 * rng.standard_normal((320, 4))
    evened = unit_length(read_all(OnAxes(features, *axes_shown_by(features, labels))))
    assert precision_at_r(evened, labels) > precision_at_r(unit_length(features), labels) + 0.3
