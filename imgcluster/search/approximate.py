"""Nearest photos in catalogues of a million and more: faiss finds candidates, the exact cosine ranks them.

An inverted file of 8-bit vectors (Jegou, Douze & Schmid, "Product quantization for nearest neighbor search", TPAMI
2011, section 4) is asked for more photos than are wanted; those are compared exactly, so similarities are those of the
exact index, and only a photo that faiss does not list can be missed. How often that is, is measured at the building.
"""
import importlib.util
from pathlib import Path

import numpy as np

from imgcluster.artefacts import read_json, replacing, write_json
from imgcluster.rows import blocks

# Photos from which a look-up in the exact index takes longer than the network that makes the query (about 0.1 s).
FAISS_FROM = 1_000_000
WANTED_RECALL = 0.98
SAMPLE, NEIGHBOURS = 200, 10
# Training vectors for each cell, faiss' own lower bound; candidates for each photo wanted.
TRAINING_ROWS, CANDIDATES = 39, 4
BLOCK = 16384
FILES = ("search.faiss", "search_faiss.json")


class ApproximateIndex:
    """A faiss index before an exact `CosineIndex`; searched like it. recall: share of the 10 nearest photos found."""

    def __init__(self, exact, cells, recall):
        self.exact, self.cells, self.recall = exact, cells, recall
        self.rows, self.features, self.plain_similarities = exact.rows, exact.features, exact.plain_similarities

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


def accelerated(exact, data_dir, key, *, rows_from=FAISS_FROM, say=print):
    """Return an ApproximateIndex where the catalogue is large and faiss installed, else `exact` itself.

    The index is built once (minutes for a million photos) and kept in search.faiss of `data_dir` under the JSON value
    `key`. rows_from: photos from which it is used.
    """
    if len(exact) < rows_from or importlib.util.find_spec("faiss") is None:
        return exact
    import faiss

    path, note = (Path(data_dir) / name for name in FILES)
    kept = read_json(note)
    if kept.get("key") == key and path.exists():
        cells = faiss.read_index(str(path))
        cells.nprobe = kept["nprobe"]
        return ApproximateIndex(exact, cells, kept["recall"])
    say(f"building search.faiss for {len(exact):,} photos")
    index = build(exact)
    with replacing(path) as temporary:
        faiss.write_index(index.cells, str(temporary))
    write_json(note, {"key": key, "nprobe": index.cells.nprobe, "recall": index.recall})
    say(f"it finds {index.recall:.1%} of the {NEIGHBOURS} nearest photos")
    return index


def build(exact):
    """Return the ApproximateIndex of a CosineIndex: more cells are looked into until 98 % of the nearest are found."""
    import faiss

    num_cells = max(1, round(4 * len(exact) ** 0.5))
    num_cells = min(num_cells, max(1, len(exact) // TRAINING_ROWS))
    cells = faiss.index_factory(exact.features.shape[1], f"IVF{num_cells},SQ8", faiss.METRIC_INNER_PRODUCT)
    sample = np.linspace(0, len(exact) - 1, min(len(exact), TRAINING_ROWS * num_cells)).astype(int)
    cells.train(exact.directions(exact.rows(sample)))
    for rows in blocks(len(exact), size=BLOCK):
        cells.add(exact.directions(exact.rows(np.arange(rows.start, rows.stop))))
    asked = exact.rows(np.linspace(0, len(exact) - 1, min(SAMPLE, len(exact))).astype(int))
    truth = exact.search(asked, NEIGHBOURS)[0]
    index, cells.nprobe = ApproximateIndex(exact, cells, 0.0), 1
    while True:
        found = index.search(asked, NEIGHBOURS)[0]
        index.recall = float(np.mean([len(set(one) & set(two)) / len(two) for one, two in zip(found, truth)]))
        if index.recall >= WANTED_RECALL or cells.nprobe >= num_cells:
            return index
        cells.nprobe = min(num_cells, 2 * cells.nprobe)
