"""Predictions: every row in its place, the table as promised, unreadable photos without a model."""
import numpy as np
import pandas as pd
import pytest

from imgcluster.training.prediction import likeliest_models

CLASSES = ["boot", "clog", "pump"]


def test_the_table_names_the_likeliest_models_in_order():
    table = likeliest_models(["a.jpg", "b.jpg"], np.array([[.2, .7, .1], [.5, .1, .4]]), CLASSES, num=2)
    assert list(table.columns) == ["file", "model_1", "p_1", "model_2", "p_2"]
    assert table.values.tolist() == [["a.jpg", "clog", .7, "boot", .2], ["b.jpg", "boot", .5, "pump", .4]]


def test_columns_beyond_the_models_there_are_stay_empty():
    table = likeliest_models(["a.jpg"], np.array([[.2, .7, .1]]), CLASSES)
    assert list(table.columns)[-1] == "p_5" and table["model_3"][0] == "pump"
    assert table["model_4"][0] == "" and pd.isna(table["p_4"][0])


def test_photos_that_could_not_be_read_have_no_model():
    table = likeliest_models(["a.jpg", "b.jpg"], np.array([[np.nan] * 3, [.2, .7, .1]]), CLASSES, num=1)
    assert table["model_1"].tolist() == ["", "clog"] and np.isnan(table["p_1"][0])


def test_rows_are_predicted_in_the_order_asked_for(tiny_embedding, squares, save_photos, silent, tmp_path):
    pytest.importorskip("keras")
    from imgcluster.training.prediction import predict, predict_files

    model, pictures = tiny_embedding(), squares([0, 1, 2, 3, 0, 1, 2])
    everything = np.asarray(model(pictures))
    with silent() as bar:
        found, = predict(model, pictures, np.array([6, 0, 3, 3, 1]), 2, bar)
        np.testing.assert_allclose(found, everything[[6, 0, 3, 3, 1]], atol=1e-5)
        names = save_photos(tmp_path, {f"{number}.png": picture for number, picture in enumerate(pictures)})
        (tmp_path / "3.png").write_bytes(b"nothing")
        found, errors = predict_files(model, tmp_path, names, batch_size=3, bar=bar)
    assert list(errors) == [3] and np.isnan(found[3]).all()
    kept = [0, 1, 2, 4, 5, 6]
    np.testing.assert_allclose(found[kept], everything[kept], atol=1e-4)
    mirrored = np.asarray(model(pictures[:, :, ::-1]))
    with silent() as bar:
        both, _ = predict_files(model, tmp_path, names, batch_size=3, bar=bar, flip_averaging=True)
    np.testing.assert_allclose(both[kept], (everything[kept] + mirrored[kept]) / 2, atol=1e-4)
    assert np.isnan(both[3]).all() and abs(mirrored - everything).max() > 1e-2
