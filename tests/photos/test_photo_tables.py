"""The tables of step 01: one line per usable photo, and copies told from originals."""
import numpy as np

from imgcluster.photos.photo_tables import COLUMNS, photo_tables, replaced_photos
from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import Folders, preprocess_folder


def test_photos_and_their_copies_are_listed(tmp_path, save_photos, silent):
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 255, (40, 60, 3), dtype=np.uint8) for _ in range(2))
    names = sorted(save_photos(tmp_path / "raw", {"a.png": first, "deep/copy.png": first, "b.png": second}))
    folders = Folders(tmp_path / "raw", tmp_path / "img", tmp_path / "masks")
    entries = preprocess_folder(folders, names, Recipe(method="none"), ledger=tmp_path / "ledger", workers=1,
                                progress=silent)
    tables = photo_tables(entries)
    for name, table in tables.items():
        table.to_csv(tmp_path / name, index=False)
    photos = tables["photos.csv"]
    assert list(photos) == COLUMNS and photos["file"].tolist() == names and photos["width"].tolist() == [60] * 3
    assert replaced_photos(tmp_path, entries) == set()
    entries[1]["signature"]["digest"] = "another"
    assert replaced_photos(tmp_path, entries) == {names[1]} and replaced_photos(tmp_path / "new", entries) == set()
    copies = tables["duplicates.csv"]
    assert copies[["file", "kept", "distance"]].values.tolist() == [["deep/copy.png", "a.png", 0]]
