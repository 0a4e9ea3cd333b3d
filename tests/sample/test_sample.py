"""The drawn catalogue: the same bytes every time, plausible photos with exact masks, no model in both samples."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from imgcluster.sample import BACKGROUNDS, SAMPLES, Catalogue, draw_sample, plan_photos, render_photo
from imgcluster.sample.looks import KINDS, random_look

TINY = Catalogue(seed=5, num_models=11, min_imgs=3, max_imgs=4, size=120)


def first_of_each(photos, value):
    return {value(photo): photo for photo in reversed(photos)}


def clear_of(mask, radius):
    return cv2.dilate(mask, np.ones((radius, radius), np.uint8)) == 0


def test_plan_names_and_counts():
    photos = plan_photos(SAMPLES["sample"])
    names = [photo.file for photo in photos]
    assert len(set(names)) == len(names)
    for photo in photos:
        assert re.fullmatch(r"(\d+)_\d+_\d+\.jpg", photo.file).group(1) == photo.model
    _, counts = np.unique([photo.model for photo in photos], return_counts=True)
    assert len(counts) == 24 and counts.min() >= 12 and counts.max() <= 16
    listings = np.unique([name.rsplit("_", 1)[0] for name in names], return_counts=True)[1]
    assert listings.min() >= 1 and listings.max() <= 3


@pytest.mark.parametrize("name", SAMPLES)
def test_all_backgrounds_and_kinds_occur(name):
    photos = plan_photos(SAMPLES[name])
    assert {photo.background for photo in photos} == set(BACKGROUNDS)
    assert len({photo.look.kind for photo in photos}) >= 8


def test_samples_share_no_model():
    plans = [plan_photos(SAMPLES[name]) for name in ("sample", "sample_train")]
    models, looks, files = (
        [{value(photo) for photo in plan} for plan in plans]
        for value in (
            lambda photo: photo.model,
            lambda photo: (photo.look.kind, photo.look.pattern, photo.look.colors),
            lambda photo: photo.file,
        )
    )
    for first, second in (models, looks, files):
        assert not first & second
    assert [len(names) for names in models] == [len(names) for names in looks] == [24, 24]


def test_random_looks_never_end_and_repeat():
    endless = Catalogue(seed=6, num_models=300, min_imgs=1, max_imgs=1, random_looks=True)
    looks = [photo.look for photo in plan_photos(endless)]
    assert len({(look.kind, look.shape, look.pattern, look.colors) for look in looks}) == 300
    assert looks == [photo.look for photo in plan_photos(endless)]
    assert looks != [photo.look for photo in plan_photos(replace(endless, seed=7))]


@pytest.mark.parametrize("kind", KINDS)
def test_random_looks_can_be_drawn(kind):
    for number in range(3):
        photo = replace(plan_photos(TINY)[0], look=random_look(kind, number, 1))
        assert 0.03 < (render_photo(photo)[1] == 255).mean() < 0.95


def test_mask_and_image_of_every_kind():
    for photo in first_of_each(plan_photos(TINY), lambda photo: photo.look.kind).values():
        image, mask = render_photo(photo)
        assert image.dtype == mask.dtype == np.uint8
        assert image.shape == (photo.height, photo.width, 3) and mask.shape == image.shape[:2]
        assert set(np.unique(mask)) == {0, 255}
        assert 0.03 < (mask == 255).mean() < 0.95, photo
        parts, _ = cv2.connectedComponents(mask)
        assert parts <= 4, "a product hangs together but for what the frame cuts off"


def test_white_photos_are_white_off_the_product():
    photos = [photo for photo in plan_photos(TINY) if photo.background == "white"]
    white = []
    for photo in photos[:6]:
        image, mask = render_photo(photo)
        off = clear_of(mask, 5)
        white.append((image[off] >= 250).all(axis=1).mean())
        # The rest is shadow (grey) or what the seller wrote.
        assert image[off].mean() > 200
    assert np.median(white) > 0.6


def test_cluttered_photos_are_not_flat():
    photo = next(photo for photo in plan_photos(TINY) if photo.background == "cluttered")
    image, mask = render_photo(photo)
    assert image[clear_of(mask, 5)].std() > 15


def test_render_depends_on_the_photo_alone():
    photos = plan_photos(TINY)[:8:2]
    forth = [render_photo(photo) for photo in photos]
    back = [render_photo(photo) for photo in reversed(photos)][::-1]
    for (image, mask), (again, mask_again) in zip(forth, back):
        assert np.array_equal(image, again) and np.array_equal(mask, mask_again)
    assert not np.array_equal(cv2.resize(forth[0][0], (64, 64)), cv2.resize(forth[1][0], (64, 64)))


def test_seed_changes_the_photos():
    other = Catalogue(seed=6, num_models=1, min_imgs=3, max_imgs=4, size=120)
    assert {photo.image_seed for photo in plan_photos(other)}.isdisjoint(
        photo.image_seed for photo in plan_photos(TINY)
    )


def test_draw_sample_is_reproducible_and_resumes(tmp_path):
    catalogue = Catalogue(seed=3, num_models=3, min_imgs=2, max_imgs=3, size=96)
    paths = draw_sample(catalogue, tmp_path / "one", workers=1)
    assert [path.name for path in paths] == [photo.file for photo in plan_photos(catalogue)]
    written = {path.name: path.read_bytes() for path in paths}
    assert set(written) == {path.name for path in (tmp_path / "one").iterdir()}, "nothing but photos is left behind"
    decoded = cv2.imread(str(paths[0]))[..., ::-1]
    assert np.abs(decoded.astype(int) - render_photo(plan_photos(catalogue)[0])[0]).mean() < 8

    paths[1].unlink()
    kept = paths[0].stat().st_mtime_ns
    assert draw_sample(catalogue, tmp_path / "one", workers=1) == paths
    assert {path.name: path.read_bytes() for path in paths} == written
    assert paths[0].stat().st_mtime_ns == kept


def test_processes_write_the_same_bytes(tmp_path):
    catalogue = Catalogue(seed=3, num_models=3, min_imgs=2, max_imgs=3, size=96)
    alone = draw_sample(catalogue, tmp_path / "alone", workers=1)
    together = draw_sample(catalogue, tmp_path / "together", workers=2)
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in together]


def test_too_many_models_of_a_kind():
    with pytest.raises(ValueError, match="20 styles"):
        plan_photos(Catalogue(seed=1, num_models=201, min_imgs=1, max_imgs=1))
