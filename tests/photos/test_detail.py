"""How much of a picture a file shows."""
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from imgcluster.photos.detail import photo_detail
from imgcluster.sample.catalogue import Catalogue, plan_photos
from imgcluster.sample.render import render_photo

WHOLE = (slice(None), slice(None))


def jpeg(grey, quality=92):
    return cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def picture(side):
    photo = plan_photos(Catalogue(seed=5, num_models=1, min_imgs=1, max_imgs=1, size=side))[0]
    return cv2.cvtColor(render_photo(photo)[0], cv2.COLOR_RGB2GRAY)


def test_a_photo_decoded_at_a_reduced_scale_has_the_detail_of_its_file():
    data = jpeg(picture(1000))
    whole = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    reduced = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    for rows, columns in ((slice(0, len(reduced)), slice(0, reduced.shape[1])), (slice(40, 300), slice(20, 200))):
        same = tuple(slice(2 * part.start, min(2 * part.stop, side))
                     for part, side in zip((rows, columns), whole.shape, strict=True))
        assert photo_detail(reduced, (rows, columns), data) == pytest.approx(photo_detail(whole, same, data), rel=0.02)


def test_detail_falls_with_blur_with_size_and_with_coarse_compression():
    grey = picture(300)
    small = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(grey, (0, 0), 1.5)
    best = photo_detail(grey, WHOLE, jpeg(grey))
    assert best > photo_detail(soft, WHOLE, jpeg(soft))
    assert best > photo_detail(small, WHOLE, jpeg(small))
    assert best > 1.5 * photo_detail(grey, WHOLE, jpeg(grey, 40))


def test_speckles_between_few_colours_are_no_detail():
    grey = picture(300)
    file = io.BytesIO()
    Image.fromarray(grey).convert("1").save(file, "PNG")
    speckled = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert photo_detail(speckled, WHOLE, file.getvalue()) < photo_detail(speckled, WHOLE, b"") / 2
    for side in range(1, 9):
        assert photo_detail(speckled[:side, :side], WHOLE, file.getvalue()) >= 0


@pytest.mark.parametrize("data", [b"", b"no image", b"\xff\xd8\xff\xe0"])
def test_bytes_that_tell_nothing_are_no_obstacle(data):
    assert photo_detail(picture(100), WHOLE, data) > 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (3, 2)])
def test_one_grey_has_no_detail_at_any_shape(shape):
    assert photo_detail(np.full(shape, 90, np.uint8), WHOLE, b"") == 0


def test_what_is_at_the_rim_has_no_part_in_sharpness():
    grey = picture(200)
    framed, noise = grey.copy(), np.random.default_rng(0).integers(0, 255, grey.shape, dtype=np.uint8)
    rim = np.ones(grey.shape, bool)
    rim[12:-12, 12:-12] = False
    framed[rim] = noise[rim]
    assert photo_detail(framed, WHOLE, b"") == photo_detail(grey, WHOLE, b"")
    framed[60:80, 60:80] = noise[60:80, 60:80]
    assert photo_detail(framed, WHOLE, b"") > photo_detail(grey, WHOLE, b"")


def test_a_file_that_cannot_be_decoded_larger_is_judged_by_what_was_decoded():
    data = cv2.imencode(".png", picture(1000))[1].tobytes()[:60]  # its header, which tells how large it is
    assert photo_detail(picture(100), WHOLE, data) == photo_detail(picture(100), WHOLE, b"") > 0
