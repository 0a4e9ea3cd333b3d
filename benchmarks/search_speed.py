"""Search speed side by side: a bare matrix product, this project, faiss and scikit-learn. Run by search.py."""
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from imgcluster.rows import unit_length

ROOT = Path(__file__).resolve().parent.parent
CENTRES, NOISE, MIXED_NOISE = 2000, 0.7, 0.3
MANY = 100
# (queries at once, nearest photos asked for, seconds before each turn): products are ranked from the 200 nearest
# photos, for three parts of a photo that shows two things. Without a pause the threads of the turn before still hold
# the processors, which some sides mind more.
CASES = (1, 5, 0), (1, 5, 0.1), (1, 200, 0.1), (3, 200, 0.1), (MANY, 5, 0.1)
BLOCK = 10_000


def speed_tables(options):
    """Print seconds, ratios, memory and start-up time."""
    kinds = {f"drawn around {CENTRES:,} centres": drawn(options.columns)}
    kinds |= {f"mixed from {path}": mixed(np.load(path)) for path in options.like}
    for kind, (photos, queries) in kinds.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "features.npy"
            write(path, options.rows, photos)
            features = np.load(path, mmap_mode="r")
            print(f"\n{len(features):,} x {features.shape[1]:,}, {kind}, {os.cpu_count()} processors, median of "
                  f"{options.rounds} rounds in turns\n")
            memory(path)
            sides = all_sides(np.asarray(features), approximate=not options.exact)
            for count, nearest, pause in CASES:
                compare(sides, queries[:count], nearest, pause, options.rounds)
    start_up(options.rounds)


def drawn(columns):
    """(function of a number of photos to their features, features of 100 more) around centres."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CENTRES, columns)).astype(np.float32)

    def photos(count):
        return centres[rng.integers(0, CENTRES, count)] + NOISE * rng.standard_normal((count, columns), np.float32)

    return photos, photos(MANY)


def mixed(features):
    """The same from features [n, D] of real photos: 100 of them, and mixtures of two of the others, the first counting
    for more, with noise in proportion to how each feature varies."""
    rng = np.random.default_rng(0)
    asked = rng.choice(len(features), MANY, replace=False)
    others = np.delete(features, asked, axis=0)
    noise = MIXED_NOISE * others.std(axis=0)

    def photos(count):
        first, second = others[rng.integers(0, len(others), (2, count))]
        share = rng.uniform(0.5, 1, (count, 1)).astype(np.float32)
        return share * first + (1 - share) * second + noise * rng.standard_normal(first.shape, np.float32)

    return photos, features[asked]


def write(path, rows, photos):
    """Write the features of so many photos, at length 1."""
    features = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, photos(1).shape[1]))
    for start in range(0, rows, BLOCK):
        features[start:start + BLOCK] = unit_length(photos(min(BLOCK, rows - start)))
    features.flush()


def compare(sides, queries, nearest, pause, rounds):
    """Print one row per side for the `nearest` photos of the queries, all at once, `pause` seconds before each turn."""
    seconds = {}
    for _ in range(rounds + 1):
        for name, search in sides.items():
            time.sleep(pause)
            began = time.perf_counter(), time.process_time()
            search(queries, nearest)
            seconds.setdefault(name, []).append((time.perf_counter() - began[0], time.process_time() - began[1]))
    # The first round brings the file into memory.
    medians = {name: np.median(values[1:], axis=0) for name, values in seconds.items()}
    bare = medians["bare matrix product"]
    what = "1 query" if len(queries) == 1 else f"{len(queries)} queries at once"
    what += f", {nearest} nearest, {f'{pause} s' if pause else 'no pause'} between turns"
    print(f"| {what} | ms | times the bare product | ms of processors | times the bare product |\n"
          "|---|---:|---:|---:|---:|")
    for name, values in medians.items():
        (wall, processors), (wall_ratio, processor_ratio) = 1000 * values, values / bare
        print(f"| {name} | {wall:.1f} | {wall_ratio:.2f} | {processors:.1f} | {processor_ratio:.2f} |")
    print(flush=True)


def all_sides(features, *, approximate):
    """{name: function of queries [Q, D] and a number of nearest}; what is not installed is left out, and without
    `approximate` the index that takes minutes to build."""
    from sklearn.neighbors import NearestNeighbors

    from imgcluster.search.approximate import build
    from imgcluster.search.cosine_index import CosineIndex

    exact = CosineIndex(features)
    neighbours = NearestNeighbors(metric="cosine", algorithm="brute").fit(features)
    sides = {"bare matrix product": lambda queries, _: features @ (queries[0] if len(queries) == 1 else queries.T),
             "this project, exact": exact.search,
             "scikit-learn, brute force": lambda queries, nearest: neighbours.kneighbors(queries, nearest)}
    if importlib.util.find_spec("faiss"):
        import faiss
        flat = faiss.IndexFlatIP(features.shape[1])
        flat.add(np.ascontiguousarray(features))
        sides["faiss, flat"] = flat.search
    if approximate and importlib.util.find_spec("faiss"):
        began = time.perf_counter()
        index = build(exact)
        name = (f"this project with faiss (recall {index.recall:.3f}, built in {time.perf_counter() - began:.0f} s, "
                f"{index.cells.nprobe} of {index.cells.nlist} cells)")
        sides[name] = index.search
    return sides


def memory(path):
    """Print the memory of a process that opens the catalogue, and searches one photo and a hundred (Linux alone).

    The kernel's own counts of that process: its peak, and what of it is the process' own (anonymous pages), looked at
    every few milliseconds. The rest are pages of the file, which the kernel takes back when memory runs short. Not
    ru_maxrss: a process inherits that of the one which starts it.
    """
    if not Path("/proc/self/status").exists():
        return
    done = subprocess.run([sys.executable, "-c", MEASURED, str(path)], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    peak, own, before, size = map(int, done.stdout.split())
    print(f"memory: {peak / 1024:.0f} MB at its peak, {own / 1024:.0f} MB of it the process' own ({before / 1024:.0f} "
          f"MB of that Python and its libraries), the rest the mapped file of {size / 2**20:.0f} MB\n")


MEASURED = """
import sys, threading, time, numpy
from imgcluster.search.cosine_index import CosineIndex

def kilobytes(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

def watch():
    while True:
        own.append(kilobytes("RssAnon"))
        time.sleep(0.003)

own = [kilobytes("RssAnon")]
threading.Thread(target=watch, daemon=True).start()
features = numpy.load(sys.argv[1], mmap_mode="r")
index = CosineIndex(features)
index.search(features[:1], 5)
index.search(features[:100], 5)
print(kilobytes("VmHWM"), max(own), own[0], features.nbytes)
"""


def start_up(rounds):
    """Print how long 07_search.py --help takes."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, ROOT / "07_search.py", "--help"], capture_output=True, check=True)
        seconds.append(time.perf_counter() - began)
    print(f"07_search.py --help: {np.median(seconds):.2f} s")
