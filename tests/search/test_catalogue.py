"""The opened dataset: names, product data, calibration, and files that change while they are read."""
import errno

import numpy as np
import pytest
from search_cases import opened, write_dataset

from imgcluster.datafiles.artefacts import read_lines, write_labels
from imgcluster.datafiles.feature_record import note_features
from imgcluster.errors import UserError
from imgcluster.files import write_array, write_lines
from imgcluster.search.cosine_index import CosineIndex


def test_lines_that_match_nothing_are_told(tmp_path):
    write_dataset(tmp_path, "true", np.array(["Air_Max", "Boot"] * 15))
    for text, said in (("file,model,name\n,Air Max,a\n7.jpg,,b\n", []),
                       ("file,model,name\n,Air Min,a\n,Boot,b\n70.jpg,,c\n",
                        ["catalog.csv: 2 of its 3 lines match no photo and no product, first file '70.jpg'"])):
        (tmp_path / "catalog.csv").write_text(text)
        lines = []
        opened(tmp_path, say=lines.append)
        assert lines == said


def test_clusters_are_found_in_a_catalog_by_their_names_too(tmp_path):
    write_dataset(tmp_path, "pred", np.arange(30) % 3)
    (tmp_path / "cluster_names.csv").write_text("cluster,name\n0,Red mug\n1,2\n2,Cup\n")
    (tmp_path / "catalog.csv").write_text("model,price\nred mug,0\n2,1\nRed mug,2\nSaucer,3\n")
    said = []
    data = opened(tmp_path, say=said.append).product_data
    # A number is that of a cluster, though another one is called by it.
    assert [data.of_product(label, []) for label in "012"] == [{"price": "2"}, {}, {"price": "1"}]
    assert said == ["catalog.csv: 2 of its 4 lines match no photo and no product, first model 'red_mug'"]


def test_a_cluster_that_is_no_longer_named_goes_by_its_number(tmp_path):
    write_dataset(tmp_path, "pred", np.arange(30) % 3)
    (tmp_path / "cluster_names.csv").write_text("cluster,name\n0,Red boots\n1,\n")
    assert opened(tmp_path).products.names == ["Red boots", "cluster 1", "cluster 2"]


def test_the_calibration_is_kept_until_the_labels_change(tmp_path):
    write_dataset(tmp_path, "true", (np.arange(60) % 6).astype(str))
    first = opened(tmp_path)
    kept = (tmp_path / "search_calibration.json").read_bytes()
    again = opened(tmp_path)
    assert (tmp_path / "search_calibration.json").read_bytes() == kept
    assert again.calibration == first.calibration
    write_labels(tmp_path, "true", np.random.default_rng(1).permutation(np.arange(60) % 6).astype(str))
    assert opened(tmp_path).calibration.sharpness < first.calibration.sharpness


def test_a_dataset_that_may_only_be_read_is_searched_all_the_same(tmp_path, monkeypatch):
    write_dataset(tmp_path, "true", (np.arange(60) % 6).astype(str))

    def refuse(path, _):
        raise OSError(errno.EROFS, "Read-only file system", str(path))
    monkeypatch.setattr("imgcluster.search.catalogue.write_json", refuse)
    first = opened(tmp_path)
    assert not (tmp_path / "search_calibration.json").exists()
    monkeypatch.undo()
    assert opened(tmp_path).calibration == first.calibration


def one_more_photo(data_dir):
    """Let a photo come first, of a product of its own, as `07_search.py --add` and steps 00 to 03 do."""
    names, labels = read_lines(data_dir / "img_paths.txt"), read_lines(data_dir / "labels_true.txt")
    features = np.load(data_dir / "features.npy")
    write_array(data_dir / "features.npy", np.concatenate([-features[-1:], features]))
    write_lines(data_dir / "img_paths.txt", [f"{len(names)}.jpg", *names])
    write_labels(data_dir, "true", [f"new {len(names)}", *labels])


@pytest.mark.parametrize("changes", [1, 2])
def test_a_dataset_that_changes_while_it_is_read_is_read_anew(tmp_path, monkeypatch, changes):
    class Slow(CosineIndex):
        def __init__(self, features):
            super().__init__(features)
            if len(features) < 30 + changes:
                one_more_photo(tmp_path)

    write_dataset(tmp_path, "true", (np.arange(30) % 3).astype(str))
    own = np.load(tmp_path / "features.npy")[:1]
    monkeypatch.setattr("imgcluster.search.catalogue.CosineIndex", Slow)
    catalogue = opened(tmp_path)
    row = catalogue.index.search(own, 1)[0][0, 0]
    assert len(catalogue.img_paths) == len(catalogue.index) == len(catalogue.products.codes) == 30 + changes
    assert catalogue.img_paths[row] == "0.jpg" and catalogue.products.labels[catalogue.products.codes[row]] == "0"


def test_a_dataset_that_never_stays_as_it_is_is_refused_but_damage_is_told_as_such(tmp_path, monkeypatch):
    write_dataset(tmp_path, "true", (np.arange(30) % 3).astype(str))
    write_lines(tmp_path / "labels_true.txt", ["0"] * 29)
    with pytest.raises(UserError, match="labels_true.txt: 29 rows, but img_paths.txt has 30"):
        opened(tmp_path)
    write_dataset(tmp_path, "true", (np.arange(30) % 3).astype(str))
    monkeypatch.setattr("imgcluster.search.catalogue.read_names", lambda data_dir: one_more_photo(data_dir) or {})
    with pytest.raises(UserError, match="another run changes its files while they are read; wait until it has ended"):
        opened(tmp_path)


def test_another_kind_is_told_by_the_features_from_before_where_there_are_such(tmp_path):
    write_dataset(tmp_path, "true", (np.arange(60) % 6).astype(str))
    note_features(tmp_path, {"network": "some"})
    alone = opened(tmp_path)
    assert alone.general.shape == (60, 10)
    np.save(tmp_path / "features_before.npy", np.random.default_rng(1).normal(size=(60, 4)).astype(np.float16) + 3)
    beside = opened(tmp_path)
    assert beside.general.shape == (60, 4) and beside.calibration.floor != alone.calibration.floor
    assert beside.calibration.sharpness == alone.calibration.sharpness
    assert opened(tmp_path).calibration == beside.calibration
