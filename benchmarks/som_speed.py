#!/usr/bin/env python3
"""Speed of the map: against MiniSom's batch training, against the bare search for best-matching units, and at scale.

    python benchmarks/som_speed.py                # side by side with MiniSom and with the bare matrix product
    python benchmarks/som_speed.py --scale        # 10,000 to 1,000,000 memory-mapped rows (2 GB of disk), peak memory

Data: random mixtures of Gaussians, the same for both sides. MiniSom loops over the rows, so that its time per epoch is
measured on `--rows` of them and scaled to all. The errors are of maps trained on these rows, for as many epochs each,
from each side's principal plane. A neighbourhood that ends narrow buys quantization error at the price of topographic
error, so ours is trained twice: down to its own last sigma, and down to MiniSom's.
"""
import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from minisom import MiniSom

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster.matching import half_squared_norms
from imgcluster.rows import BLOCK_ROWS, blocks
from imgcluster.som import SelfOrganizingMap

CASES = [(5_000, 1280, 12), (100_000, 512, 36)]
SCALES = [10_000, 100_000, 1_000_000]
SCALE_WIDTH, SCALE_SIDE = 512, 36


def mixture(num_rows, width, *, seed=0, centres=200):
    """Return float32 rows around random centres."""
    rng = np.random.default_rng(seed)
    middle = rng.standard_normal((centres, width), dtype=np.float32)
    return middle[rng.integers(centres, size=num_rows)] + rng.standard_normal((num_rows, width), dtype=np.float32)


def best_seconds(action, repeats=3):
    """Return the shortest of `repeats` wall-clock times of `action()`."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def bare_search(rows, prototypes):
    """Find the best-matching units of all rows, and nothing else."""
    half_squares = half_squared_norms(prototypes)
    for part in blocks(len(rows), size=BLOCK_ROWS):
        (half_squares - rows[part] @ prototypes.T).argmin(axis=1)


def compare(num_rows, width, side, *, minisom_rows, epochs):
    """Print seconds per epoch of both, the ratio and the bare search, and below them the errors of both."""
    rows = mixture(num_rows, width)
    ours = SelfOrganizingMap(side, side, width).fit(rows, epochs=1)
    epoch = best_seconds(lambda: ours.train_batch_offline(rows, 1))
    search = best_seconds(lambda: bare_search(rows, ours.prototypes))
    some = rows[:minisom_rows]
    theirs = MiniSom(side, side, width, sigma=side / 4, random_seed=0)
    theirs.pca_weights_init(some)
    seconds = best_seconds(lambda: theirs.train_batch_offline(some, epochs), repeats=1) / epochs * num_rows / len(some)
    print(f"{num_rows:>9,} x {width:<5} {side:>3}x{side:<3}{seconds:>11.2f}{epoch:>10.3f}{seconds / epoch:>9.0f}"
          f"{search:>10.3f}{epoch / search:>8.2f}", flush=True)
    last = minisoms_last_sigma(side / 4, epochs)
    show_errors("MiniSom", theirs, some, last)
    for sigma_end in (ours.sigma_end, last):
        fitted = SelfOrganizingMap(side, side, width, sigma_end=sigma_end).fit(some, epochs=epochs)
        show_errors("ours", fitted, some, sigma_end)


def minisoms_last_sigma(sigma, epochs):
    """Return the neighbourhood's width in the last epoch of MiniSom's training, as it decays by default."""
    return sigma / (1 + (epochs - 1) / (epochs / 2))


def show_errors(name, som, rows, last_sigma):
    """Print one line: the quantization and the topographic error of a map trained down to `last_sigma`."""
    print(f"{name:>17}, last sigma {last_sigma:.2f}: quantization error {som.quantization_error(rows):.4f}, "
          f"topographic error {som.topographic_error(rows):.4f}", flush=True)


def measure_scale(path):
    """Train on a memory-mapped file; print microseconds per row and epoch, and the peak resident memory in MiB."""
    rows = np.load(path, mmap_mode="r")
    som = SelfOrganizingMap(SCALE_SIDE, SCALE_SIDE, rows.shape[1])
    epochs = 3
    start = time.perf_counter()
    som.fit(rows, epochs=epochs)
    seconds = time.perf_counter() - start
    print(f"{len(rows):>9,} x {rows.shape[1]}{1e6 * seconds / epochs / len(rows):>16.1f}{peak_memory():>16.0f}",
          flush=True)


def peak_memory():
    """Return the peak resident memory of this process in MiB, as the kernel counts it.

    On Linux not ru_maxrss, which a process inherits from the one that starts it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def scale():
    """Print one line per size, each measured in a process of its own."""
    print(f"{'rows':>15}{'us/row/epoch':>16}{'peak MiB':>16}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for num_rows in SCALES:
            path = Path(folder) / "features.npy"
            rows = np.lib.format.open_memmap(path, "w+", np.float32, (num_rows, SCALE_WIDTH))
            for number, part in enumerate(blocks(num_rows, size=50_000)):
                rows[part] = mixture(part.stop - part.start, SCALE_WIDTH, seed=number)
            del rows
            subprocess.run([sys.executable, __file__, "--measure", str(path)], check=True)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000, help="rows that MiniSom is timed on")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.measure:
        return measure_scale(options.measure)
    if options.scale:
        return scale()
    print(f"{'rows':>17} {'map':>7}{'MiniSom s':>11}{'ours s':>10}{'ratio':>9}{'search s':>10}{'ours/it':>8}",
          flush=True)
    for case in CASES:
        compare(*case, minisom_rows=options.rows, epochs=options.epochs)


if __name__ == "__main__":
    main()
