"""Pictures for the browser: photos of the catalogue by row, previews of an upload as data."""
import base64

import cv2
import numpy as np

QUALITY = 85


def as_jpeg(image, side):
    """Return uint8 RGB [h, w, 3] as JPEG bytes, the longer side at most `side` pixels."""
    scale = side / max(image.shape[:2])
    if scale < 1:
        size = tuple(max(1, round(length * scale)) for length in image.shape[1::-1])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".jpg", cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2BGR),
                         [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return coded[1].tobytes()


def as_data_url(image, side):
    """Return uint8 RGB [h, w, 3] as a data: URL."""
    return "data:image/jpeg;base64," + base64.b64encode(as_jpeg(image, side)).decode("ascii")
