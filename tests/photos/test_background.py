"""The product is found on plain and textured grounds, no picture is refused, and fills and crops do what they say."""
import cv2
import numpy as np
import pytest

from imgcluster.cutter.cutout import tidy
from imgcluster.photos.background import (
    FILLS,
    METHODS,
    contour_mask,
    crop_to_product,
    fill_background,
    normalise_contrast,
    product_mask,
)
from imgcluster.sample.catalogue import Catalogue, plan_photos
from imgcluster.sample.render import render_photo


def scene(background, *, colour=(200, 40, 40), shape=(240, 320)):
    """An ellipse of one colour on a background (a colour or "texture"): image and true mask."""
    generator = np.random.default_rng(0)
    image = np.full((*shape, 3), 255 if background == "texture" else background, np.uint8)
    if background == "texture":
        image = np.clip(generator.normal(130, 12, image.shape), 0, 255).astype(np.uint8)
    mask = cv2.ellipse(np.zeros(shape, np.uint8), (shape[1] // 2, shape[0] // 2), (90, 60), 20, 0, 360, 255, -1)
    image[mask > 0] = colour
    return image, mask > 0


def overlap(one, two):
    return (one & two).sum() / (one | two).sum()


@pytest.mark.parametrize("background", [(255, 255, 255), (120, 160, 200), "texture"])
def test_product_is_found(background):
    image, truth = scene(background)
    cutout = product_mask(image)
    assert cutout.mask.shape == truth.shape and cutout.mask.dtype == np.uint8
    assert overlap(cutout.mask > 127, truth) > 0.95
    assert cutout.plausible and cutout.num_objects == 1
    assert cutout.share == pytest.approx(truth.mean(), abs=0.02)


@pytest.mark.parametrize("softness", [4, 6, 10])
def test_shadows_are_no_part_of_the_product(softness):
    image, truth = scene((240, 240, 240))
    shadow = cv2.GaussianBlur(cv2.ellipse(np.zeros(truth.shape, np.float32), (230, 190), (70, 25), 0, 0, 360, 0.5, -1),
                              (0, 0), softness)
    shadowed = np.where(truth[..., None], image, image * (1 - shadow[..., None])).astype(np.uint8)
    cutout = product_mask(shadowed)
    assert cutout.plain and overlap(cutout.mask > 127, truth) > 0.93


def test_a_table_before_a_wall_is_no_part_of_the_product():
    image, truth = scene((225, 220, 210))
    image[170:][~truth[170:]] = (150, 105, 70)
    cutout = product_mask(image)
    assert not cutout.plain and overlap(cutout.mask > 127, truth) > 0.85


def test_banners_are_no_part_of_the_product():
    image, truth = scene((240, 240, 240))
    image[-20:] = (170, 30, 40)
    cv2.putText(image, "FREE SHIPPING", (100, 235), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1)
    assert overlap(product_mask(image).mask > 127, truth) > 0.95


def test_drawn_products_are_found_better_than_by_outlines():
    photos = plan_photos(Catalogue(seed=5, num_models=4, min_imgs=3, max_imgs=3, size=200))
    scores = []
    for image, truth in map(render_photo, photos):
        found = [product_mask(image, method=method).mask > 127 for method in ("grabcut", "contours")]
        scores.append([overlap(mask, truth > 127) for mask in found])
    ours, outlines = np.mean(scores, axis=0)
    assert ours > 0.8 and ours > outlines + 0.1


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 3), (7, 9), (8, 8), (40, 700)])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["black", "white", "noise", "line art"])
def test_no_picture_is_refused(shape, method, kind):
    image = np.full((*shape, 3), 0 if kind == "black" else 255, np.uint8)
    if kind == "noise":
        image = np.random.default_rng(0).integers(0, 256, image.shape, dtype=np.uint8)
    if kind == "line art":
        image[::3] = 0
    cutout = product_mask(image, method=method)
    assert cutout.mask.shape == shape and 0 < cutout.share <= 1
    assert cutout.plausible or (cutout.mask == 255).all()


@pytest.mark.parametrize("method", ["grabcut", "contours"])
def test_one_colour_is_kept_whole_and_marked(method):
    cutout = product_mask(np.full((60, 80, 3), 200, np.uint8), method=method)
    assert not cutout.plausible and cutout.share == 1 and cutout.num_objects == 0


@pytest.mark.parametrize("colour", ["texture", (255, 255, 255)])
def test_the_whole_photo_is_no_product_that_was_found(colour):
    cutout = product_mask(scene(colour)[0], method="none")
    assert (cutout.mask == 255).all() and cutout.share == 1
    assert not cutout.plausible and not cutout.plain and cutout.num_objects == 0


def test_same_photo_same_mask():
    image, _ = scene("texture")
    first = product_mask(image).mask
    cv2.setRNGSeed(99)
    assert np.array_equal(product_mask(image).mask, first)


def test_separate_products_are_counted():
    image = np.full((200, 300, 3), 255, np.uint8)
    for x in (70, 150, 230):
        cv2.circle(image, (x, 100), 30, (20, 90, 20), -1)
    assert product_mask(image).num_objects == 3


def test_contours_fill_outlines():
    image, truth = scene((255, 255, 255))
    assert overlap(contour_mask(image) > 0, truth) > 0.9


def test_tidy_drops_crumbs_and_fills_holes():
    mask = np.zeros((40, 40), bool)
    mask[5:25, 5:25] = True
    mask[10:15, 10:15] = False
    mask[35, 35] = True
    expected = np.zeros((40, 40), bool)
    expected[5:25, 5:25] = True
    assert np.array_equal(tidy(mask), expected)


def test_fills():
    image, truth = scene((10, 200, 10))
    mask = np.where(truth, np.uint8(255), np.uint8(0))
    for fill, value in (("white", (255, 255, 255)), ("grey", (128, 128, 128)), ("mean", (10, 200, 10)),
                        ("blur", (10, 200, 10))):
        filled = fill_background(image, mask, fill=fill)
        assert filled.shape == image.shape and filled.dtype == np.uint8
        assert np.array_equal(filled[truth], image[truth])
        assert np.abs(filled[~truth].astype(int) - value).max() <= 1
    assert np.array_equal(fill_background(image, mask, fill="keep"), image)
    clear = fill_background(image, mask, fill="transparent")
    assert np.array_equal(clear[:, :, :3], image) and np.array_equal(clear[:, :, 3], mask)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("value", [0, 255])
def test_fills_take_empty_and_full_masks(fill, value):
    image = np.full((1, 7, 3), 50, np.uint8)
    assert fill_background(image, np.full((1, 7), value, np.uint8), fill=fill).shape[:2] == (1, 7)


def test_soft_edges_are_blended():
    image = np.zeros((1, 3, 3), np.uint8)
    filled = fill_background(image, np.array([[0, 128, 255]], np.uint8))
    assert filled[0, :, 0].tolist() == [255, 127, 0]


def test_unknown_choices_are_refused():
    image = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="magic"):
        product_mask(image, method="magic")
    with pytest.raises(ValueError, match="pink"):
        fill_background(image, image[:, :, 0], fill="pink")


def test_crop_is_a_square_around_the_product():
    image = np.arange(100 * 60 * 3, dtype=np.uint32).reshape(100, 60, 3).astype(np.uint8)
    mask = np.zeros((100, 60), np.uint8)
    mask[40:60, 20:30] = 255
    assert np.array_equal(crop_to_product(image, mask, margin=0), image[40:60, 15:35])
    assert crop_to_product(image, mask, margin=0.5).shape == (40, 40, 3)
    assert crop_to_product(image, mask, margin=3).shape == (140, 140, 3)
    assert crop_to_product(image, np.zeros_like(mask)) is image


def test_the_square_around_a_very_long_product_is_not_made_at_full_size(monkeypatch):
    image, mask = np.full((60, 2000, 3), 250, np.uint8), np.zeros((60, 2000), np.uint8)
    image[20:40, 100:1900], mask[20:40, 100:1900] = (200, 30, 30), 255
    whole, borders, made = crop_to_product(image, mask), cv2.copyMakeBorder, []
    assert whole.shape == (2088, 2088, 3)
    monkeypatch.setattr(cv2, "copyMakeBorder", lambda *args: made.append(borders(*args)) or made[-1])
    square = crop_to_product(image, mask, largest=800)
    assert square.shape == (800, 800, 3) and len(made) == 1 and made[0].size == square.size
    shrunk = cv2.resize(whole, (800, 800), interpolation=cv2.INTER_AREA)
    assert np.abs(square.astype(int) - shrunk).mean() < 1


def test_contrast_keeps_colours_and_spreads_lightness():
    image = np.random.default_rng(0).normal((110, 100, 90), 4, (80, 80, 3)).astype(np.uint8)
    even = normalise_contrast(image)
    assert even.shape == image.shape and even.std() > image.std()
    assert np.abs(even.mean((0, 1)) - even.mean() - (image.mean((0, 1)) - image.mean())).max() < 8
