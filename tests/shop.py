"""A tiny catalogue for the tests of search: squares of four colours, through the scripts, with `tiny_network`."""
import sys

import cv2
import numpy as np
from scripts import here

COLOURS = ((220, 40, 40), (40, 200, 60), (50, 60, 220), (230, 210, 40))
CONFIG = '''
DATASET = "shop"
TRAIN_DATASET = None
BACKBONE = "Tiny"
WEIGHTS = None
INPUT_SIZE = 32
BATCH_SIZE = 4
NUM_WORKERS = 1
BACKGROUND_METHOD = "contours"
BACKGROUND = "white"
'''


def picture(product, seed=0, side=64):
    """A noisy square of the product's colour on white, uint8 RGB."""
    rng = np.random.default_rng([product, seed])
    image = np.full((side, side, 3), 255, np.uint8)
    size = rng.integers(side // 2, side * 3 // 4)
    top, left = rng.integers(2, side - size - 2, 2)
    noise = rng.integers(-20, 20, (size, size, 3))
    image[top:top + size, left:left + size] = np.clip(np.array(COLOURS[product]) + noise, 0, 255)
    return image


def save(path, image):
    """Write a photo without loss (PNG whatever its name)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", image[:, :, ::-1])[1].tobytes())
    return path


def call(script, project, *arguments):
    """Run a script in this process; returns (exit code, standard output, standard error)."""
    done = here(script, "--config", project / "config.py", *arguments)
    return done.returncode, done.stdout, done.stderr


def make_shop(folder, photos=7):
    """A project with the photos of four products, after steps 00, 01 and 03; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.py").write_text(CONFIG)
    for product in range(4):
        for seed in range(photos):
            save(folder / "raw_img" / "shop" / f"{product}_{seed}_0.png", picture(product, seed))
    for script in ("00_make_labels_true.py", "01_img_preprocess.py", "03_extract_features.py"):
        code, out, err = call(script, folder)
        assert code == 0, out + err
    return folder


def files_of(folder):
    """Content of every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


if __name__ == "__main__":
    sys.exit("a helper of the tests")
