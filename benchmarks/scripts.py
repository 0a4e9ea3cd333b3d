"""What the benchmarks that run the numbered scripts share: photos linked into photo sets, and one step of a run."""
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.photos.labels import make_labels  # noqa: E402
from imgcluster.photos.listing import list_files  # noqa: E402

SCRIPTS = {path.name[:2]: path for path in sorted(ROOT.glob("0[0-5]_*.py"))}


def labels_from(folder):
    """"folder" where the photos lie in sub-folders, else "filename"."""
    return "folder" if any("/" in path for path in list_files(folder).photos) else "filename"


def photo_labels(folder):
    """Return (paths relative to the folder, label of each)."""
    paths = list_files(folder).photos
    return paths, make_labels(paths, labels_from=labels_from(folder))


def link_photos(folder, paths, photo_set):
    """Make a symbolic link in the folder `photo_set` for each photo, unless it is there."""
    for path in paths:
        target = photo_set / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            os.symlink(folder / path, target)


def run_script(number, dataset, *, folder, train, data, home, settings):
    """Run step `number` on a photo set of raw_img/ in `home`, as a user would; returns the seconds it took.

    folder: where the photos of the set come from; train: name of the set trained on, or None; data: the folder of
    DATA_DIR; settings: further NAME=VALUE. Ends the benchmark where the script fails.
    """
    paths = {"RAW_IMG": home / "raw_img", "IMG": home / "img", "DATA": data, "RESULT": home / "result"}
    settings = [f"DATASET={dataset}", f"TRAIN_DATASET={train}", f"LABELS_FROM={labels_from(folder)}",
                *(f"{kind}_DIR={path}/{{DATASET}}" for kind, path in paths.items()), *settings]
    command = [sys.executable, SCRIPTS[number], *(part for text in settings for part in ("--set", text))]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{SCRIPTS[number].name} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    print(f"{data.name} {dataset} {number}: {done.stdout.strip().splitlines()[-1]}", file=sys.stderr)
    return time.perf_counter() - began
