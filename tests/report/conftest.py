"""A finished dataset as the gallery and its figures need it, and a page that was written."""
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from report_gallery import Page, make_gallery

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.files import write_array, write_arrays, write_json, write_lines
from imgcluster.report import write_report
from imgcluster.report.gallery import Gallery

COUNT, GRID = 24, (3, 4)


@pytest.fixture
def finished_gallery(tmp_path, squares, save_photos):
    """A finished dataset of 24 photos, 4 models, 3 clusters of 12, 8 and 4 photos."""
    rng = np.random.default_rng(0)
    data_dir, train_dir = tmp_path / "data" / "shoes", tmp_path / "data" / "known"
    true, predicted = np.arange(COUNT) % 4, np.repeat([1, 0, 2], [12, 8, 4])
    names = [f"sub/{row:02} 신발.png" for row in range(COUNT)]
    pictures = squares(true)
    save_photos(tmp_path / "raw", dict(zip(names, pictures)))
    save_photos(tmp_path / "img", dict(zip(names, 255 - pictures)))
    write_lines(data_dir / "img_paths.txt", names)
    write_labels(data_dir, "true", [f"model_{label}" for label in true])
    write_labels(data_dir, "pred", predicted)
    write_array(data_dir / "features.npy", (rng.normal(size=(COUNT, 6)) + 4 * np.eye(6)[true]).astype(np.float32))
    units = rng.integers(0, 12, COUNT)
    write_table(data_dir / "clusters.csv", pd.DataFrame({
        "file": names, "cluster": predicted, "unit_row": units // 4, "unit_column": units % 4,
        "distance": rng.random(COUNT), "confidence": rng.random(COUNT), "level_3": predicted}))
    write_arrays(data_dir / "som.npz", prototypes=rng.normal(size=(12, 6)), shape=np.array(GRID),
                 topology=np.array("rectangular"), toroidal=np.array(False),
                 hits=np.bincount(units, minlength=12).reshape(GRID), distance_map=rng.random(GRID),
                 unit_clusters=np.repeat([0, 1, 2], 4).reshape(GRID), quantization_errors=np.array([1.0]),
                 topographic_errors=np.array([0.0]))
    write_json(data_dir / "metrics.json", {"ari": 0.6, "ari_interval": [0.4, 0.8], "nmi": 0.7, "num_clusters": 3,
                                           "num_models_true": 4, "purity": 0.7})
    write_table(train_dir / "history.csv", pd.DataFrame({
        "phase": ["head", "network", "network"], "epoch": [0, 1, 2], "learning_rate": [0.01, 0.001, 0.0005],
        "loss": [1.5, 1.2, 1.0], "val_loss": [1.4, 1.1, 1.2], "val_top_1": [0.5, 0.7, 0.6],
        "val_top_2": [0.6, 0.8, 0.7], "val_top_3": [0.7, 0.9, 0.9], "val_top_5": [1.0, 1.0, 1.0]}))
    return Gallery(name="shoes", data_dir=data_dir, img_dir=tmp_path / "img", raw_dir=tmp_path / "raw",
                   train_dir=train_dir, seed=0, max_sheets=20, max_photos=5000)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A gallery with every file, its page and the path of it."""
    folder = tmp_path_factory.mktemp("report")
    gallery = make_gallery(folder)
    size = write_report(folder / "report.html", gallery)
    return SimpleNamespace(gallery=gallery, path=folder / "report.html", size=size,
                           page=Page(folder / "report.html"))
