"""Search speed side by side: a bare matrix product, this project, faiss and scikit-learn. Run by search.py."""
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CENTRES, NOISE, NEAREST = 2000, 0.7, 5
MANY = 100
BLOCK = 10_000


def speed_tables(options):
    """Print seconds, ratios, memory and start-up time."""
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "features.npy"
        if not path.exists():
            draw(path, options.rows, options.columns)
        memory(path)
        features = np.load(path, mmap_mode="r")
        print(f"\n{len(features):,} x {features.shape[1]:,}, {os.cpu_count()} processors, "
              f"median of {options.rounds} rounds in turns\n")
        features = np.asarray(features)
        sides = all_sides(features, approximate=not options.exact)
        for count in (1, MANY):
            compare(features, sides, count, options.rounds)
    start_up(options.rounds)


def draw(path, rows, columns):
    """Features of photos around centres, at length 1."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CENTRES, columns)).astype(np.float32)
    features = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, columns))
    for start in range(0, rows, BLOCK):
        block = centres[rng.integers(0, CENTRES, min(BLOCK, rows - start))]
        block = block + NOISE * rng.standard_normal(block.shape, np.float32)
        features[start:start + BLOCK] = block / np.linalg.norm(block, axis=1, keepdims=True)
    features.flush()


def compare(features, sides, count, rounds):
    """Print one row per side for `count` queries at once."""
    rng = np.random.default_rng(1)
    queries = features[rng.integers(0, len(features), count)] + 0.01 * rng.standard_normal(
        (count, features.shape[1]), np.float32)
    seconds = {}
    for _ in range(rounds + 1):
        for name, search in sides.items():
            began = time.perf_counter(), time.process_time()
            search(queries)
            seconds.setdefault(name, []).append((time.perf_counter() - began[0], time.process_time() - began[1]))
    # The first round brings the file into memory.
    medians = {name: np.median(values[1:], axis=0) for name, values in seconds.items()}
    bare = medians["bare matrix product"]
    print(f"| {count} quer{'y' if count == 1 else 'ies'} at once | ms | times the bare product | ms of processors | "
          "times the bare product |\n|---|---:|---:|---:|---:|")
    for name, values in medians.items():
        (wall, processors), (wall_ratio, processor_ratio) = 1000 * values, values / bare
        print(f"| {name} | {wall:.1f} | {wall_ratio:.2f} | {processors:.1f} | {processor_ratio:.2f} |")
    print()


def all_sides(features, *, approximate):
    """{name: function of queries [Q, D]}; what is not installed is left out, and without `approximate` the index that
    takes minutes to build."""
    from sklearn.neighbors import NearestNeighbors

    from imgcluster.search.approximate import build
    from imgcluster.search.cosine_index import CosineIndex

    exact = CosineIndex(features)
    neighbours = NearestNeighbors(n_neighbors=NEAREST, metric="cosine", algorithm="brute").fit(features)
    sides = {"bare matrix product": lambda queries: features @ (queries[0] if len(queries) == 1 else queries.T),
             "this project, exact": lambda queries: exact.search(queries, NEAREST),
             "scikit-learn, brute force": neighbours.kneighbors}
    if importlib.util.find_spec("faiss"):
        import faiss
        flat = faiss.IndexFlatIP(features.shape[1])
        flat.add(np.ascontiguousarray(features))
        sides["faiss, flat"] = lambda queries: flat.search(queries, NEAREST)
    if approximate and importlib.util.find_spec("faiss"):
        began = time.perf_counter()
        index = build(exact)
        name = (f"this project with faiss (recall {index.recall:.3f}, built in {time.perf_counter() - began:.0f} s, "
                f"{index.cells.nprobe} of {index.cells.nlist} cells)")
        sides[name] = lambda queries: index.search(queries, NEAREST)
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
          f"MB of that Python and its libraries), the rest the mapped file of {size / 2**20:.0f} MB")


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
