"""One photo of step 01: what is cropped, when a product is sought, and how many of the file's pixels are used."""
from dataclasses import replace

import cv2
import numpy as np
import pytest
from grounds import on_ground

from imgcluster.photos.decoding import decode_image
from imgcluster.photos.photo_audit import audit_photo, refusal, warnings
from imgcluster.photos.prepare import Recipe, prepare_photo, product_entry


def test_by_default_only_what_stands_on_a_plain_ground_is_cropped():
    rng = np.random.default_rng(0)
    plain, busy = on_ground(rng, plain=True), on_ground(rng, plain=False)
    cropped, cutout = prepare_photo(plain, Recipe())
    assert cutout.plain and cropped.shape[0] == cropped.shape[1] < 60
    assert (cropped == (200, 30, 30)).all(axis=2).mean() > 0.6
    whole, cutout = prepare_photo(busy, Recipe())
    assert not cutout.plain and np.array_equal(whole, busy)
    assert np.array_equal(prepare_photo(plain, Recipe(crop=False))[0], plain)


def test_every_product_is_sought_where_a_setting_needs_its_mask():
    busy = on_ground(np.random.default_rng(0), plain=False)
    assert not prepare_photo(busy, Recipe())[1].num_objects
    for recipe in (Recipe(save_masks=True), Recipe(every_mask=True), Recipe(fill="white"), Recipe(crop=True)):
        assert prepare_photo(busy, recipe)[1].num_objects


@pytest.mark.parametrize("recipe", [Recipe(crop=False), Recipe(method="none"), Recipe(method="none", crop=True)])
@pytest.mark.parametrize("plain", [False, True])
def test_where_no_product_is_looked_for_photos_keep_their_frame_and_are_not_warned_of(recipe, plain):
    image = on_ground(np.random.default_rng(0), plain=plain)[:-10]
    data = cv2.imencode(".png", image)[1].tobytes()
    finished, cutout = prepare_photo(image, recipe, data)
    assert np.array_equal(finished, image)
    entry = {**audit_photo(image, data), **product_entry(cutout)}
    assert not {"product cut off", "small product"} & {*warnings(entry)}
    assert refusal(entry, min_product_share=0.9, max_objects=1) is None
    empty = np.full_like(image, 255)
    data = cv2.imencode(".png", empty)[1].tobytes()
    assert refusal(audit_photo(empty, data) | product_entry(prepare_photo(empty, recipe, data)[1])) is not None


def small_product(side, shape):
    """A JPEG of a square with stripes of two pixels in the middle of a white ground."""
    image = np.full((*shape, 3), 250, np.uint8)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    image[top:top + side, left:left + side] = np.where(np.arange(side)[:, None] % 4 < 2, 200, 20)[:, :, None]
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


@pytest.mark.parametrize("fill", ["keep", "white"])
def test_a_small_product_is_cropped_from_the_file_s_own_pixels(fill):
    recipe, data = Recipe(max_side=160, fill=fill), small_product(120, (700, 900))
    reduced = decode_image(data, min_side=recipe.max_side)
    assert reduced.shape == (175, 225, 3)
    finished, cutout = prepare_photo(reduced, recipe, data)
    assert cutout.mask.shape == reduced.shape[:2]
    # 120 pixels and 8 % at each side, as far as the cut at a quarter of the size can tell.
    assert finished.shape[0] == finished.shape[1] == pytest.approx(139, abs=9)
    middle = finished[60:80, 60:80].astype(int)
    assert (abs(middle - 200) < 60).mean() > 0.4 and (abs(middle - 20) < 60).mean() > 0.4
    assert prepare_photo(reduced, recipe)[0].shape[0] < 40


def test_no_more_of_the_file_is_decoded_than_the_crop_needs(monkeypatch):
    sizes = []

    def decode(data, **options):
        image = decode_image(data, **options)
        sizes.append(image.shape)
        return image

    monkeypatch.setattr("imgcluster.photos.prepare.decode_image", decode)
    recipe, data = Recipe(max_side=160), small_product(300, (1400, 1800))
    prepare_photo(decode_image(data, min_side=160), recipe, data)
    assert sizes == [(700, 900, 3)]
    for other in (replace(recipe, crop=False), replace(recipe, max_side=40)):
        prepare_photo(decode_image(data, min_side=other.max_side), other, data)
    large, small = small_product(1200, (1400, 1800)), small_product(60, (140, 180))
    for photo in (large, small):  # of which the crop, or the file, has no more to show
        prepare_photo(decode_image(photo, min_side=160), recipe, photo)
    assert len(sizes) == 1
    monkeypatch.setattr("imgcluster.photos.prepare.FINER_PIXELS", 500_000)
    prepare_photo(decode_image(data, min_side=160), recipe, data)
    assert len(sizes) == 2 and sizes[1] == (350, 450, 3)


@pytest.mark.parametrize("recipe, product", [(Recipe(crop=True), 200), (Recipe(method="contours"), 20)])
def test_where_no_product_is_found_nothing_is_cropped(recipe, product):
    image = np.full((400, 400, 3), 200, np.uint8)
    image[160:240, 165:240] = product  # too small for outlines to be filled
    finished, cutout = prepare_photo(image, recipe)
    assert not cutout.plausible and np.array_equal(finished, image)
