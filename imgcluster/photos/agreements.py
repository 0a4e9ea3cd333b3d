"""Agreements of many pairs of photos: worked out in several processes where there are many, and kept for the next run.
"""
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from imgcluster.files import arrays_if_whole, write_arrays
from imgcluster.photos.agreement import agreement, picture_of
from imgcluster.photos.processes import in_processes

# Of how photos are compared, and of what is noted of them for that; raised whenever either changes.
VERSION = 1
# Pairs from which processes are worth their start, which takes about a second; and how many are compared in one go.
_MANY, _BATCH = 5000, 250
_DIGITS = 16  # of a file's digest: enough to tell those of a dataset apart


class Agreements:
    """How far pairs of photos agree (`agreement.agreement`), by the digests of their files.

    known: {(digest, digest): agreement} of earlier runs. workers, progress: for `compare`; without progress all is done
    in this process, and nothing shown.
    """

    def __init__(self, known=None, *, workers=1, progress=None):
        self._known, self._used, self._lost = known or {}, {}, set()
        self._workers, self._progress = workers, progress

    @classmethod
    def read(cls, path, **options):
        """Return those kept in a file; none where it is missing, damaged or of another version."""
        kept = arrays_if_whole(path) or {}
        if kept.get("version") != VERSION:
            return cls(**options)
        pairs = map(tuple, kept["pairs"].astype(str).tolist())
        return cls(dict(zip(pairs, kept["agreements"].tolist())), **options)

    def write(self, path):
        """Keep those that were asked for."""
        pairs = np.array(list(self._used), f"S{_DIGITS}").reshape(-1, 2)
        write_arrays(path, version=np.array(VERSION), pairs=pairs, agreements=np.array([*self._used.values()], float))

    def compare(self, signatures, pairs):
        """Return the agreement of each pair (index, index) of photos, 0..1; signatures: as `duplicates.photo_signature`
        gives them. It is 0, and not kept, where finding it ended its process: nobody can say that these are copies."""
        keys = [tuple(signatures[index]["digest"][:_DIGITS] for index in pair) for pair in pairs]
        self._used |= {key: self._known[key] for key in keys if key in self._known}
        missing = {key: pair for key, pair in zip(keys, pairs) if key not in self._used and key not in self._lost}
        found = self._found(signatures, list(missing.values()))
        self._used |= {key: found[pair] for key, pair in missing.items() if pair in found}
        self._lost |= missing.keys() - self._used.keys()
        return [self._used.get(key, 0.0) for key in keys]

    def _found(self, signatures, pairs):
        """{pair: agreement} of those that could be compared."""
        found, pairs = {}, _photos_together(pairs)
        tasks = [_task(signatures, pairs[start:start + _BATCH]) for start in range(0, len(pairs), _BATCH)]
        if self._progress is None or len(pairs) < _MANY:
            for task in tasks:
                found |= zip(task[1], compare_pairs(*task)["agreements"])
            return found
        with self._progress("copies", len(pairs), "pair") as bar:
            for (_, batch), result in in_processes(compare_pairs, tasks, self._workers):
                found |= zip(batch, result.get("agreements", ()))
                bar.update(len(batch))
        return found


def _photos_together(pairs):
    """Return pairs of indices in an order in which those of the same photos lie near each other, so that few pictures
    are made more than once (reverse Cuthill-McKee)."""
    if len(pairs) <= _BATCH:
        return pairs
    ends = np.array(pairs).T
    graph = csr_array((np.ones(len(pairs)), ends), (ends.max() + 1,) * 2)
    place = np.argsort(reverse_cuthill_mckee(graph + graph.T, symmetric_mode=True))
    return [pairs[number] for number in np.lexsort(np.sort(place[ends], axis=0)[::-1])]


def _task(signatures, pairs):
    return {index: signatures[index] for pair in pairs for index in pair}, pairs


def compare_pairs(signatures, pairs):
    """Return {"agreements": those of the pairs (index, index)}; signatures: {index: signature}."""
    pictures = {index: picture_of(signature) for index, signature in signatures.items()}
    return {"agreements": [agreement(pictures[one], pictures[two]) for one, two in pairs]}
