"""Files as they come from damaged disks."""
import cv2
import numpy as np


def with_rubbish(share):
    """A JPEG of 640 x 480 pixels in which a block of random bytes stands after this share of its bytes.

    OpenCV shows it up to there, and plain grey after it; Pillow gives up.
    """
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    data = bytearray(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    begin = int(share * len(data))
    data[begin:begin + 4096] = rng.bytes(4096)
    return bytes(data)
