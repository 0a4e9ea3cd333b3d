"""Photos sorted into one folder per cluster, for browsing with any file manager."""
import os
import shutil
from pathlib import Path

from imgcluster.progress import progress


def export_clusters(photo_dir, img_paths, labels, out_dir, *, link=False):
    """Copy (or link) each photo to `out_dir`/<cluster>/<path with "/" as "__">; return how many were put there.

    The folder is built anew beside the old one and takes its place at the end. Photos that cannot be read are left out.
    """
    out_dir, photo_dir = Path(out_dir), Path(photo_dir)
    fresh = out_dir.with_name(f".{out_dir.name}.partial")
    shutil.rmtree(fresh, ignore_errors=True)
    count = 0
    for name, label in progress(zip(img_paths, labels), description="export", total=len(img_paths)):
        target = fresh / str(label) / _flat_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if link:
                target.symlink_to(os.path.relpath(photo_dir / name, out_dir / str(label)))
            else:
                shutil.copyfile(photo_dir / name, target)
            count += 1
        except FileNotFoundError:
            continue
    shutil.rmtree(out_dir, ignore_errors=True)
    os.replace(fresh, out_dir)
    return count


def _flat_name(name):
    """One file name for a path, no longer than file systems allow."""
    flat = name.replace("/", "__")
    while len(flat.encode()) > 255:
        flat = flat[1:]
    return flat
