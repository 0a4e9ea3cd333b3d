#!/usr/bin/env python3
"""Step 01 measured: masks against true ones, copies found, throughput, effect on grouping; prints Markdown tables.

    python benchmarks/preprocess.py masks ../shared/data/masks/ecssd ../shared/data/masks/ccp
    python benchmarks/preprocess.py duplicates ../shared/data/clothing
    python benchmarks/preprocess.py throughput ../shared/data/clothing ../shared/data/sneakers25 --photos 6000
    python benchmarks/preprocess.py effect MobileNetV2 FILE ../shared/data/sneakers25 ../shared/data/clothing

Photos that anything was tuned on (a half of every folder, by a hash of the names) are left out, but as bystanders.
masks: mean overlap (IoU) and photos per second of processor time of each cutter ("box": GrabCut at full size from a box
in the middle), on folders with images/ and masks/ and on products drawn anew (other models than the sample's) before
each kind of background. duplicates: changed copies of --photos photos are hidden among all photos of a folder; recall
by kind of change, and precision over all pairs called copies, beside imagehash's perceptual hash at its usual
threshold. throughput: the script itself on photos of the folders, or drawn ones where none is named, and once more on
the same ones. effect: at most --photos photos of each folder, prepared in every way, under a frozen network: 1-NN, and
ARI with the number of clusters estimated. Labels are the sub-folders, else the numbers in front of the file names.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import imagehash
import numpy as np
from PIL import Image
from sklearn.metrics import adjusted_rand_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.clusters.cluster_count import cluster_photos  # noqa: E402
from imgcluster.cutter.cutout import cut_out  # noqa: E402
from imgcluster.extraction.features import embed  # noqa: E402
from imgcluster.photos.background import contour_mask, product_mask  # noqa: E402
from imgcluster.photos.duplicates import find_duplicates, photo_signature  # noqa: E402
from imgcluster.photos.images import read_image, resize_for_network  # noqa: E402
from imgcluster.photos.labels import make_labels  # noqa: E402
from imgcluster.photos.listing import list_files  # noqa: E402
from imgcluster.photos.prepare import Recipe, finish_photo  # noqa: E402
from imgcluster.sample import BACKGROUNDS, Catalogue, plan_photos, render_photo  # noqa: E402
from imgcluster.scores.feature_scores import neighbour_agreement  # noqa: E402
from imgcluster.som import map_of  # noqa: E402
from tools.cutter_photos import for_tuning  # noqa: E402

# Models that neither the sample nor its training part shows.
UNSEEN = Catalogue(seed=4711, num_models=40, min_imgs=6, max_imgs=6, first_model=9_100_000_101, first_style=12)
USUAL_HASH_DISTANCE = 10  # of imagehash's 64 bits


def box_mask(image):
    """GrabCut at full size, started from a centred box that leaves a tenth at each side."""
    mask = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    top, left = (max(1, side // 10) for side in image.shape[:2])
    mask[top:-top, left:-left] = cv2.GC_PR_FGD
    cv2.setRNGSeed(0)
    cv2.grabCut(image, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
    return np.where((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD), 255, 0)


CUTTERS = {"grabcut": lambda image: cut_out(image)[0], "contours": contour_mask, "box": box_mask}


def overlap(one, two):
    """Intersection over union of two masks; 1 where both are empty."""
    union = (one | two).sum()
    return (one & two).sum() / union if union else 1.0


def masks(options):
    """Print the overlap of every cutter on every set."""
    print("| set | photos | cutter | mean IoU | IoU > 0.5 | photos per CPU second |")
    print("|---|---:|---|---:|---:|---:|")
    for name, pairs in [*((folder.name, hand_made(folder)) for folder in options.folders),
                        *((f"drawn, {background}", drawn(background)) for background in BACKGROUNDS)]:
        pairs = list(pairs)[:options.photos]
        for cutter in options.cutter:
            cut = CUTTERS[cutter]
            began = time.process_time()
            found = [cut(image) > 127 for image, _ in pairs]
            seconds = time.process_time() - began
            scores = np.array([overlap(mask, truth) for mask, (_, truth) in zip(found, pairs, strict=True)])
            print(f"| {name} | {len(pairs)} | {cutter} | {scores.mean():.3f} | {np.mean(scores > 0.5):.2f} | "
                  f"{len(pairs) / seconds:.1f} |", flush=True)


def hand_made(folder):
    """Yield (photo, true mask) of the half of a folder with images/ and masks/ that nothing was tuned on; ends the
    benchmark where there is no such folder."""
    if not (folder / "masks").is_dir():
        raise SystemExit(f"{folder / 'masks'}: no such folder")
    for path in sorted((folder / "masks").rglob("*.png")):
        if for_tuning(path.stem):
            continue
        stem = (folder / "images" / path.relative_to(folder / "masks")).with_suffix("")
        yield read_image(next(stem.parent.glob(f"{stem.name}.*"))), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 127


def drawn(background):
    """Yield (photo, true mask) of products drawn before one kind of background."""
    for photo in plan_photos(UNSEEN):
        if photo.background == background:
            image, mask = render_photo(photo)
            yield image, mask > 127


def _jpeg(image, quality):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def _cropped(image):
    top, left = (max(1, round(0.05 * side)) for side in image.shape[:2])
    return image[top:-top, left:-left]


def _watermarked(image):
    scale = image.shape[1] / 400
    return cv2.putText(image.copy(), "MY SHOP 2026", (round(60 * scale), image.shape[0] // 2), cv2.FONT_HERSHEY_SIMPLEX,
                       1.2 * scale, (235, 235, 235), max(1, round(3 * scale)))


CHANGES = {
    "resized to a half": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "JPEG quality 30": lambda image: _jpeg(image, 30),
    "5 % cropped off each side": _cropped,
    "watermark": _watermarked,
    "white border": lambda image: cv2.copyMakeBorder(image, *[image.shape[0] // 12] * 4, cv2.BORDER_CONSTANT,
                                                     value=(255, 255, 255)),
    "brighter by 15 %": lambda image: cv2.convertScaleAbs(image, alpha=1.15),
}


def duplicates(options):
    """Print recall by kind of change and the precision, ours and imagehash's."""
    names = list_files(options.folder).photos
    untuned = [index for index, name in enumerate(names) if not for_tuning(Path(name).stem)]
    chosen = set(np.random.default_rng(0).permutation(untuned)[:options.photos].tolist())
    files, signatures, hashes = [], [], []
    for index, name in enumerate(names):
        image = read_image(options.folder / name)
        for change, copy in [("", image), *((change, alter(image)) for change, alter in CHANGES.items()
                                            if index in chosen)]:
            files.append((name, change))
            signatures.append(photo_signature(copy, copy.tobytes()))
            hashes.append(imagehash.phash(Image.fromarray(copy)).hash.ravel())
    began = time.process_time()
    ours = {row[:2] for row in find_duplicates(range(len(files)), signatures)}
    seconds = time.process_time() - began
    print(f"{len(names)} photos, {len(CHANGES)} changed copies of {len(chosen)} of them, compared in {seconds:.0f} CPU "
          "seconds\n")
    print(f"| method | precision | {' | '.join(CHANGES)} |\n|---|---:|{'---:|' * len(CHANGES)}")
    for method, pairs in (("step 01", ours), (f"imagehash, at most {USUAL_HASH_DISTANCE} of 64 bits",
                                              hash_pairs(np.array(hashes)))):
        right = [(files[a], files[b]) for a, b in pairs if files[a][0] == files[b][0]]
        found = {part for pair in right for part in pair}
        recall = [np.mean([(names[index], change) in found for index in chosen]) for change in CHANGES]
        shares = " | ".join(f"{value:.3f}" for value in recall)
        print(f"| {method} | {len(right) / max(1, len(pairs)):.4f} | {shares} |", flush=True)


def hash_pairs(bits):
    """Return the pairs whose hashes differ in at most the usual number of bits; each photo with its nearest only."""
    signs = bits.astype(np.float32) * 2 - 1
    pairs = set()
    for start in range(0, len(signs), 1000):
        distances = (bits.shape[1] - signs[start:start + 1000] @ signs.T) / 2
        distances[np.arange(len(distances)), start + np.arange(len(distances))] = np.inf
        nearest = distances.argmin(axis=1)
        near = distances[np.arange(len(distances)), nearest] <= USUAL_HASH_DISTANCE
        pairs |= {tuple(sorted((start + row, int(nearest[row])))) for row in np.flatnonzero(near)}
    return pairs


def throughput(options):
    """Print photos per second, processor use and peak memory of the script with each background, and how long it takes
    when nothing has changed."""
    print("| BACKGROUND | photos | seconds | photos/s | photos per CPU second | cores busy | peak MB of a process | "
          "again, seconds |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as work:
        count = fill_folder(Path(work) / "raw", options.photos, options.folders)
        for background in options.background:
            command = [sys.executable, ROOT / "01_img_preprocess.py"]
            for setting in (f"DATASET={background}", f"RAW_IMG_DIR={work}/raw", f"BACKGROUND={background}",
                            "TRAIN_DATASET=None", "LABELS_FROM=None",
                            *(f"{kind}_DIR={work}/{kind}/{{DATASET}}" for kind in ("IMG", "DATA", "RESULT"))):
                command += ["--set", setting]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = timed(command)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"| {background} | {count} | {seconds:.0f} | {count / seconds:.1f} | {count / busy:.1f} | "
                  f"{busy / seconds:.2f} | {after.ru_maxrss / 1024:.0f} | {timed(command):.1f} |", flush=True)


def timed(command):
    """Run a command; return how many seconds that took."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


RECIPES = {
    "as it is": Recipe(crop=False), "cropped where plain (default)": Recipe(), "cropped": Recipe(crop=True),
    "white": Recipe(fill="white", crop=False), "white, cropped": Recipe(fill="white", crop=True),
    "contours, white": Recipe(method="contours", fill="white", crop=False),
    "contours, white, cropped": Recipe(method="contours", fill="white", crop=True)}


def effect(options):
    """Print 1-NN and ARI for each way of preparing the photos."""
    from imgcluster.network.backbones import load_backbone

    embedding = load_backbone(options.network, weights=str(options.weights), input_size=options.input_size)[0]
    print("| photos of | prepared | photos | models | 1-NN | estimated K | ARI |\n|---|---|---:|---:|---:|---:|---:|")
    for folder in options.folders:
        names = np.random.default_rng(0).permutation(list_files(folder).photos)[:options.photos].tolist()
        labels = np.array(make_labels(names, labels_from="folder" if "/" in names[0] else "filename"))
        features = prepared_features([folder / name for name in names], embedding)
        for recipe, rows in features.items():
            som = map_of(rows)
            clusters = cluster_photos(rows, som)
            print(f"| {folder.name} | {recipe} | {len(names)} | {len(set(labels))} | "
                  f"{neighbour_agreement(rows, labels, ks=(1,))['1']:.3f} | {clusters.num_clusters} | "
                  f"{adjusted_rand_score(labels, clusters.labels):.3f} |", flush=True)


def prepared_features(paths, embedding):
    """Return {recipe: features [N, D]} of the photos, each cut out once by every method."""
    size, features = embedding.input_shape[1], {name: [] for name in RECIPES}
    for start in range(0, len(paths), 32):
        pictures = {name: [] for name in RECIPES}
        for path in paths[start:start + 32]:
            image = read_image(path)
            cutouts = {method: product_mask(image, method=method) for method in ("grabcut", "contours")}
            for name, recipe in RECIPES.items():
                finished = finish_photo(image, cutouts[recipe.method], recipe)
                pictures[name].append(resize_for_network(finished, size))
        for name, batch in pictures.items():
            features[name] += embed(embedding, np.stack(batch), 32, flip_averaging=False, l2_normalize=True)
    return {name: np.concatenate(blocks) for name, blocks in features.items()}


def fill_folder(folder, count, sources):
    """Put `count` photos, or as many as there are in the folders `sources`, into a folder; return how many these are.

    Without sources they are drawn ones, linked under several names.
    """
    folder.mkdir()
    if sources:
        paths = [source.resolve() / name for source in sources for name in list_files(source).photos][:count]
        for index, path in enumerate(paths):
            (folder / f"{index:06d}{path.suffix}").symlink_to(path)
        return len(paths)
    photos = plan_photos(UNSEEN)[:count]
    for index in range(count):
        photo, path = photos[index % len(photos)], folder / f"{index:06d}.jpg"
        if index < len(photos):
            cv2.imwrite(str(path), render_photo(photo)[0][..., ::-1])
        else:
            os.link(folder / f"{index % len(photos):06d}.jpg", path)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for action, photos in ((masks, 1000), (duplicates, 500), (throughput, 1000), (effect, 600)):
        command = commands.add_parser(action.__name__)
        command.add_argument("--photos", type=int, default=photos, help=f"how many (default: {photos})")
        command.set_defaults(action=action)
        if action is masks:
            command.add_argument("folders", nargs="*", type=Path)
            command.add_argument("--cutter", nargs="+", choices=CUTTERS, default=list(CUTTERS), help="default: all")
        elif action is duplicates:
            command.add_argument("folder", type=Path)
        elif action is throughput:
            command.add_argument("folders", nargs="*", type=Path)
            command.add_argument("--background", nargs="+", default=["keep", "white"], help="settings of BACKGROUND")
        elif action is effect:
            command.add_argument("network", help="as BACKBONE in config.py")
            command.add_argument("weights", type=Path)
            command.add_argument("folders", nargs="+", type=Path)
            command.add_argument("--input-size", type=int, help="side of the network's pictures in pixels")
    options = parser.parse_args()
    options.action(options)


if __name__ == "__main__":
    main()
