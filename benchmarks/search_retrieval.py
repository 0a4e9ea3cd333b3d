"""Retrieval on real photos: the features of each network, the rankings compared, the table. Run by search.py."""
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.duplicates import find_duplicates
from imgcluster.features import embed, normalize_rows
from imgcluster.images import list_images
from imgcluster.labels import make_labels
from imgcluster.pictures import iterate_pictures
from imgcluster.preprocess import Folders, Recipe, preprocess_folder
from imgcluster.progress import progress
from imgcluster.search.calibration import calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.products import NEAREST_PHOTOS, Products, rank_products

BATCH = 32
RECIPES = {"keep": Recipe(crop=False), "default": Recipe(), "white": Recipe(fill="white", crop=False)}
HEADER = ("| photos | queries | catalogue | network | background | ranking | top-1 | top-3 | top-5 | mAP |\n"
          "|---|---:|---:|---|---|---|---:|---:|---:|---:|")


def retrieval_tables(options):
    """Print the table of rankings, then that of scores and of the answer that nothing is similar."""
    print(HEADER)
    remarks = []
    for folder, split in [*options.split, *((folder, None) for folder in options.rest)]:
        for background in options.background:
            photos = Photos(folder, split, background, options)
            parts = []
            for network in options.network:
                parts.append(photos.features(network))
                remarks += compare(photos, parts[-1], name_of(network))
            if len(parts) > 1:
                joined = np.hstack(parts) / len(parts) ** 0.5
                remarks += compare(photos, joined, " + ".join(map(name_of, options.network)))
    print("\n| photos | network | background | score error | right, called unlike | absent, called unlike |\n"
          "|---|---|---|---:|---:|---:|")
    print("\n".join(remarks))


class Photos:
    """A folder of photos, prepared by step 01's code: its labels, queries, catalogue, and which photos are copies."""

    def __init__(self, folder, split, background, options):
        self.folder, self.background, self.options = folder, background, options
        self.paths = list_images(folder)
        labels_from = "folder" if any("/" in path for path in self.paths) else "filename"
        self.labels = np.array(make_labels(self.paths, labels_from=labels_from))
        keep = np.isin(self.labels, options.only.split(",")) if options.only else np.ones(len(self.labels), bool)
        work = options.work / f"{folder.name}_{background}"
        entries = preprocess_folder(
            Folders(raw=folder, img=work / "img", masks=work / "masks"), self.paths, RECIPES[background],
            ledger=work / "preprocess.jsonl", workers=options.workers,
            progress=lambda total, done: progress(description=f"{folder.name} {background}", total=total, initial=done))
        self.work, self.group = work, copies(entries)
        part = np.array(["all"] * len(self.paths)) if split is None else parts_of(split, self.paths)
        self.queries = np.flatnonzero(keep & np.isin(part, ("all", "test")))
        self.catalogue = np.flatnonzero(keep & np.isin(part, ("all", "train")))

    def features(self, network):
        """Features float32 [N, D] of length 1, from the file of an earlier run where there is one."""
        path = self.work / f"{name_of(network)}.npy"
        if not path.exists():
            embedding = load(network)
            size, found = embedding.input_shape[1], []
            with progress(description=f"{self.folder.name} {name_of(network)}", total=len(self.paths)) as bar:
                for pictures, _ in iterate_pictures(self.work / "img", self.paths, size=size, batch_size=BATCH):
                    found.append(embed(embedding, pictures, BATCH, False, True))
                    bar.update(len(pictures))
            np.save(path, np.concatenate(found))
        return np.load(path)


def copies(entries):
    """A number for each photo: the same for a photo and its copies."""
    groups = {entry["file"]: number for number, entry in enumerate(entries)}
    for row in find_duplicates([entry["file"] for entry in entries], [entry["signature"] for entry in entries]):
        groups[row[0]] = groups[row[1]]
    return np.array([groups[entry["file"]] for entry in entries])


def parts_of(split, paths):
    """The part of each photo as the file says it, "" where it says nothing."""
    table = pd.read_csv(split, dtype=str)
    known = dict(zip(table["file"], table["split"]))
    return np.array([known.get(path, "") for path in paths])


def name_of(network):
    """The name of a network as the table shows it."""
    name = network.partition(":")[0]
    return Path(name).stem if name.endswith(".keras") else name


def load(network):
    """The embedding of NAME:WEIGHTS, or of a network.keras."""
    if network.endswith(".keras"):
        from imgcluster.finetune import load_embedding
        return load_embedding(network)
    from imgcluster.backbones import build_backbone
    name, _, weights = network.partition(":")
    return build_backbone(name, weights=weights or "imagenet")


def compare(photos, features, network):
    """Print the rows of one network; return its row of the second table."""
    catalogue, queries = features[photos.catalogue], features[photos.queries]
    index = CosineIndex(catalogue)
    plain, centred = queries @ catalogue.T, index.directions(queries) @ index.directions(catalogue).T
    own = photos.group[photos.queries][:, None] == photos.group[photos.catalogue][None]
    rankings = {"nearest photo, plain cosine": (plain, 1), "nearest photo": (centred, 1), "this project": (centred, 3),
                "and query expansion": (expanded(index, queries, centred, own), 3),
                "and k-reciprocal re-ranking": (reranked(index, queries, centred, own), 3)}
    for name, (similarities, best) in rankings.items():
        scores = evaluate(photos, np.where(own, -np.inf, similarities), best)
        print(f"| {photos.folder.name} | {len(queries)} | {len(catalogue)} | {network} | {photos.background} | {name} "
              + "| " + " | ".join(f"{score:.3f}" for score in scores) + " |", flush=True)
    return [remark(photos, index, np.where(own, -np.inf, centred), network)]


def evaluate(photos, similarities, best):
    """Top-1, 3, 5 of products ranked by their `best` photos, and mean average precision of the photos."""
    codes = np.unique(photos.labels, return_inverse=True)[1]
    own, catalogue = codes[photos.queries], codes[photos.catalogue]
    ranks, precisions = [], []
    for row, code in zip(similarities, own):
        order = np.argsort(-row, kind="stable")[:np.isfinite(row).sum()]
        right = catalogue[order] == code
        if not right.any():
            continue
        ranks.append(product_rank(order, row[order], catalogue, code, best))
        hits = np.flatnonzero(right)
        precisions.append(np.mean(np.arange(1, len(hits) + 1) / (hits + 1)))
    ranks = np.array(ranks)
    return [*((ranks < k).mean() for k in (1, 3, 5)), np.mean(precisions)]


def product_rank(order, similarities, codes, code, best):
    """The place of the right product, from 0, when products go by the mean of their `best` photos."""
    if best == 1:
        return len(set(codes[order[:np.argmax(codes[order] == code)]]))
    sizes = np.bincount(codes[order], minlength=codes.max() + 1)
    hits = rank_products(order[:NEAREST_PHOTOS], similarities[:NEAREST_PHOTOS], codes, sizes)
    return next((place for place, hit in enumerate(hits) if hit.code == code), len(hits))


def expanded(index, queries, similarities, own, *, count=5, power=3):
    """Similarities after alpha query expansion (Radenovic et al., TPAMI 2018, section 3.4) by the nearest photos."""
    similarities = np.where(own, -np.inf, similarities)
    near = np.argsort(-similarities, axis=1)[:, :count]
    weights = np.maximum(np.take_along_axis(similarities, near, axis=1), 0) ** power
    catalogue = index.directions(index.features)
    added = np.einsum("qk,qkd->qd", weights, catalogue[near])
    return normalize_rows(index.directions(queries) + added) @ catalogue.T


def reranked(index, queries, similarities, own, *, count=20, small=6, share=0.3):
    """Similarities after re-ranking by k-reciprocal neighbours (Zhong et al., CVPR 2017; k1 = 20, k2 = 6, lambda 0.3).

    The sets of reciprocal neighbours are compared without their half-size extension.
    """
    catalogue = index.directions(index.features)
    among = catalogue @ catalogue.T
    codes = reciprocal_codes(np.where(own, -np.inf, similarities), among, count)
    others = reciprocal_codes(among, among, count)
    near = np.argsort(-among, axis=1)[:, :small]
    others = sum(others[near[:, place]] for place in range(small)) / small
    common = np.stack([np.minimum(code, others).sum(axis=1) for code in codes])
    jaccard = common / np.maximum(codes.sum(axis=1)[:, None] + others.sum(axis=1)[None] - common, 1e-9)
    return share * similarities + (1 - share) * jaccard


def reciprocal_codes(similarities, among, count):
    """Weights [Q, N]: exp(cosine - 1) on the photos among whose nearest the query would be, 0 elsewhere."""
    reach = np.sort(among, axis=1)[:, -count - 1]
    near = np.argsort(-similarities, axis=1)[:, :count]
    values = np.take_along_axis(similarities, near, axis=1)
    codes = np.zeros(similarities.shape, np.float32)
    np.put_along_axis(codes, near, np.where(values >= reach[near], np.exp(values - 1), 0), axis=1)
    return codes / np.maximum(codes.sum(axis=1, keepdims=True), 1e-9)


def remark(photos, index, similarities, network):
    """The row that says what scores are worth on these queries, and when "nothing similar" is said."""
    names, codes = np.unique(photos.labels, return_inverse=True)
    own, catalogue = codes[photos.queries], codes[photos.catalogue]
    products = Products(catalogue, names.tolist(), names.tolist(), np.bincount(catalogue, minlength=len(names)), "true")
    calibration = calibrate(index, products)
    best, absent = [], []
    for row, code in zip(similarities, own):
        order = np.argsort(-row, kind="stable")[:np.isfinite(row).sum()]
        hits = top_hit(order, row, catalogue)
        best.append((hits.similarity, hits.code == code))
        absent.append(top_hit(order[catalogue[order] != code], row, catalogue).similarity)
    similarity, right = (np.array(part) for part in zip(*best))
    scores = np.array([calibration.products(value, 0) for value in similarity])
    bins = np.minimum((scores * 10).astype(int), 9)
    error = sum(abs(scores[bins == part].sum() - right[bins == part].sum()) for part in range(10)) / len(scores)
    unlike, rejected = similarity < calibration.floor, np.array(absent) < calibration.floor
    return (f"| {photos.folder.name} | {network} | {photos.background} | {error:.3f} | {unlike[right].mean():.3f} | "
            f"{rejected.mean():.3f} |")


def top_hit(order, row, codes):
    sizes = np.bincount(codes[order], minlength=codes.max() + 1)
    order = order[:NEAREST_PHOTOS]
    return rank_products(order, row[order], codes, sizes)[0]


if __name__ == "__main__":
    sys.exit("run benchmarks/search.py retrieval")
