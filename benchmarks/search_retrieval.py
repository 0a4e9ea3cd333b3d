"""Retrieval on real photos: the features of each network, the rankings compared, the table. Run by search.py."""
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from imgcluster.extraction.features import embed
from imgcluster.photos.duplicates import find_duplicates
from imgcluster.photos.labels import make_labels
from imgcluster.photos.listing import list_files
from imgcluster.photos.pictures import iterate_pictures
from imgcluster.photos.prepare import Recipe
from imgcluster.photos.preprocess import Folders, preprocess_folder
from imgcluster.progress import progress
from imgcluster.rows import sample_step, unit_length
from imgcluster.search.calibration import calibrate
from imgcluster.search.cosine_index import CosineIndex
from imgcluster.search.products import NEAREST_PHOTOS, gather, likeness, products_of, rank_products

BATCH = 32
RECIPES = {"keep": Recipe(crop=False), "default": Recipe(), "white": Recipe(fill="white", crop=False)}
HEADER = ("| photos | queries | network | background | this project: top-1, 3, 5 | mAP | nearest photo, "
          "plain cosine | query expansion | k-reciprocal |\n|---|---:|---|---|---|---:|---|---|---|")
REMARKS = ("\n| photos | network | background | score said | right | error | right, called unlike "
           "| missing: score said | missing, called unlike | other things, called unlike "
           "| by the features searched | other things, score above .5 |\n"
           "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
# Photos looked at, evenly spread, of a folder of other things: so many to twice as many.
OTHERS = 150


def retrieval_tables(options):
    """Print the table of rankings, then that of scores and of the answer that nothing is similar."""
    print(HEADER)
    remarks, kinds = [], [[network] for network in options.network]
    for background in options.background:
        sets = [Photos(folder, split, background, options)
                for folder, split in [*options.split, *((folder, None) for folder in options.rest)]]
        strange = [Photos(folder, None, background, options, strange=True) for folder in options.others]
        for networks in kinds if len(kinds) == 1 else [*kinds, options.network]:
            features = [photos.features(networks) for photos in [*sets, *strange]]
            for place, photos in enumerate(sets):
                print(compare(photos, features[place][0], networks), flush=True)
                others = [rows for other, rows in enumerate(features) if other != place]
                remarks.append(remark(photos, features[place], networks, others))
    print(REMARKS, *remarks, sep="\n")


class Photos:
    """A folder of photos, prepared by step 01's code: its labels, queries, catalogue, and which photos are copies.

    strange: it is of things of another kind only, of which a part is looked at.
    """

    def __init__(self, folder, split, background, options, *, strange=False):
        self.folder, self.background, self.options = folder, background, options
        self.paths = list_files(folder).photos
        if strange:
            self.paths = self.paths[::sample_step(len(self.paths), OTHERS)]
        labels_from = "folder" if any("/" in path for path in self.paths) else "filename"
        self.labels = np.array(make_labels(self.paths, labels_from=labels_from))
        keep = np.isin(self.labels, options.only.split(",")) if options.only else np.ones(len(self.labels), bool)
        work = options.work / f"{folder.name}_{background}{'_part' if strange else ''}"
        entries = preprocess_folder(
            Folders(raw=folder, img=work / "img", masks=work / "masks"), self.paths, RECIPES[background],
            ledger=work / "preprocess.jsonl", workers=options.workers, progress=progress)
        self.work, self.group = work, copies(entries)
        part = np.array(["all"] * len(self.paths)) if split is None else parts_of(split, self.paths)
        self.queries = np.flatnonzero(keep & np.isin(part, ("all", "test")))
        self.catalogue = np.flatnonzero(keep & np.isin(part, ("all", "train")))

    def features(self, networks):
        """(features [N, D], those from before the network was adapted [N, E] or the same), float32 rows of length 1, of
        one network, or of several side by side."""
        found = [self._features(network) for network in networks]
        return [np.hstack(parts) / len(networks) ** 0.5 for parts in zip(*((each[0], each[-1]) for each in found))]

    def _features(self, network):
        """All that one network says of the photos, from the file of an earlier run where there is one."""
        path = self.work / f"{name_of(network)}.npz"
        if not path.exists():
            embedding = load(network)
            size, found = embedding.input_shape[1], []
            with progress(f"{self.work.name} {name_of(network)}", len(self.paths)) as bar:
                for pictures, _ in iterate_pictures(self.work / "img", self.paths, size=size, batch_size=BATCH):
                    found.append(embed(embedding, pictures, BATCH, flip_averaging=False, l2_normalize=True))
                    bar.update(len(pictures))
            np.savez(path, *map(np.concatenate, zip(*found)))
        with np.load(path) as arrays:
            return [arrays[name] for name in sorted(arrays.files)]

    def name(self, networks):
        """The cells of a table that say what was searched, and by which networks."""
        kept = f", {len(set(self.labels[self.queries]))} models" if self.options.only else ""
        return self.folder.name + kept, " + ".join(map(name_of, networks)), self.background

    def own(self):
        """Whether a photo of the catalogue (column) is a query (row) itself, or a copy of it."""
        return self.group[self.queries][:, None] == self.group[self.catalogue][None]


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
    """The embedding of NAME:WEIGHTS, or of a network.keras, with what it was before beside it."""
    if network.endswith(".keras"):
        from imgcluster.extraction.networks import in_parts, with_before
        from imgcluster.network.saved import load_trained
        return with_before(in_parts(load_trained(network), {"network": name_of(network), "trained_on": ""}), 1)
    from imgcluster.network.backbones import build_backbone
    name, _, weights = network.partition(":")
    return build_backbone(name, weights=weights or "imagenet")


def compare(photos, features, networks):
    """Return the row of one network: this project's ranking and others."""
    catalogue, queries = features[photos.catalogue], features[photos.queries]
    index, own = CosineIndex(catalogue), photos.own()
    centred = index.directions(queries) @ index.directions(catalogue).T
    rankings = ((centred, 3), (queries @ catalogue.T, 1), (expanded(index, queries, centred, own), 3),
                (reranked(index, queries, centred, own), 3))
    ours, *others = (evaluate(photos, np.where(own, -np.inf, similarities), best) for similarities, best in rankings)
    folder, network, background = photos.name(networks)
    return (f"| {folder} | {len(queries)} | {network} | {background} | {shares(ours[:3])} | {shares(ours[3:])} | "
            + " | ".join(f"{shares(scores[:3])}; {shares(scores[3:])}" for scores in others) + " |")


def shares(values):
    """Shares as text, as in ".488, .823"."""
    return ", ".join(f"{value:.3f}".removeprefix("0") for value in values)


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
    return unit_length(index.directions(queries) + added) @ catalogue.T


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


def remark(photos, features, networks, others):
    """Return the row that says what scores are worth on these queries, and when "nothing similar" is said.

    features: as of `Photos.features`; others: those of the photos of other folders, all of them things of another kind.
    """
    codes = np.unique(photos.labels, return_inverse=True)[1]
    products = products_of(photos.paths, codes[photos.catalogue].astype(str), None)
    catalogue = Known(*(part[photos.catalogue] for part in features), products)
    queries = list(zip(*(part[photos.queries] for part in features)))
    own, wanted = photos.own(), codes[photos.queries].astype(str)
    same = np.array(products.labels)[products.codes][None] == wanted[:, None]
    scores, right, unlike = np.array([catalogue.best(*query, skipped, label)
                                      for query, skipped, label in zip(queries, own, wanted)]).T
    missing = np.array([catalogue.best(*query, skipped, label)
                        for query, skipped, label in zip(queries, own | same, wanted)])
    strange = [query for rows in others for query in zip(*rows)]
    return "| " + " | ".join((*photos.name(networks), *shares_each(
        scores.mean(), right.mean(), calibration_error(scores, right), unlike[right > 0].mean(),
        missing[:, 0].mean(), missing[:, 2].mean(), *(catalogue.of_others(strange) if strange else [None] * 3)))) + " |"


def shares_each(*values):
    """Each share as text, "" for None."""
    return ["" if value is None else shares([value]) for value in values]


class Known:
    """A catalogue of features [N, D], of `general` ones [N, E] by which its kind is told, and of Products."""

    def __init__(self, features, general, products):
        self.index, self.general, self.products = CosineIndex(features), general, products
        self.calibration = calibrate(self.index, self.products, general)

    def best(self, feature, general, skipped, label):
        """(score, 0 if unlike; whether right; whether called unlike) of the best product for a query; skipped: bool [N]
        photos."""
        rows, similarities = self.index.search(feature, len(self.index))
        kept = ~skipped[rows[0]]
        nearest = gather(rows[0][kept][:NEAREST_PHOTOS], similarities[0][kept][:NEAREST_PHOTOS], self.products,
                         left_out=np.flatnonzero(skipped))
        kind = likeness(self.general, general, nearest.rows)
        unlike = kind < self.calibration.floor
        return (0.0 if unlike else self.calibration.scores(nearest, kind)[0],
                self.products.labels[nearest.hits[0].code] == label, unlike)

    def of_others(self, queries):
        """The last three columns for queries, (feature, general) of things of another kind."""
        none, features = np.zeros(len(self.index), bool), self.index.features
        searched = Known(features, features, self.products)
        found = np.array([self.best(*query, none, "") for query in queries])
        alone = [searched.best(feature, feature, none, "")[2] for feature, _ in queries]
        return found[:, 2].mean(), np.mean(alone), (found[:, 0] > 0.5).mean()


def calibration_error(scores, right):
    """The expected calibration error: the mean gap between score and share of right ones over ten bins of scores."""
    bins = np.minimum((scores * 10).astype(int), 9)
    return sum(abs(scores[bins == part].sum() - right[bins == part].sum()) for part in range(10)) / len(scores)


if __name__ == "__main__":
    sys.exit("run benchmarks/search.py retrieval")
