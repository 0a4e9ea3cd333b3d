"""How far two photos show the same picture: whole, cropped, in other colours; and small pictures as text."""

import cv2
import numpy as np
import pytest

from imgcluster.photos.agreement import _ZOOMS, MIN_AGREEMENT, _start, agreement, packed, picture_of, unpacked
from imgcluster.photos.duplicates import photo_signature
from imgcluster.sample.catalogue import Catalogue, plan_photos
from imgcluster.sample.render import render_photo


@pytest.fixture(scope="module")
def photos():
    """Photos of three products, two of each, the second in another pose."""
    return [render_photo(photo)[0] for photo in plan_photos(Catalogue(seed=3, num_models=3, min_imgs=2, max_imgs=2,
                                                                      size=240))]


def shown(image):
    return picture_of(photo_signature(image, image.tobytes()))


def zoomed(image, share):
    """What is left of a photo when a share of it is cut off at each side."""
    top, left = (round(share * side) for side in image.shape[:2])
    return np.ascontiguousarray(image[top:image.shape[0] - top, left:image.shape[1] - left])


@pytest.mark.parametrize("share", [0, 0.02, 0.05])
def test_a_photo_agrees_with_itself_cropped_whichever_of_both_comes_first(photos, share):
    for image in photos:
        one, two = shown(image), shown(zoomed(image, share))
        assert agreement(one, two) >= MIN_AGREEMENT and agreement(two, one) >= MIN_AGREEMENT


def test_an_alignment_sets_out_about_the_middle_and_from_the_zoom_that_a_crop_is_of(photos):
    for zoom in _ZOOMS:
        np.testing.assert_allclose(_start(zoom) @ [15.5, 15.5, 1], [15.5, 15.5], rtol=1e-6)
    whole, crop = shown(photos[0]), shown(zoomed(photos[0], 0.05))
    for one, two, best in ((whole, crop, 1 / 0.9), (crop, whole, 0.9)):
        likeness = two.zoomed @ one.zoomed[0]
        assert _ZOOMS[likeness.argmax()] == best and likeness.max() > 0.95


def test_pictures_that_are_hardly_alike_are_aligned_from_one_zoom_alone(photos, monkeypatch):
    tried = []
    monkeypatch.setattr("imgcluster.photos.agreement._coarse_alignment", lambda *_: tried.append(1))
    one, two = shown(photos[0]), shown(photos[2])
    assert (two.zoomed @ one.zoomed[0]).max() < 0.9
    agreement(one, two)
    assert len(tried) == 1
    agreement(one, shown(zoomed(photos[0], 0.05)))
    assert len(tried) == 1 + len(_ZOOMS)


def test_other_photos_and_mirror_images_do_not_agree(photos):
    pictures = [shown(image) for image in photos]
    assert all(agreement(one, two) < MIN_AGREEMENT for one in pictures for two in pictures if one is not two)
    assert all(agreement(shown(image), shown(image[:, ::-1].copy())) < MIN_AGREEMENT for image in photos)


def test_another_colour_does_not_agree_and_none_does(photos):
    image = photos[0]
    turned, grey = np.roll(image, 1, axis=2), cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    coloured = shown(image)
    assert coloured.colour is not None and shown(grey).colour is None
    assert agreement(coloured, shown(grey)) > 0.9 > MIN_AGREEMENT > agreement(coloured, shown(turned))


def test_a_picture_of_nothing_agrees_with_none(photos):
    flat = shown(np.full((90, 90, 3), 200, np.uint8))
    assert agreement(flat, flat) == agreement(flat, shown(photos[0])) == agreement(shown(photos[0]), flat) == 0


def test_small_pictures_are_read_from_text(photos):
    small = cv2.resize(photos[0], (64, 64), interpolation=cv2.INTER_AREA)
    text = packed(small)
    for flags, shape in ((cv2.IMREAD_GRAYSCALE, (64, 64)), (cv2.IMREAD_COLOR, (64, 64, 3))):
        assert unpacked(text, flags=flags).shape == shape
    assert np.abs(unpacked(text, flags=cv2.IMREAD_COLOR)[:, :, ::-1].astype(int) - small).mean() < 4
