"""Rows of feature arrays: blocks, reading, lengths, samples."""
import tempfile
from pathlib import Path

import numpy as np
import pytest

from imgcluster.rows import (
    OnAxes,
    Picked,
    blocks,
    joined,
    read_all,
    read_rows,
    read_sample,
    sample_step,
    unit_length,
    whole_blocks,
)


@pytest.mark.parametrize("num_rows", [0, 1, 4, 5, 11])
def test_blocks_cover_every_row_once_in_order(num_rows):
    assert [row for part in blocks(num_rows, size=4) for row in range(num_rows)[part]] == list(range(num_rows))


def test_a_mapped_file_reads_as_the_array_in_it(tmp_path):
    rows = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    np.save(tmp_path / "features.npy", rows)
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    np.testing.assert_array_equal(read_rows(mapped, slice(2, 6)), rows[2:6])
    np.testing.assert_array_equal(read_rows(mapped), rows)
    for part in (slice(None, None, 2), slice(3, 6)):
        np.testing.assert_array_equal(read_rows(mapped[part], slice(1, 3)), rows[part][1:3])
    np.save(tmp_path / "columns.npy", np.asfortranarray(rows))
    np.testing.assert_array_equal(read_rows(np.load(tmp_path / "columns.npy", mmap_mode="r"), slice(2, 6)), rows[2:6])


@pytest.mark.parametrize("size", [7, 3000])
def test_rows_come_from_the_mapping_and_not_from_what_its_file_is_named_by_now(tmp_path, size):
    rows, path = np.random.default_rng(0).normal(size=(size, 3)).astype(np.float32), tmp_path / "features.npy"
    np.save(path, rows)
    changed = np.load(path, mmap_mode="c")
    changed[2] = 5
    replaced = np.load(path, mmap_mode="r")
    np.save(tmp_path / "other.npy", rows + 1)
    (tmp_path / "other.npy").replace(path)
    gone = np.load(path, mmap_mode="r+")
    gone[3] = 7
    path.unlink()
    with tempfile.TemporaryFile() as file:
        nameless = np.memmap(file, np.float32, "w+", shape=rows.shape)
    nameless[:] = rows
    for features, row, value in ((changed, 2, 5), (replaced, 0, rows[0]), (gone, 3, 7), (nameless, 0, rows[0])):
        expected = np.array(features)
        np.testing.assert_array_equal(expected[row], np.broadcast_to(value, 3))
        for _ in range(2):
            np.testing.assert_array_equal(read_all(features), expected)
            np.testing.assert_array_equal(read_sample(features, 3), expected[::sample_step(size, 3)])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells the memory of a process on Linux")
def test_pages_of_a_mapped_file_do_not_pile_up(tmp_path):
    def mebibytes():
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssFile")) / 1024

    np.save(tmp_path / "features.npy", np.ones((32_000, 512), np.float32))
    mapped, before = np.load(tmp_path / "features.npy", mmap_mode="r"), mebibytes()
    for rows in blocks(len(mapped)):
        read_rows(mapped, rows)
    read_sample(mapped, 5000)
    assert mebibytes() < before + 16, "of 62 MiB"


def test_a_centre_is_taken_off_before_numbers_are_rounded(tmp_path):
    rows = np.random.default_rng(0).normal(size=(7, 3))
    np.save(tmp_path / "features.npy", rows + 1e8)
    for features in (rows + 1e8, np.load(tmp_path / "features.npy", mmap_mode="r")):
        found = read_rows(features, slice(2, 6), centre=np.full(3, 1e8, np.float32))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, rows[2:6], atol=1e-6)
        np.testing.assert_allclose(read_rows(features, normalize=True, centre=np.ones(3)), np.sqrt(1 / 3) - 1,
                                   rtol=1e-5)


@pytest.mark.parametrize("num_rows", [1, 5, 9, 10, 11, 47])
@pytest.mark.parametrize("order", [np.ascontiguousarray, np.asfortranarray])
def test_a_sample_of_a_mapped_file_is_that_of_the_array_in_it(tmp_path, num_rows, order):
    rows = np.random.default_rng(0).normal(size=(num_rows, 3)).astype(np.float16)
    np.save(tmp_path / "features.npy", order(rows))
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    expected = rows[::sample_step(num_rows, 5)].astype(np.float32)
    for features in (mapped, rows, mapped[:], Picked(mapped, np.arange(num_rows))):
        np.testing.assert_array_equal(read_sample(features, 5), expected)
        np.testing.assert_array_equal(read_sample(features, 5, normalize=True), unit_length(expected))
    assert num_rows < 5 or 5 <= len(expected) < 10


def test_picked_rows_are_read_as_the_rows_at_their_numbers(tmp_path):
    rows, numbers = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32), np.array([6, 0, 2, 2])
    np.save(tmp_path / "features.npy", rows)
    for features in (rows, np.load(tmp_path / "features.npy", mmap_mode="r")):
        picked = Picked(features, numbers)
        assert len(picked) == 4 and picked.shape == (4, 3)
        np.testing.assert_array_equal(read_rows(picked, slice(1, 4)), rows[[0, 2, 2]])
        np.testing.assert_array_equal(picked[::2], rows[[6, 2]])


def test_no_block_of_joined_rows_lies_in_two_arrays_so_each_is_read_without_a_copy():
    parts = [np.ones((rows, 2), np.float32) for rows in (5, 1, 0, 9)]
    features = joined(parts)
    slices = list(whole_blocks(features, size=4))
    assert [(rows.start, rows.stop) for rows in slices] == [(0, 4), (4, 5), (5, 6), (6, 10), (10, 14), (14, 15)]
    assert all(any(np.shares_memory(features[rows], part) for part in parts) for rows in slices)
    assert list(whole_blocks(parts[3], size=4)) == list(blocks(9, size=4))


def test_joined_rows_are_read_as_those_of_one_array(tmp_path):
    rows = np.random.default_rng(0).normal(size=(11, 3)).astype(np.float32)
    parts = []
    for number, part in enumerate(np.split(rows, [4, 4, 5])):
        np.save(tmp_path / f"{number}.npy", part)
        parts.append(np.load(tmp_path / f"{number}.npy", mmap_mode="r") if len(part) else part)
    features, numbers = joined(parts), np.array([10, 0, 4, 4, 3, 5])
    assert len(features) == 11 and features.shape == (11, 3)
    np.testing.assert_array_equal(features[numbers], rows[numbers])
    np.testing.assert_array_equal(features[numbers[5]], rows[5])
    assert features[numbers[:0]].shape == (0, 3)
    for first in range(12):
        for last in range(first, 12):
            np.testing.assert_array_equal(read_rows(features, slice(first, last)), rows[first:last])
    np.testing.assert_array_equal(read_all(features), rows)
    np.testing.assert_array_equal(features[1::3], rows[1::3])
    np.testing.assert_array_equal(read_rows(Picked(features, numbers), slice(1, 4)), rows[numbers[1:4]])
    assert [place.tolist() for place in features.places(np.array([3, 4, 10]))] == [[0, 2, 3], [3, 0, 5]]
    assert joined([rows]) is rows


def test_rows_get_length_one_and_zero_rows_stay_zero():
    np.testing.assert_allclose(unit_length(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0.0, 0.0]])


@pytest.mark.parametrize("num_rows", [1, 7, 10, 19, 20, 1234])
def test_a_sample_is_of_the_wanted_size_up_to_twice_as_many_or_everything(num_rows):
    assert min(10, num_rows) <= len(range(0, num_rows, sample_step(num_rows, 10))) < 20


def test_rows_on_other_axes_are_made_as_they_are_read(tmp_path):
    rng = np.random.default_rng(1)
    features, axes, offset = rng.normal(size=(9, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    np.save(tmp_path / "features.npy", features)
    placed = OnAxes(np.load(tmp_path / "features.npy", mmap_mode="r"), axes, offset)
    expected = unit_length(features) @ axes + offset
    assert len(placed) == 9 and placed.shape == (9, 2)
    np.testing.assert_allclose(placed[::4], expected[::4], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(read_rows(placed, slice(2, 5), normalize=True), unit_length(expected[2:5]), rtol=1e-5,
                               atol=1e-6)
