"""Maps of the frozen blocks: those of the trunk, made once, used again by the next training; versions that differ."""
import numpy as np
import pytest

keras = pytest.importorskip("keras")

from imgcluster.network.trunk import trunk  # noqa: E402
from imgcluster.training import frozen_maps  # noqa: E402
from imgcluster.training.augmentation import Augmentation  # noqa: E402
from imgcluster.training.frozen_maps import FrozenMaps  # noqa: E402

BRIGHTER = Augmentation(brightness=0.5)


@pytest.fixture
def make(tiny_embedding, squares, silent, tmp_path):
    """make(**changes): FrozenMaps of ten pictures in batches of four, and how many passes over them there were."""
    below = trunk(tiny_embedding(), 3)
    passes = []

    def progress(*arguments):
        passes.append(arguments)
        return silent()

    def build(**changes):
        options = {"pictures": squares(np.arange(10) % 4), "augmentation": BRIGHTER, "seed": 0, "batch_size": 4,
                   "folder": tmp_path, **changes}
        return FrozenMaps(below, options.pop("pictures"), versions=2, progress=progress, **options)
    build.passes = passes
    return build


def test_maps_are_those_of_the_trunk(make):
    maps = make()
    expected = maps.trunk.predict_on_batch(maps.pictures)
    assert maps.plain().dtype == np.float16 and maps.plain().shape == expected.shape
    np.testing.assert_allclose(maps.plain(), expected, rtol=1e-3, atol=1e-3)


def test_early_epochs_see_new_versions_and_later_ones_a_mixture_of_them(make):
    maps, rows = make(), np.arange(10)
    first, second, third, fourth = (maps.drawn(epoch)(rows) for epoch in range(4))
    assert first.dtype == np.float32
    assert all((one != other).any() for one, other in zip(first, second))
    for later in (third, fourth):
        taken = [(later[row] == one[row]).all() for row in rows for one in (first, second)]
        assert sum(taken) == 10 and 0 < sum(taken[::2]) < 10
    assert (third != fourth).any()
    assert len(make.passes) == 2


def test_rows_are_answered_in_the_order_they_are_asked_for(make):
    maps = make(augmentation=Augmentation())
    np.testing.assert_array_equal(maps.drawn(0)(np.array([7, 2, 7])), maps.plain()[[7, 2, 7]].astype(np.float32))
    assert len(make.passes) == 1


def test_maps_on_disk_are_used_again_only_where_they_are_the_same(make, squares):
    first = make().drawn(0)(np.arange(10))
    np.testing.assert_array_equal(make().drawn(0)(np.arange(10)), first)
    assert len(make.passes) == 1
    others = {"seed": 1, "augmentation": Augmentation(brightness=0.4), "pictures": squares([0] * 10, seed=5)}
    for change in ({name: value} for name, value in others.items()):
        assert (make(**change).drawn(0)(np.arange(10)) != first).any()
    assert len(make.passes) == 4


@pytest.mark.parametrize("left", [-100, 0])
def test_damaged_maps_are_made_again(make, tmp_path, left):
    first = make().drawn(0)(np.arange(10))
    for path in tmp_path.rglob("*.npy"):
        path.write_bytes(path.read_bytes()[:left])
    np.testing.assert_array_equal(make().drawn(0)(np.arange(10)), first)


def test_maps_of_other_batches_are_not_taken_for_those_that_these_would_make(make, tmp_path):
    noisy, rows = Augmentation(noise=0.2), np.arange(10)
    fresh = make(augmentation=noisy, batch_size=5, folder=tmp_path / "alone").drawn(0)(rows)
    make(augmentation=noisy).drawn(0)
    np.testing.assert_array_equal(make(augmentation=noisy, batch_size=5).drawn(0)(rows), fresh)


def test_one_picture_that_was_replaced_among_many_is_seen(make, squares):
    pictures = squares(np.arange(130) % 4)
    before = make(pictures=pictures).plain()[129].copy()
    pictures[129] = squares([0], seed=5)[0]
    assert (make(pictures=pictures).plain()[129] != before).any()


def test_maps_that_would_fill_the_disk_do_not_fit(make, monkeypatch):
    needed = 3 * make().plain().nbytes
    monkeypatch.setattr(frozen_maps, "LIMIT", needed)
    assert make().fits()
    monkeypatch.setattr(frozen_maps, "LIMIT", needed - 1)
    assert not make().fits()
