"""Nearest photos in catalogues of a million and more: faiss finds candidates, the exact cosine ranks them.

An inverted file of 8-bit vectors (Jegou, Douze & Schmid, "Product quantization for nearest neighbor search", TPAMI
2011, section 4) is asked for more photos than are wanted; those are compared exactly, so similarities are those of the
exact index, and only a photo that faiss does not list can be missed. How often that is, is measured at the building, by
stand-ins for new photos: those of the catalogue find each other too easily, as photos of one product lie in one cell.
"""
import contextlib
import importlib.util
from pathlib import Path

import numpy as np

from imgcluster.files import read_json, replacing, write_json
from imgcluster.rows import blocks, unit_length
from imgcluster.search.products import NEAREST_PHOTOS

# Photos from which a look-up in the exact index takes longer than the network that makes the query (about 0.1 s).
FAISS_FROM = 1_000_000
WANTED_RECALL = 0.98
SAMPLE, NEIGHBOURS = 200, 10
# A stand-in is this like one photo, and for the rest like the sum of so many others. Its neighbours are as hard to find
# as those of a photo held out, or a little harder (measured with sneakers25, one cell to 64 looked into).
STAND_IN_LIKENESS, STAND_IN_OTHERS = 0.5, 8
# Training vectors for each cell, faiss' own lower bound; candidates for each photo wanted.
TRAINING_ROWS, CANDIDATES = 39, 4
BLOCK = 16384
FILES = ("search.faiss", "search_faiss.json")


class ApproximateIndex:
    """A faiss index before an exact `CosineIndex`; searched like it.

    recall: share of the 10 photos nearest to a new one that it lists.
    """

    def __init__(self, exact, cells, recall):
        self.exact, self.cells, self.recall = exact, cells, recall
        self.features, self.rows, self.directions = exact.features, exact.rows, exact.directions

    def __len__(self):
        return len(self.exact)

    def search(self, queries, count):
        """Return (rows int [Q, k], similarities float32 [Q, k]) as `CosineIndex.search`, nearly always the same."""
        count = min(count, len(self))
        listed = self.cells.search(self.exact.directions(queries), min(len(self), CANDIDATES * count))[1]
        if (listed < 0).any():  # the cells looked into hold too few
            return self.exact.search(queries, count)
        rows, similarities = np.empty((len(listed), count), np.int64), np.empty((len(listed), count), np.float32)
        for place, (query, candidates) in enumerate(zip(np.atleast_2d(queries), listed)):
            exact = self.exact.similarities(query, candidates)
            best = np.lexsort((candidates, -exact))[:count]
            rows[place], similarities[place] = candidates[best], exact[best]
        return rows, similarities


def accelerated(exact, data_dir, key, *, say):
    """Return an ApproximateIndex where the catalogue is large (FAISS_FROM) and faiss installed, else `exact` itself.

    The index is built once (minutes for a million photos) and kept in search.faiss of `data_dir` under the JSON value
    `key`.
    """
    if len(exact) < FAISS_FROM or importlib.util.find_spec("faiss") is None:
        return exact
    import faiss

    path, note = (Path(data_dir) / name for name in FILES)
    kept = read_json(note)
    if kept.get("key") == key and path.exists():
        with contextlib.suppress(RuntimeError):  # a damaged file is made again
            cells = faiss.read_index(str(path))
            cells.nprobe = kept["nprobe"]
            return ApproximateIndex(exact, cells, kept["recall"])
    say(f"building search.faiss for {len(exact):,} photos")
    index = build(exact)
    try:
        with replacing(path) as temporary:
            faiss.write_index(index.cells, str(temporary))
        write_json(note, {"key": key, "nprobe": index.cells.nprobe, "recall": index.recall})
    except (OSError, RuntimeError) as error:  # faiss raises the latter
        say(f"{path} cannot be written ({error}): the next search builds it again")
    say(f"it finds {index.recall:.1%} of the {NEIGHBOURS} photos nearest to a new one")
    return index


def build(exact):
    """Return the ApproximateIndex of a CosineIndex: it looks into enough cells to find 98 % of the nearest."""
    import faiss

    num_cells = max(1, round(4 * len(exact) ** 0.5))
    num_cells = min(num_cells, max(1, len(exact) // TRAINING_ROWS))
    cells = faiss.index_factory(exact.features.shape[1], f"IVF{num_cells},SQ8", faiss.METRIC_INNER_PRODUCT)
    sample = np.linspace(0, len(exact) - 1, min(len(exact), TRAINING_ROWS * num_cells)).astype(int)
    cells.train(exact.directions(exact.rows(sample)))
    for rows in blocks(len(exact), size=BLOCK):
        cells.add(exact.directions(exact.rows(np.arange(rows.start, rows.stop))))
    recall = _widen(exact, cells)
    return ApproximateIndex(exact, cells, recall)


def _widen(exact, cells):
    """Look into more cells until nearly all of the nearest are found, and as many photos as products are ranked from;
    return the recall."""
    asked = stand_ins(exact)
    truth = exact.search(exact.mean + asked, NEIGHBOURS)[0]
    cells.nprobe = 1
    while True:
        listed = cells.search(asked, min(len(exact), CANDIDATES * NEAREST_PHOTOS))[1]
        recall = float(np.mean([np.isin(near, candidates).mean() for near, candidates in zip(truth, listed)]))
        if (recall >= WANTED_RECALL and (listed >= 0).all()) or cells.nprobe >= cells.nlist:
            return recall
        cells.nprobe = min(cells.nlist, 2 * cells.nprobe)


def stand_ins(exact):
    """Return directions float32 [200, D] that lie to the catalogue's photos as those of new photos do."""
    rows = np.random.default_rng(0).integers(0, len(exact), (SAMPLE, 1 + STAND_IN_OTHERS))
    directions = exact.directions(exact.rows(rows.ravel())).reshape(*rows.shape, -1)
    others = unit_length(directions[:, 1:].sum(axis=1))
    return unit_length(STAND_IN_LIKENESS * directions[:, 0] + (1 - STAND_IN_LIKENESS ** 2) ** 0.5 * others)
