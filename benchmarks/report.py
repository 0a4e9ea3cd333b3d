"""The report's price: seconds to build and to open, and file size, with 100, 1,000 and 10,000 photos.

The photos are generated (coloured shapes on noisy ground, 240 x 240 JPEG), so is everything else; the layout of the
scatter is not timed, as the figures share it. Opening is timed in headless Chromium, where one is found: from the
address to the page's scripts done ("usable"), to its first photos seen ("photos") and to the whole file read
("loaded").

    python benchmarks/report.py [--photos 100 1000 10000]
"""
import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from imgcluster.csv_tables import write_table  # noqa: E402
from imgcluster.datafiles.artefacts import write_labels  # noqa: E402
from imgcluster.files import write_array, write_arrays, write_lines  # noqa: E402
from imgcluster.plots.layout import Layout  # noqa: E402
from imgcluster.report import write_report  # noqa: E402
from imgcluster.report.gallery import Gallery  # noqa: E402
from imgcluster.som import default_grid  # noqa: E402

FEATURES = 512


def make_dataset(folder, num_photos, photos_per_cluster=40):
    """Write a finished dataset of generated photos and return its gallery."""
    rng = np.random.default_rng(0)
    cluster = np.sort(rng.integers(0, max(1, num_photos // photos_per_cluster), num_photos))
    cluster = np.unique(cluster, return_inverse=True)[1]
    files = [f"shop {row % 7}/{row:06d}.jpg" for row in range(num_photos)]
    data_dir, raw_dir = folder / "data", folder / "raw"
    for shop in {Path(file).parent for file in files}:
        (raw_dir / shop).mkdir(parents=True, exist_ok=True)
    for file, number in zip(files, cluster):
        cv2.imwrite(str(raw_dir / file), draw_photo(number, rng))
    write_lines(data_dir / "img_paths.txt", files)
    write_labels(data_dir, "pred", cluster)
    write_labels(data_dir, "true", np.array([f"model {number}" for number in cluster]))
    write_map(data_dir, files, cluster, rng)
    means = rng.normal(size=(cluster.max() + 1, FEATURES))
    features = means[cluster] + rng.normal(size=(num_photos, FEATURES))
    write_array(data_dir / "features.npy", features.astype(np.float32))
    gallery = Gallery(name="generated", data_dir=data_dir, img_dir=folder / "img", raw_dir=raw_dir, train_dir=None,
                      seed=0, max_sheets=20, max_photos=5000)
    points = (rng.normal(size=(cluster.max() + 1, 2)) * 10)[cluster] + rng.normal(size=(num_photos, 2))
    gallery.__dict__["layout"] = Layout(points.astype(np.float32), "t-SNE")
    return gallery


def draw_photo(number, rng):
    """A coloured shape, that of its cluster, on a ground as noisy as a phone's photo."""
    own = np.random.default_rng(number)
    photo = np.full((240, 240, 3), rng.integers(120, 256, 3), np.float32)
    middle, axes = tuple(rng.integers(90, 150, 2).tolist()), tuple(own.integers(30, 90, 2).tolist())
    cv2.ellipse(photo, middle, axes, float(rng.integers(0, 360)), 0, 360, own.integers(0, 256, 3).tolist(), -1)
    cv2.rectangle(photo, (60, 100), (180, 120 + int(own.integers(0, 40))), own.integers(0, 256, 3).tolist(), -1)
    coarse = cv2.resize(rng.normal(0, 22, (30, 30, 3)).astype(np.float32), (240, 240), interpolation=cv2.INTER_CUBIC)
    return np.clip(photo + coarse + rng.normal(0, 6, photo.shape), 0, 255).astype(np.uint8)


def write_map(data_dir, files, cluster, rng):
    """Write the files of step 04, photos spread over the map in the order of their clusters."""
    rows, columns = default_grid(len(files))
    unit = np.arange(len(files)) * rows * columns // len(files)
    unit_clusters = np.full(rows * columns, -1)
    unit_clusters[unit] = cluster
    write_table(data_dir / "clusters.csv", pd.DataFrame({
        "file": files, "cluster": cluster, "unit_row": unit // columns, "unit_column": unit % columns,
        "distance": rng.random(len(files)), "confidence": rng.random(len(files)),
        "level_2": cluster % 2, f"level_{cluster.max() + 1}": cluster}))
    write_arrays(data_dir / "som.npz", hits=np.bincount(unit, minlength=rows * columns).reshape(rows, columns),
                 distance_map=rng.random((rows, columns)), topology=np.array("rectangular"),
                 unit_clusters=unit_clusters.reshape(rows, columns))


def open_page(path):
    """Seconds until a page is usable, shows photos, and is loaded, in a fresh headless Chromium; None without one."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not (chromium and shutil.which("chromedriver")):
        return None
    from selenium import webdriver
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory() as profile:
        for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            driver.get(path.as_uri())
            time.sleep(2)
            times = driver.execute_script("""const [page] = performance.getEntriesByType("navigation");
                const first = (name) => performance.getEntriesByName(name)[0].startTime;
                return [first("ready"), first("photos"), page.domContentLoadedEventEnd]""")
        finally:
            driver.quit()
    return tuple(milliseconds / 1000 for milliseconds in times)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[100, 1000, 10_000])
    options = parser.parse_args(argv)
    print(f"{'photos':>8}{'build (s)':>12}{'size (MB)':>12}{'usable (s)':>12}{'photos (s)':>12}{'loaded (s)':>12}")
    for num_photos in options.photos:
        with tempfile.TemporaryDirectory() as folder:
            gallery = make_dataset(Path(folder), num_photos)
            began = time.perf_counter()
            size = write_report(Path(folder) / "report.html", gallery)
            built = time.perf_counter() - began
            opened = open_page(Path(folder) / "report.html")
            shown = "".join(f"{seconds:12.2f}" for seconds in opened) if opened else f"{'no Chromium':>36}"
            print(f"{num_photos:8,}{built:12.1f}{size / 1e6:12.1f}{shown}", flush=True)


if __name__ == "__main__":
    main()
