"""What shows the kind of product that was trained on: written and read back, and compared with photos on disk."""
import numpy as np
import pytest

from imgcluster.errors import UserError
from imgcluster.extraction.features import embed
from imgcluster.extraction.kind import kinship_of_photos, read_kind, write_kind
from imgcluster.structure.kinship import kinship


def test_known_products_are_read_back_as_they_were_written(tmp_path):
    assert read_kind(tmp_path) is None
    features, labels = np.random.default_rng(0).normal(size=(5, 3)), np.array([1, 0, 1, 2, 0])
    write_kind(tmp_path, features, labels)
    read, names = read_kind(tmp_path)
    assert read.dtype == np.float32 and (names == labels).all()
    np.testing.assert_allclose(read, features, atol=2e-3)
    path = tmp_path / "kind.npz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="kind.npz: damaged"):
        read_kind(tmp_path)


def test_kinship_is_that_of_the_photos_that_can_be_read(tiny_embedding, squares, save_photos, tmp_path):
    pretrained, pictures = tiny_embedding(), squares([0, 1, 2, 3] * 3)
    names = save_photos(tmp_path, {f"{row}.png": picture for row, picture in enumerate(pictures)})
    (tmp_path / names[5]).write_bytes(b"nothing")
    same = {"flip_averaging": False, "l2_normalize": True}
    known = embed(pretrained, squares([0, 1, 2, 3] * 3, seed=1), 12, **same)[0], np.arange(12) % 4
    seen, = embed(pretrained, np.delete(pictures, 5, axis=0), 11, **same)
    options = {"batch_size": 5, "workers": 1}
    assert kinship_of_photos(pretrained, known, tmp_path, names, **options) == pytest.approx(kinship(seen, *known))
    assert kinship_of_photos(pretrained, known, tmp_path, names[5:6], **options) == 0.5
