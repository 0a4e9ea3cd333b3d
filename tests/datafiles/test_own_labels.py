"""True labels of one's own: kept before others take their place, once, and told of."""
import numpy as np
import pytest

from imgcluster.datafiles.artefacts import read_img_paths, read_lines
from imgcluster.datafiles.own_labels import keep_own_labels
from imgcluster.datafiles.photo_rows import write_photo_rows
from imgcluster.datafiles.staging import finish
from imgcluster.files import write_lines

PHOTOS = ["a, b.jpg", '"c".jpg', " d.jpg", "e.jpg"]
OWN, OTHERS = ["red boot", "blue boot", "red boot", "NA"], ["0", "0", "0", "1"]


def by_hand(folder, labels=OWN, photos=PHOTOS):
    write_lines(folder / "img_paths.txt", photos)
    write_lines(folder / "labels_true.txt", labels)
    return folder


def kept(data_dir):
    return {folder.name: read_lines(folder / "labels_true.txt") for folder in data_dir.glob("outdated/your_labels*")}


@pytest.mark.parametrize("photos, labels", [(PHOTOS, OTHERS), (PHOTOS, None), (PHOTOS[:3], OWN[:3]),
                                            (["f.jpg", *PHOTOS[1:]], OWN)])
def test_they_are_kept_with_the_list_of_their_photos_before_others_take_their_place(tmp_path, caplog, photos, labels):
    write_photo_rows(by_hand(tmp_path), photos, labels)
    folder = tmp_path / "outdated" / "your_labels"
    assert kept(tmp_path) == {"your_labels": OWN} and read_img_paths(folder) == PHOTOS
    told = f"labels_true.txt is your own: as it was, with the list of its photos, it is kept in {folder}"
    assert caplog.messages == [told]
    assert not (tmp_path / "labels_true.txt").exists() if labels is None else \
        read_lines(tmp_path / "labels_true.txt") == labels


@pytest.mark.parametrize("others", [OTHERS, [*OWN[:3], "NB"], OWN[::-1]])
def test_labels_written_over_those_of_a_step_are_ones_own(tmp_path, others):
    write_photo_rows(tmp_path, PHOTOS, others)
    by_hand(tmp_path)
    write_photo_rows(tmp_path, PHOTOS, others)
    assert kept(tmp_path) == {"your_labels": OWN} and read_lines(tmp_path / "labels_true.txt") == others


def test_what_a_step_wrote_and_what_stays_is_not_kept(tmp_path):
    assert keep_own_labels(tmp_path / "none", PHOTOS, OWN, warn=pytest.fail) is None
    keep_own_labels(by_hand(tmp_path), [*PHOTOS, "new.jpg"], [*OWN, "new"], warn=pytest.fail)
    for photos, labels in ((PHOTOS, OWN), (PHOTOS, np.array(OTHERS)), (PHOTOS[:2], OTHERS[:2]), (PHOTOS, None)):
        write_photo_rows(tmp_path, photos, labels)
    assert kept(tmp_path) == {}


def test_each_is_kept_once_and_none_takes_the_place_of_another(tmp_path):
    for labels in (OWN, OWN, OTHERS[::-1], OWN):
        by_hand(tmp_path, labels)
        for others in (None, OTHERS, None):
            write_photo_rows(tmp_path, PHOTOS, others)
    assert kept(tmp_path) == {"your_labels": OWN, "your_labels-2": OTHERS[::-1]}


def test_those_that_do_not_fit_or_cannot_be_read_are_kept_too(tmp_path):
    write_photo_rows(by_hand(tmp_path, OWN[:2]), PHOTOS, OTHERS)
    assert kept(tmp_path) == {"your_labels": OWN[:2]}
    (tmp_path / "labels_true.txt").write_bytes(latin := "größe\n".encode("cp1252"))
    write_photo_rows(tmp_path, PHOTOS, OTHERS)
    assert (tmp_path / "outdated" / "your_labels-2" / "labels_true.txt").read_bytes() == latin


@pytest.mark.parametrize("moves", range(8))
@pytest.mark.parametrize("others", [OTHERS, None])
def test_a_run_killed_anywhere_loses_none(tmp_path, killed_after, moves, others):
    by_hand(tmp_path)
    with killed_after(moves):
        write_photo_rows(tmp_path, PHOTOS, others)
    finish(tmp_path)
    write_photo_rows(tmp_path, PHOTOS, others)
    assert kept(tmp_path) == {"your_labels": OWN}
