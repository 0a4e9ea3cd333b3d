"""What photos are warned of and why they are left out."""
import io

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from imgcluster.photos.background import limited
from imgcluster.photos.decoding import decode_image
from imgcluster.photos.photo_audit import audit_photo, incomplete, read_header, refusal, rim_share, warnings

ENTRY = {"width": 400, "height": 300, "format": "JPEG", "sharpness": 0.5, "brightness": 0.8, "contrast": 0.7,
         "empty": False, "color": True, "share": 0.3, "rim": 0.0, "num_objects": 1, "missing": None}


def encoded(image, suffix=".png"):
    return cv2.imencode(suffix, image[..., ::-1])[1].tobytes()


def checkers(side=240, cell=24):
    rows, columns = np.indices((side, side)) // cell
    return np.repeat(((rows + columns) % 2 * 200 + 20).astype(np.uint8)[..., None], 3, axis=2)


def test_a_photo_blurred_more_and_more_is_less_and_less_sharp_at_any_contrast():
    image = checkers()
    blurred = [image, *(cv2.GaussianBlur(image, (0, 0), sigma) for sigma in (1, 2, 4))]
    sharpness = [audit_photo(each, encoded(each))["sharpness"] for each in blurred]
    assert sharpness == sorted(sharpness, reverse=True) and sharpness[0] > 0.5
    faint = (blurred[2] // 4 + 100).astype(np.uint8)
    assert audit_photo(faint, encoded(faint))["sharpness"] == pytest.approx(sharpness[2], rel=0.3)
    found = [warnings(ENTRY | {"sharpness": value}) for value in sharpness]
    assert "blurred" not in found[0] + found[1] and "blurred" in found[3]


def test_light_and_colour():
    image = checkers()
    audit = audit_photo(image, encoded(image))
    assert audit["color"] is False and audit["brightness"] > 0.8
    red = image.copy()
    red[60:180, 60:180, 1:] = 0
    dark = image // 8
    assert audit_photo(red, encoded(red))["color"] is True
    assert "dark" in warnings(ENTRY | audit_photo(dark, encoded(dark)))


def test_format_and_size_are_those_of_the_content_whatever_the_scale_it_was_decoded_at():
    image = np.zeros((60, 100, 3), np.uint8)
    assert read_header(encoded(image), (30, 50)) == ("PNG", (60, 100))
    assert read_header(encoded(image, ".jpg"), (50, 30)) == ("JPEG", (100, 60))
    assert read_header(b"no image", (5, 7)) == ("", (5, 7))


@pytest.mark.parametrize("orientation, size", [(1, (1282, 1281)), (6, (1281, 1282))])
def test_the_sides_of_a_photo_that_a_reduced_scale_makes_a_square_are_those_of_the_file(orientation, size):
    exif, stream = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Orientation] = orientation
    Image.new("RGB", (1281, 1282)).save(stream, "JPEG", exif=exif)
    assert read_header(stream.getvalue(), (641, 641)) == ("JPEG", size)


def test_one_colour_and_one_pixel_are_measured_too():
    for shape in ((1, 1, 3), (1, 500, 3), (50, 50, 3)):
        image = np.full(shape, 90, np.uint8)
        audit = audit_photo(image, encoded(image))
        assert audit["sharpness"] == 0 and (audit["height"], audit["width"]) == shape[:2]
        assert warnings(ENTRY | audit)[0] == "one colour" and "blurred" not in warnings(ENTRY | audit)


def test_a_photo_of_hardly_any_contrast_is_of_one_colour_and_a_pale_product_on_white_is_not():
    noise = np.random.default_rng(0).integers(200, 203, (240, 240, 1)).repeat(3, axis=2).astype(np.uint8)
    pale = np.full((240, 240, 3), 255, np.uint8)
    pale[80:160, 80:160] = 235
    assert "one colour" in warnings(ENTRY | audit_photo(noise, encoded(noise)))
    assert "one colour" not in warnings(ENTRY | audit_photo(pale, encoded(pale)))


def test_the_rim_is_the_outermost_ring_of_pixels():
    mask = np.zeros((4, 5), np.uint8)
    mask[1:-1, 1:-1] = 255
    assert rim_share(mask) == 0 and rim_share(255 - mask) == 1
    mask[0] = 255
    assert rim_share(mask) == pytest.approx(5 / 14)


@pytest.mark.parametrize(("change", "warning"), [
    ({"width": 60}, "tiny"), ({"contrast": 0.01, "sharpness": 0.0}, "one colour"),
    ({"missing": 0.3}, "incomplete file"), ({"missing": 0.0}, "incomplete file"),
    ({"share": 0.01}, "small product"), ({"rim": 0.5}, "product cut off")])
def test_each_warning_has_its_cause(change, warning):
    assert warnings(ENTRY) == [] and warnings(ENTRY | change) == [warning]


def test_a_photo_of_which_most_is_missing_is_left_out():
    assert refusal(ENTRY | {"missing": 0.5}) is None
    assert refusal(ENTRY | {"missing": 0.55, "num_objects": 0}) == "incomplete file: 55% of its rows are missing"
    assert incomplete(None) is None and incomplete(0.0) == "incomplete file"


EMPTY = "nothing but one colour: it shows no product"


def test_an_empty_picture_is_left_out_unless_a_product_was_found_in_it():
    assert refusal(ENTRY | {"empty": True, "num_objects": 0}) == EMPTY
    assert refusal(ENTRY | {"empty": True}) is None and refusal(ENTRY | {"num_objects": 0}) is None


COLOURS = ((255, 255, 255), (230, 228, 221), (60, 90, 120))


def refusal_of(image, suffix=".png"):
    """Why a photo in which no product was found is left out, once it was a file."""
    data = encoded(image, suffix)
    return refusal(audit_photo(decode_image(data, min_side=640), data) | {"num_objects": 0})


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("shape, colours", [((60, 80), COLOURS), ((640, 640), COLOURS), ((1500, 2000), COLOURS[1:2])])
@pytest.mark.parametrize("noise", [0, 1, 2])
def test_a_blank_sheet_is_empty_whatever_noise_is_on_it(shape, colours, noise, suffix):
    rng = np.random.default_rng(0)
    for colour in colours:
        noisy = noise * rng.standard_normal((*shape, 3), np.float32) + np.float32(colour)
        assert refusal_of(np.clip(noisy, 0, 255).round().astype(np.uint8), suffix) == EMPTY


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("colour", [(0, 0, 0), (200, 170, 60), (235, 235, 235)])
def test_small_and_thin_products_are_not_empty(colour, suffix):
    ring = cv2.circle(np.full((640, 640, 3), 255, np.uint8), (320, 320), 40, colour, 3)
    small = cv2.rectangle(np.full((3000, 4000, 3), 255, np.uint8), (2000, 1400), (2149, 1499), colour, -1)
    assert refusal_of(ring, suffix) is None and refusal_of(small, suffix) is None


def test_what_differs_in_colour_alone_or_hardly_at_all_is_not_empty():
    as_light = cv2.rectangle(np.full((640, 640, 3), 150, np.uint8), (300, 300), (330, 330), (255, 105, 105), -1)
    grey = cv2.cvtColor(as_light, cv2.COLOR_RGB2GRAY).astype(int)
    assert np.ptp(grey) < 5 and refusal_of(as_light) is None
    white_on_white = cv2.circle(np.full((60, 80, 3), 255, np.uint8), (40, 30), 20, (251, 251, 251), -1)
    assert refusal_of(white_on_white) is None and refusal_of(white_on_white, ".jpg") is None
    fine = np.full((400, 400, 3), 200, np.uint8)  # threads of one pixel, as of cloth
    fine[::2] = 220
    assert refusal_of(fine) is None


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (15, 400)])
def test_a_photo_too_small_to_show_anything_is_left_out(size):
    small = ENTRY | dict(zip(("width", "height"), size))
    assert refusal(small) == f"{size[0]} x {size[1]} pixels: a side of fewer than 16 shows no product"
    assert refusal(small | {"width": 16, "height": 16}) is None


def test_a_photo_that_is_too_small_once_it_is_scaled_down_is_left_out_too():
    long, square = (ENTRY | dict(zip(("width", "height"), size)) for size in ((20_000, 20), (20_000, 20_000)))
    assert refusal(long, max_side=640) == ("20000 x 20 pixels: scaled to MAX_IMG_SIDE = 640, a side of fewer than 16 "
                                           "shows no product")
    assert refusal(square, max_side=640) is None
    for height in (400, 496, 497, 520, 600, 20_000):
        photo = {**ENTRY, "width": 20_000, "height": height}
        seen = limited(np.zeros((height, 20_000), np.uint8), 640)
        assert (refusal(photo, max_side=640) is None) == (min(seen.shape) >= 16)
    assert refusal(ENTRY | {"width": 90, "height": 16}, max_side=640) is None


def test_photos_without_a_found_product_are_not_judged_by_it():
    whole = ENTRY | {"num_objects": 0, "share": 1.0, "rim": 1.0}
    assert warnings(whole) == [] and refusal(whole, min_product_share=0.9, max_objects=1) is None


def test_the_filters_name_the_value_and_the_setting():
    assert refusal(ENTRY) is None
    assert "30.0%" in refusal(ENTRY, min_product_share=0.4) and "0.4" in refusal(ENTRY, min_product_share=0.4)
    several = ENTRY | {"num_objects": 3}
    assert refusal(several, max_objects=3) is None
    assert "3 separate objects (MAX_OBJECTS is 2)" in refusal(several, max_objects=2)
