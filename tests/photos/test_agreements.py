"""Agreements of many pairs: the same from several processes, kept in a file, and not worked out twice."""
import itertools

import numpy as np
import pytest

from imgcluster.files import arrays_if_whole, write_arrays
from imgcluster.photos import agreements
from imgcluster.photos.agreement import agreement, picture_of
from imgcluster.photos.agreements import Agreements
from imgcluster.photos.duplicates import photo_signature

PAIRS = list(itertools.combinations(range(8), 2))


@pytest.fixture(scope="module")
def signatures():
    """Eight photos, each of the second four a little brighter than one of the first."""
    rng = np.random.default_rng(0)
    images = [np.kron(rng.integers(20, 220, (12, 12, 3)), np.ones((8, 8, 1))).astype(np.uint8) for _ in range(4)]
    return [photo_signature(image, image.tobytes()) for image in [*images, *(image + 9 for image in images)]]


@pytest.fixture
def counted(monkeypatch):
    """A list that grows by one with each pair that is worked out."""
    pairs = []

    def watched(one, two):
        pairs.append(1)
        return agreement(one, two)
    monkeypatch.setattr(agreements, "agreement", watched)
    return pairs


def test_each_pair_has_its_own_agreement_in_the_order_asked_for(signatures):
    pictures = [picture_of(signature) for signature in signatures]
    expected = [agreement(pictures[one], pictures[two]) for one, two in PAIRS]
    assert Agreements().compare(signatures, PAIRS) == expected
    assert Agreements().compare(signatures, PAIRS[::-1]) == expected[::-1]
    assert [pair for pair, value in zip(PAIRS, expected) if value > 0.8] == [(row, row + 4) for row in range(4)]
    assert Agreements().compare(signatures, []) == []


def test_several_processes_find_the_same(signatures, monkeypatch, silent):
    expected = Agreements().compare(signatures, PAIRS)
    monkeypatch.setattr(agreements, "_MANY", 2)
    monkeypatch.setattr(agreements, "_BATCH", 5)
    assert Agreements(workers=2, progress=silent).compare(signatures, PAIRS) == expected


def test_what_ends_its_process_is_no_copy_is_not_tried_again_and_not_kept(signatures, monkeypatch, silent, tmp_path):
    def dying(function, tasks, workers):
        first, *others = tasks
        yield first, {"reason": "reading it ended the process"}
        for task in others:
            yield task, function(*task)

    monkeypatch.setattr(agreements, "_MANY", 2)
    monkeypatch.setattr(agreements, "_BATCH", 5)
    monkeypatch.setattr(agreements, "in_processes", dying)
    expected, made = Agreements().compare(signatures, PAIRS), Agreements(progress=silent)
    found = made.compare(signatures, PAIRS)
    lost = [number for number, value in enumerate(found) if value != expected[number]]
    assert 0 < len(lost) <= 5 and all(found[number] == 0 for number in lost)
    assert [made.compare(signatures, [pair])[0] for pair in PAIRS] == found
    made.write(tmp_path / "agreements.npz")
    assert len(arrays_if_whole(tmp_path / "agreements.npz")["agreements"]) == len(PAIRS) - 5


def test_pairs_of_the_same_photos_are_worked_out_together(monkeypatch):
    monkeypatch.setattr(agreements, "_BATCH", 9)
    # Two groups of photos that are only compared among themselves, their pairs in turns.
    even, odd = (itertools.combinations(range(first, 20, 2), 2) for first in (0, 1))
    pairs = [pair for both in zip(even, odd) for pair in both]
    ordered = agreements._photos_together(pairs)
    groups = [pair[0] % 2 for pair in ordered]
    assert sorted(ordered) == sorted(pairs) and groups in ([0] * 45 + [1] * 45, [1] * 45 + [0] * 45)


def test_what_was_worked_out_is_kept_for_the_next_run_as_long_as_it_is_asked_for(signatures, counted, tmp_path):
    path, first = tmp_path / "agreements.npz", Agreements()
    found = first.compare(signatures, PAIRS)
    first.compare(signatures, PAIRS[:5])
    assert len(counted) == len(PAIRS)
    first.write(path)
    again = Agreements.read(path)
    assert again.compare(signatures, PAIRS[:7]) == found[:7] and len(counted) == len(PAIRS)
    again.write(path)
    assert Agreements.read(path).compare(signatures, PAIRS[:8]) == found[:8] and len(counted) == len(PAIRS) + 1
    Agreements().write(path)
    assert len(arrays_if_whole(path)["agreements"]) == 0
    assert Agreements.read(path).compare(signatures, PAIRS[:1]) == found[:1]


def test_another_file_under_the_same_index_is_another_photo(signatures, counted, tmp_path):
    first = Agreements()
    first.compare(signatures, [(0, 4)])
    first.write(tmp_path / "agreements.npz")
    again = Agreements.read(tmp_path / "agreements.npz")
    assert again.compare(signatures[1:], [(0, 3)])[0] < 0.8 and len(counted) == 2


@pytest.mark.parametrize("kept", ["nothing", "damaged", "other version"])
def test_where_nothing_of_use_was_kept_pairs_are_worked_out(signatures, counted, tmp_path, kept):
    path = tmp_path / "agreements.npz"
    if kept == "damaged":
        path.write_bytes(b"PK")
    if kept == "other version":
        write_arrays(path, version=np.array(0), pairs=np.array([["a", "b"]], "S16"), agreements=np.ones(1))
    assert Agreements.read(path).compare(signatures, [(0, 4)])[0] > 0.8 and len(counted) == 1
