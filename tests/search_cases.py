"""Catalogues and photos to search with, for the tests of search."""
import cv2
import numpy as np
from shop import call, files_of, picture, save

from imgcluster.datafiles.artefacts import write_labels
from imgcluster.files import write_lines
from imgcluster.network.classifier import build_classifier
from imgcluster.network.ensemble import keep_beside
from imgcluster.photos.prepare import Recipe
from imgcluster.search.catalogue import open_catalogue
from imgcluster.search.sources import Source

PLAIN = Recipe(method="contours", fill="white", max_side=128)
SEARCH = "07_search.py"


def opened(data_dir, say=print):
    return open_catalogue([Source("shop", data_dir, [])], seed=0, say=say)


def png(image):
    return cv2.imencode(".png", image[:, :, ::-1])[1].tobytes()


def scene(*squares, width=200, height=100):
    """Squares (x, y, side, colour) on white."""
    image = np.full((height, width, 3), 255, np.uint8)
    for x, y, side, colour in squares:
        image[y:y + side, x:x + side] = colour
    return image


def broken_off(share):
    """A PNG photo whose file ends after a share of it."""
    data = png(np.random.default_rng(0).integers(1, 255, (100, 100, 3), dtype=np.uint8))
    return data[:int(share * len(data))]


def write_dataset(data_dir, kind, labels):
    """A dataset of N photos, ten dimensions and labels (true or pred) [N] by which their features lie together."""
    groups = np.unique(labels, return_inverse=True)[1]
    features = np.random.default_rng(0).normal(size=(len(labels), 10)) + 9 * np.eye(10)[groups]
    np.save(data_dir / "features.npy", features.astype(np.float32))
    write_lines(data_dir / "img_paths.txt", [f"{row}.jpg" for row in range(len(labels))])
    write_labels(data_dir, kind, labels)


def clustered(num=600, dimension=24, groups=20, noise=0.4, seed=0):
    """(features [N, D] around one centre per group, group of each)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(num) % groups
    features = rng.normal(size=(groups, dimension))[labels] + noise * rng.normal(size=(num, dimension)) + 1
    return features.astype(np.float32), labels


def refused(project, *arguments):
    """The message of a run that must end with exit code 2 and leave every file as it was."""
    before = files_of(project)
    code, out, err = call(SEARCH, project, *arguments)
    assert code == 2 and out == "", out + err
    kept = {name: data for name, data in files_of(project).items() if name != "data/shop/search_calibration.json"}
    assert kept == {name: before[name] for name in before if name != "data/shop/search_calibration.json"}
    return err


def rows(project):
    return (project / "data" / "shop" / "img_paths.txt").read_text().split()


def new_photos(folder, names=("1_20_0.png", "3_20_0.png", "a/2_20_0.png")):
    for name in names:
        save(folder / name, picture(int(name.split("/")[-1][0]), 20))
    return folder


def teach(project, tiny_embedding):
    """Give the catalogue the features of a fine-tuned network; returns the arguments that name it."""
    (project / "data" / "teach").mkdir()
    keep_beside(build_classifier(tiny_embedding(1), 3, dropout=0), tiny_embedding()).save(
        project / "data" / "teach" / "network.keras")
    taught = ("--set", "TRAIN_DATASET=teach")
    assert call("03_extract_features.py", project, *taught)[0] == 0
    return taught
