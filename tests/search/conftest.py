"""A searcher of squares of four colours, and a shop on disk."""
import shutil

import numpy as np
import pytest
from search_cases import PLAIN, png
from shop import make_shop, picture, save

from imgcluster.search.calibration import Calibration
from imgcluster.search.catalogue import Catalogue
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.encoder import Encoder
from imgcluster.search.objects import read_query
from imgcluster.search.product_data import ProductData
from imgcluster.search.products import products_of
from imgcluster.search.searcher import Searcher
from imgcluster.search.sources import Source


def colour_network():
    """A network whose three features are how much of each colour is missing in a picture."""
    import keras

    pictures = keras.Input((16, 16, 3))
    missing = keras.layers.Rescaling(-1 / 255, offset=1.0)(pictures)
    return keras.Model(pictures, keras.layers.GlobalAveragePooling2D()(missing))


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    """Searches 24 photos of four products, which are there as files, too."""
    folder = tmp_path_factory.mktemp("searched")
    encoder, pictures = Encoder(colour_network()), [picture(row % 4, row) for row in range(24)]
    features, general = encoder.encode([read_query(png(image), PLAIN).regions[0].picture for image in pictures])
    paths = [f"{row}.png" for row in range(24)]
    for path, image in zip(paths, pictures):
        save(folder / path, image)
    products = products_of(paths, np.array([f"model {row % 4}" for row in range(24)]), None)
    data = ProductData(by_model={"model_0": {"name": "Red, \"square\"", "url": "https://x"}}, columns=["name", "url"])
    catalogue = Catalogue([Source("squares", folder, [folder])], [paths], paths, CosineIndex(features), general,
                          products, Calibration(5.0, 0.2, 0.2), data)
    return Searcher(catalogue, encoder, PLAIN)


@pytest.fixture(scope="module")
def made(tmp_path_factory, tiny_backbone):
    """A catalogue after steps 00, 01 and 03; not to be changed."""
    return make_shop(tmp_path_factory.mktemp("made") / "project")


@pytest.fixture
def shop(made, tmp_path):
    """A copy of it."""
    shutil.copytree(made, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    return save(tmp_path_factory.mktemp("query") / "새 <b>photo</b>, 1.jpg", picture(2, 50))
