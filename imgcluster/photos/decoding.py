"""Bytes of an image file to RGB pixels: OpenCV where it is fast, Pillow for everything else.

The header is always read by Pillow, so that the format, the number of pixels and the orientation are known before
anything is decoded, and both decoders are held to the same result.
"""
import functools
import io
import threading

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

MAX_PIXELS = 200_000_000

# Pillow knows more, but the others are vector formats that call outside programs, or have no signature.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "JPEG2000", "PPM")
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*", b"II+\x00",
               b"MM\x00+", b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")
_FTYP_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
# EXIF orientations of photos that lie on their side in the file.
SIDEWAYS = (5, 6, 7, 8)
_FAST_FORMATS = ("JPEG", "MPO", "WEBP")
_REDUCED_FLAGS = {1: cv2.IMREAD_COLOR_RGB, 2: cv2.IMREAD_REDUCED_GRAYSCALE_2 | cv2.IMREAD_COLOR_RGB,
                  4: cv2.IMREAD_REDUCED_GRAYSCALE_4 | cv2.IMREAD_COLOR_RGB,
                  8: cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_COLOR_RGB}
_truncated_lock = threading.Lock()


class ImageError(Exception):
    """A photo that cannot be used; the message is the short reason that belongs in the list of skipped photos."""


class TooLarge(ImageError):
    """A photo with more pixels than are allowed: `size` in words, `limit` in pixels."""

    def __init__(self, width, height, limit):
        self.size, self.limit = f"{width} x {height}", limit
        super().__init__(f"{self.size} pixels are more than MAX_PIXELS = {limit}")


def looks_like_image(head):
    """Tell whether the first bytes of a file (32 are enough) carry the signature of an image format."""
    if head.startswith(_SIGNATURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return True
    return head[4:8] == b"ftyp" and head[8:12] in _FTYP_BRANDS


def decode_image(data, *, max_pixels=MAX_PIXELS, min_side=None, fast=True):
    """Decode the bytes of an image file, whatever its name was.

    Returns uint8 [H, W, 3] RGB, upright (EXIF orientation applied), transparent parts over white, the first frame of
    an animation, deeper samples scaled to 8 bits, colour profiles ignored. With `min_side` the picture may come
    back at a half, a quarter or an eighth of its size, never with a shorter side below `min_side`. The end of a
    truncated file is left grey (JPEG) or black. `fast=False` leaves OpenCV out; of a whole file the result is the same.

    Raises ImageError with the reason: no image, damaged, or more than `max_pixels` pixels.
    """
    if not data:
        raise ImageError("empty file")
    try:
        return _decode(data, max_pixels, min_side, fast)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # decoders meet damaged files with every kind of exception
        raise ImageError(f"cannot be decoded: {_one_line(error)}") from error


def _decode(data, max_pixels, min_side, fast):
    try:
        header = open_image(data)
    except UnidentifiedImageError:
        return _decode_deep_tiff(data, max_pixels, min_side)
    width, height = header.size
    _check_size(width, height, max_pixels)
    factor = _reduction(width, height, min_side)
    image = _decode_fast(data, header, factor) if fast else None
    return _decode_pillow(data, header, factor) if image is None else image


def open_image(data):
    """Open the bytes of an image file with Pillow, nothing decoded yet."""
    _register_formats()
    return Image.open(io.BytesIO(data), formats=FORMATS)


@functools.cache
def _register_formats():
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # the limit here is `max_pixels`, checked before anything is decoded


def _check_size(width, height, max_pixels):
    if width * height > max_pixels:
        raise TooLarge(width, height, max_pixels)


def _reduction(width, height, min_side):
    """Return the largest of 8, 4, 2, 1 by which both sides can be divided without falling below `min_side`."""
    if min_side is None:
        return 1
    return next((k for k in (8, 4, 2) if min(width, height) // k >= max(1, min_side)), 1)


def _decode_fast(data, header, factor):
    """Decode by OpenCV where it is known to agree with Pillow to the bit; None where it does not or cannot."""
    animated = getattr(header, "n_frames", 1) > 1 and header.format != "MPO"
    if header.format not in _FAST_FORMATS or header.mode not in ("RGB", "L") or animated:
        return None
    native = factor if header.format != "WEBP" else 1
    flags = _REDUCED_FLAGS[native] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    if image is None or image.shape != (-(-header.height // native), -(-header.width // native), 3):
        return None
    return _shrink(_upright(image, _orientation(header)), factor // native)


def _orientation(image):
    """The EXIF orientation (1 to 8) of a Pillow image; 1 where its EXIF block is damaged, which harms no pixel."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow meets damaged blocks with every kind of exception
        return 1


def _upright(image, orientation):
    """Undo the rotation and mirroring that an EXIF orientation (1 to 8) stands for."""
    if orientation in SIDEWAYS:
        image = image.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def _decode_pillow(data, header, factor):
    truncated = False
    if header.format in ("JPEG", "MPO"):
        # An end marker lets libjpeg fill what a truncated file lacks instead of giving up.
        truncated = b"\xff\xd9" not in data[-4096:]
        header, full = open_image(data + b"\xff\xd9"), header.size
        header.draft(None, (full[0] // factor, full[1] // factor))
        factor = 1 if header.size != full else factor
    header, cut = load_image(data, header)
    image = _upright(_to_rgb(header), _orientation(header))
    if (truncated or cut) and (image == image[0, 0]).all():
        raise ImageError("cannot be decoded: truncated before the first pixel")
    return _shrink(image, factor)


def load_image(data, header, *, filling=None):
    """Decode what `open_image` gave, as far as it goes where the file is truncated; returns it and whether it was.

    filling: the sample value, 0..255, that PNG and GIF have where the file does not reach; None for the decoder's own.
    """
    try:
        header.load()
        return header, False
    except OSError as error:
        if "truncated" not in str(error):
            raise
    again = open_image(data)
    if filling is not None:
        again.im = Image.new(again.mode, again.size, filling).im  # the decoder writes over it
        if getattr(again, "_frame_transparency", None) is not None:
            again._frame_transparency = filling  # what Pillow fills a GIF with that has it
    with _truncated_lock:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            again.load()
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    return again, True


def _to_rgb(image):
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        samples = np.asarray(image)
        grey = _to_bytes(samples)
        grey[samples == image.info.get("transparency")] = 255
        return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _to_bytes(samples):
    """Scale deep samples to uint8: 16-bit ones by their range, others as 0..1, 0..255 or by what they span."""
    if samples.dtype == np.uint8:
        return samples
    if samples.dtype.kind == "u" and samples.itemsize == 2:  # in either order of bytes
        return cv2.convertScaleAbs(samples.astype(np.uint16), alpha=1 / 257)
    samples = np.nan_to_num(samples.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = samples.min(), samples.max()
    if low < 0 or high > 65535:
        samples, high = (samples - low) / ((high - low) or 1.0), 1.0
    scale = 255.0 if high <= 1 else 1.0 if high <= 255 else 1 / 257
    return np.round(samples * scale).astype(np.uint8)


def _decode_deep_tiff(data, max_pixels, min_side):
    """Decode what Pillow does not know at all; OpenCV reads TIFF files with several float samples a pixel."""
    if not data.startswith((b"II*\x00", b"MM\x00*")):
        raise ImageError("not an image")
    tags = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
    stream = io.BytesIO(data)
    stream.seek(tags.next)
    tags.load(stream)
    if 256 not in tags or 257 not in tags:
        raise ImageError("cannot be decoded: a TIFF file without its end")
    width, height = int(tags[256]), int(tags[257])
    _check_size(width, height, max_pixels)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 3:
        raise ImageError("cannot be decoded: a kind of TIFF that is not supported")
    image = _upright(_to_bytes(image[:, :, ::-1]), 1)
    return _shrink(image, _reduction(width, height, min_side))


def _shrink(image, factor):
    if factor == 1:
        return image
    height, width = image.shape[:2]
    return cv2.resize(image, (-(-width // factor), -(-height // factor)), interpolation=cv2.INTER_AREA)


def _one_line(error):
    return " ".join(str(error).split())[:120] or type(error).__name__
