"""Predictions for a folder, as a user makes them: one row a photo, probabilities that fall, bad photos named."""
import os

import numpy as np
import pandas as pd
import pytest
from scripts import apart, here

keras = pytest.importorskip("keras")

from imgcluster.files import write_json, write_lines  # noqa: E402
from imgcluster.network.backbones import build_backbone  # noqa: E402
from imgcluster.network.classifier import build_classifier  # noqa: E402


def predict(project, *arguments, where=here):
    return where("tools/predict_models.py", "--config", project / "config.py", *arguments, cwd=project)


@pytest.mark.parametrize("trained", [True, False])
def test_a_network_pooled_at_several_depths_is_read_and_one_without_labels_is_refused(squares, save_photos, tmp_path,
                                                                                      trained):
    (tmp_path / "config.py").write_text('TRAIN_DATASET = "known"\nNUM_WORKERS = 1\n')
    save_photos(tmp_path / "new", {"a.png": squares([0])[0]})
    embedding = build_backbone("bundled", input_size=64)
    write_lines(tmp_path / "data" / "known" / "classes.txt", ["boot", "clog", "pump"])
    write_json(tmp_path / "data" / "known" / "made_by_02.json", {"holdout_models": ["pump", "sandal"]})
    network = build_classifier(embedding, 3, dropout=0.0) if trained else embedding
    network.save(tmp_path / "data" / "known" / "network.keras")
    done = predict(tmp_path, "--photos", tmp_path / "new", "--out", tmp_path / "out.csv")
    assert done.returncode == (0 if trained else 2), done.stderr
    assert (tmp_path / "out.csv").exists() == trained
    assert ("held out of training, so never named: sandal (" in done.stdout) == trained
    assert trained or "was fitted to photos without labels" in done.stderr


def test_the_network_sees_photos_as_step_01_prepares_them(tiny_embedding, squares, save_photos, tmp_path):
    (tmp_path / "config.py").write_text('TRAIN_DATASET = "known"\nNUM_WORKERS = 1\nBACKGROUND_METHOD = "contours"\n')
    ground = np.full((120, 120, 3), 255, np.uint8)
    ground[70:100, 70:100] = (200, 30, 40)
    save_photos(tmp_path / "new", {"corner.png": ground})
    write_lines(tmp_path / "data" / "known" / "classes.txt", ["boot", "clog"])
    keras.utils.set_random_seed(0)
    build_classifier(tiny_embedding(), 2, dropout=0.0).save(tmp_path / "data" / "known" / "network.keras")
    seen = []
    for crop in (True, False):
        done = predict(tmp_path, "--photos", tmp_path / "new", "--out", tmp_path / "out.csv", "--set",
                       f"CROP_TO_PRODUCT={crop}")
        assert done.returncode == 0, done.stderr
        table = pd.read_csv(tmp_path / "out.csv")
        seen.append(dict(zip(table.loc[0, ["model_1", "model_2"]], table.loc[0, ["p_1", "p_2"]]))["boot"])
    assert abs(seen[0] - seen[1]) > 1e-4
    assert not list(tmp_path.glob("**/masks"))


def test_a_folder_of_photos_becomes_a_table(tiny_embedding, squares, save_photos, tmp_path):
    (tmp_path / "config.py").write_text('TRAIN_DATASET = "known"\nNUM_WORKERS = 1\n')
    data_dir = tmp_path / "data" / "known"
    names = save_photos(tmp_path / "new", dict(zip(("a.png", "sub/b, c.png", "d.png"), squares([0, 1, 2]))))
    (tmp_path / "new" / "d.png").write_bytes(b"\x89PNG nothing")
    names += save_photos(tmp_path / "new", {"small.png": squares([0])[0][:8, :8]})
    if os.name != "nt":
        (tmp_path / "new" / "line\nbreak.png").touch()
    arguments = ["--photos", tmp_path / "new", "--out", tmp_path / "out.csv"]
    none = predict(tmp_path, *arguments, "--set", "TRAIN_DATASET=auto", "--set", "DATASET=known")
    assert none.returncode == 2 and "TRAIN_DATASET = 'auto': there is no trained network" in none.stderr
    missing = predict(tmp_path, *arguments)
    assert missing.returncode == 2 and "02_finetune_network.py" in missing.stderr
    write_lines(data_dir / "classes.txt", ["boot", "clog", "pump"])
    build_classifier(tiny_embedding(), 3, dropout=0.0).save(data_dir / "network.keras")
    done = predict(tmp_path, *arguments, where=apart)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "out.csv")
    assert sorted(table.file) == sorted(names) and list(table.columns[1:3]) == ["model_1", "p_1"]
    table = table.set_index("file")
    assert os.name == "nt" or "line\\nbreak.png: the name holds a line break" in done.stderr
    assert "d.png" in done.stderr and table.loc["d.png"].isna().all()
    assert "small.png: 8 x 8 pixels" in done.stderr and table.loc["small.png"].isna().all()
    good = table.drop(index=["d.png", "small.png"])
    assert good[["model_1", "model_2", "model_3"]].apply(set, axis=1).eq({"boot", "clog", "pump"}).all()
    np.testing.assert_allclose(good[["p_1", "p_2", "p_3"]].sum(axis=1), 1, atol=1e-4)
    assert (good.p_1 >= good.p_2).all() and good.p_4.isna().all()
