"""Pictures for the browser: photos of the catalogue by row, previews of an upload as data."""
import base64

import cv2
import numpy as np

from imgcluster.photos.background import limited

QUALITY = 85


def as_jpeg(image, side):
    """Return uint8 RGB [h, w, 3] as JPEG bytes, the longer side at most `side` pixels."""
    coded = cv2.imencode(".jpg", cv2.cvtColor(np.ascontiguousarray(limited(image, side)), cv2.COLOR_RGB2BGR),
                         [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return coded[1].tobytes()


def as_data_url(image, side):
    """Return uint8 RGB [h, w, 3] as a data: URL."""
    return "data:image/jpeg;base64," + base64.b64encode(as_jpeg(image, side)).decode("ascii")
