"""What the page shows as plain data (lists, numbers, text): the part that its scripts draw from."""
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from imgcluster.clusters.clusterings import recall
from imgcluster.clusters.corrections_file import CLUSTERING, all_for, read_corrections
from imgcluster.clusters.directions import place_in_cluster
from imgcluster.datafiles.artefacts import NO_CLUSTER, num_clusters_in
from imgcluster.datafiles.chain import chain_labels, clusters_record, merged_in
from imgcluster.plots.cells import brick_centres
from imgcluster.plots.style import NUM_COLOURS, group_colour
from imgcluster.report.confusion import confused_pairs, split_models
from imgcluster.report.nearness import nearness
from imgcluster.report.parts import in_parts
from imgcluster.rows import Joined, unit_length
from imgcluster.scores.metrics import numbers_of_models

# Of each cluster, and which part of it is photos to look at, whatever sample is drawn.
TYPICAL_SHOWN, REVIEWED_SHARE = 3, 4
OPENING_CLUSTERS, OPENING_GROUPS, OPENING_PHOTOS = 6, 4, 5  # as startOpening in lists.js shows them
CARD_PHOTOS = 3
EARLIER_PHOTOS, ABSENT_PHOTOS = 4, 1  # of a cluster that photos were placed in, and of another one
PAIR_PHOTOS = 6


def rows_shown(gallery, max_photos):
    """Rows of the photos the page holds: those it opens with first, then those of the map, then cluster by cluster.

    All of them, or a seeded sample of `max_photos`: the most typical photo of each cluster, those of the map, those to
    look at (a quarter of all at most), the next typical ones, then any. Within a cluster the most typical come first.
    """
    ordered, on_map = _by_cluster(gallery), gallery.unit_photo[gallery.unit_photo >= 0]
    if len(ordered) > max_photos:
        ordered = ordered[np.isin(ordered, _sample(gallery, ordered, on_map, max_photos))]
        on_map = on_map[np.isin(on_map, ordered)]
    return pd.unique(np.concatenate([_opening(gallery, ordered), on_map, ordered]).astype(int))


def _opening(gallery, ordered):
    """The photos of the largest clusters, then of the largest groups of those in none, that the page shows first."""
    clusters, sizes = np.unique(gallery.predicted[gallery.predicted >= 0], return_counts=True)
    largest = clusters[np.argsort(-sizes, kind="stable")][:OPENING_CLUSTERS]
    inside = [ordered[gallery.predicted[ordered] == cluster] for cluster in largest]
    first = [np.concatenate([_faces(gallery, rows), rows]) for rows in inside] + _groups_in_none(gallery, ordered)
    return np.concatenate([pd.unique(rows)[:OPENING_PHOTOS] for rows in first])


def _groups_in_none(gallery, ordered):
    """The largest groups of two or more photos that those in no cluster form, else all of these as one."""
    rows, sizes = ordered[gallery.predicted[ordered] < 0], gallery.new_group_sizes
    largest = np.argsort(-sizes, kind="stable")[:OPENING_GROUPS]
    alike = [rows[gallery.new_group[rows] == group] for group in largest if sizes[group] > 1]
    return alike or [rows]


def _by_cluster(gallery):
    rows = gallery.typical_first(np.arange(len(gallery.img_paths)))
    return rows[np.argsort(gallery.predicted[rows], kind="stable")]


def _sample(gallery, ordered, on_map, max_photos):
    rank = place_in_cluster(gallery.predicted[ordered])
    row_of = {name: row for row, name in enumerate(gallery.img_paths)}
    to_look_at = [row_of[name] for name in gallery.review["file"][:max_photos // REVIEWED_SHARE]]
    rest = np.random.default_rng(gallery.seed).permutation(len(ordered))
    wanted = np.concatenate([ordered[rank == 0], on_map, to_look_at, ordered[rank < TYPICAL_SHOWN], rest]).astype(int)
    return pd.unique(wanted)[:max_photos]


def earlier_photos(gallery):
    """{cluster: (Gallery, row) of photos that show what it looks like in the datasets in whose clusters these were
    placed}, of those there are; of clusters that none were placed in, one each."""
    earlier, features = _earlier_features(gallery)
    if not earlier:
        return {}
    labels, found = np.concatenate(chain_labels({each.name: each.data_dir for each in earlier})), {}
    here = set(gallery.predicted.tolist()) - {NO_CLUSTER}
    for cluster in sorted(here | set(_earlier_numbers(gallery))):
        rows = np.flatnonzero(labels == cluster)
        photos = [(earlier[number], row) for number, row in zip(*(part.tolist() for part in features.places(rows)))]
        there = [place for place, (each, row) in enumerate(photos) if each.has_photo(row)]
        if there:
            most = EARLIER_PHOTOS if cluster in here else ABSENT_PHOTOS
            shown = _unlike(features[rows[there]], most, gallery.seed)
            found[cluster] = [photos[there[place]] for place in shown]
    return found


def _earlier_numbers(gallery):
    """The clusters of the datasets in whose clusters these photos were placed, sorted, without those that have joined
    another by now."""
    chain = {each.name: each.data_dir for each in gallery.earlier if (each.data_dir / "labels_pred.txt").exists()}
    numbers = set(np.concatenate(chain_labels(chain)).tolist()) if chain else set()
    return sorted(numbers - {NO_CLUSTER, *merged_in(gallery.data_dir)})


def _earlier_features(gallery):
    """The earlier galleries that have clusters and features as many as the last of them, and these, `Joined`."""
    there = [each for each in gallery.earlier
             if all((each.data_dir / name).exists() for name in ("labels_pred.txt", "features.npy"))]
    parts = [each.features for each in there]
    pairs = [(each, part) for each, part in zip(there, parts) if part.shape[1] == parts[0].shape[1]]
    return [each for each, _ in pairs], Joined([part for _, part in pairs]) if pairs else None


def _unlike(features, number, seed):
    """Places of at most so many photos [n, D] that stand for all: each for one of the groups that K-means makes of
    them, the largest first. A merged cluster is seen to hold several products."""
    features = unit_length(np.asarray(features, np.float32))
    number = min(number, len(np.unique(features, axis=0)))
    if number == len(features):
        return np.arange(number)
    groups = KMeans(number, n_init=3, random_state=seed).fit(features)
    apart = np.where(groups.labels_[:, None] == np.arange(number), groups.transform(features), np.inf)
    return apart.argmin(axis=0)[np.argsort(-np.bincount(groups.labels_), kind="stable")]


def page_data(gallery, rows):
    """Everything the scripts need, as a dict of JSON values; a photo is named by its place in `rows`."""
    place = np.full(len(gallery.img_paths), -1)
    place[rows] = np.arange(len(rows))
    near, near_photos, alike = nearness(gallery.compared, gallery.predicted, rows)
    faces = {cluster: place[_faces(gallery, rows[gallery.predicted[rows] == cluster])]
             for cluster in np.unique(gallery.predicted[rows]).tolist()}
    levels = _levels(gallery, rows)
    data = dict.fromkeys(("models", "pairs", "splits"))
    if gallery.true is not None:
        data = {"models": _models(gallery), "pairs": _pairs(gallery, place), "splits": _splits(gallery)}
    return {**data, "name": gallery.name, "photos": _photos(gallery, rows, near_photos),
            "clusters": _clusters(gallery, near, faces),
            "earlierClusters": [{"id": number, "name": gallery.names.get(number)}
                                for number in _earlier_numbers(gallery)],
            "newGroups": gallery.new_group_sizes.tolist(), "alike": alike, "map": _map(gallery, place),
            "scatter": _scatter(gallery, rows),
            "levels": levels, "inParts": _in_parts(gallery, rows, levels),
            "review": _review(gallery, rows), "toLookAt": len(gallery.review),
            **_earlier_corrections(gallery),
            "palette": [_hex(group_colour(index)) for index in range(NUM_COLOURS)],
            "paletteDark": [_hex(_readable_on_dark(group_colour(index))) for index in range(NUM_COLOURS)]}


def _photos(gallery, rows, near):
    table, columns = gallery.clusters.iloc[rows], gallery.som["hits"].shape[1]
    photos = {"file": [gallery.img_paths[row] for row in rows], "cluster": gallery.predicted[rows].tolist(),
              "typicality": _rounded(gallery.typicality[rows], 4), "near": near,
              "confidence": _rounded(table["confidence"].where(gallery.predicted[rows] >= 0), 3),
              "unit": (table["unit_row"] * columns + table["unit_column"]).astype(int).tolist()}
    if gallery.true is not None:
        photos["model"] = np.searchsorted(np.unique(gallery.true), gallery.true[rows]).tolist()
    if gallery.new_group is not None:
        photos["newGroup"] = gallery.new_group[rows].tolist()
    return photos


def _faces(gallery, rows):
    """Those of a cluster's photos, `rows` in any order, that stand for all: of groups in it where clusters are
    compared, so that several products in one are seen; copies of other photos show nothing new."""
    originals = np.sort(rows[gallery.is_original[rows]])
    return originals[_unlike(gallery.compared[originals], CARD_PHOTOS, gallery.seed)] if len(originals) else originals


def _clusters(gallery, near, faces):
    """Number, name, size, mean confidence, commonest true model, nearest clusters and photos for the card of each, the
    largest first."""
    numbers, sizes = np.unique(gallery.predicted, return_counts=True)
    clusters = []
    for index in np.argsort(-sizes, kind="stable"):
        inside = gallery.predicted == numbers[index]
        cluster = {"id": int(numbers[index]), "size": int(sizes[index]),
                   "name": gallery.names.get(int(numbers[index])), "near": near.get(int(numbers[index]), []),
                   "faces": [int(place) for place in faces.get(int(numbers[index]), ())]}
        if numbers[index] >= 0:
            cluster["confidence"] = _rounded([gallery.clusters["confidence"].to_numpy()[inside].mean()], 3)[0]
        if gallery.true is not None:
            names, counts = np.unique(gallery.true[inside], return_counts=True)
            cluster |= {"model": str(names[counts.argmax()]), "share": round(float(counts.max() / inside.sum()), 3)}
        clusters.append(cluster)
    return clusters


def _models(gallery):
    """Name, photos and colour of each true model: that of the cluster matched to it, as what agrees looks alike."""
    colours = numbers_of_models(gallery.true, gallery.predicted)
    return [{"name": name, "size": size, "colour": colours[name]}
            for name, size in zip(*(part.tolist() for part in np.unique(gallery.true, return_counts=True)))]


def _map(gallery, place):
    shape = gallery.som["hits"].shape
    photo = gallery.unit_photo.ravel()
    return {"rows": shape[0], "columns": shape[1],
            "centres": np.round(brick_centres(shape, topology=gallery.topology), 2).tolist(),
            "distance": _rounded(gallery.som["distance_map"].ravel(), 3),
            "hits": gallery.som["hits"].ravel().astype(int).tolist(),
            "photo": np.where(photo >= 0, place[photo], -1).tolist()}


def _scatter(gallery, rows):
    points, method = gallery.layout
    low, extent = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-12)
    scaled = np.round((points[rows].astype(float) - low) / extent, 4)
    return {"method": method, "x": scaled[:, 0].tolist(), "y": (1 - scaled[:, 1]).round(4).tolist()}


def _levels(gallery, rows):
    """Clusters of each photo and their sizes from coarse to fine; "cluster" is None for the answer itself."""
    columns = [gallery.clusters[name].to_numpy().astype(int) for name in gallery.clusters if name.startswith("level_")]
    others = [labels for labels in columns if not _same_partition(labels, gallery.predicted)]
    levels = [{"count": num_clusters_in(gallery.predicted), "cluster": None, "sizes": None}]
    for labels in others:
        numbers, sizes = np.unique(labels, return_counts=True)
        levels.append({"count": len(numbers), "cluster": np.searchsorted(numbers, labels[rows]).tolist(),
                       "sizes": sizes.tolist()})
    return sorted(levels, key=lambda level: level["count"])


def _in_parts(gallery, rows, levels):
    """The clusters that may hold several products, as the photos in the page tell; copies have no say."""
    answer = next(place for place, level in enumerate(levels) if level["cluster"] is None)
    originals = np.flatnonzero(gallery.is_original[rows])
    shown = rows[originals]
    return in_parts(gallery.features, shown, gallery.predicted[shown],
                    gallery.clusters["confidence"].to_numpy()[shown],
                    [np.array(level["cluster"])[originals] for level in levels[answer + 1:]])


def _same_partition(labels, answer):
    """Whether two labellings have the same clusters; photos that fit none of the answer's may lie in any of them."""
    placed = answer >= 0
    pairs = len(np.unique(np.column_stack([labels, answer])[placed], axis=0))
    return pairs == len(np.unique(labels)) == len(np.unique(answer[placed]))


def _earlier_corrections(gallery):
    """The lines of corrections.csv, which the next ones follow, and which clustering these are for.

    Those that step 04 left aside are passed on too, as the file that the page writes replaces it. With them, how many
    there are besides these, and the highest number N of a cluster new-N in those for this clustering.
    """
    clustering = clusters_record(gallery.data_dir).get("clustering_id", "")
    table = all_for(read_corrections(gallery.data_dir / "corrections.csv"), clustering)
    own = table[table[CLUSTERING] == clustering]
    cells = [cell.strip().lower() for name in ("cluster", "value") for cell in own[name]]
    highest = max((int(cell[4:]) for cell in cells if cell.startswith("new-") and cell[4:].isdecimal()), default=0)
    made = {name for name in table[CLUSTERING].unique()
            if name == clustering or recall(gallery.data_dir, name) is not None}
    return {"earlierCorrections": table.to_numpy().tolist(), "newClusters": highest, "clustering": clustering,
            "correctionsMade": int(table[CLUSTERING].isin(made).sum())}


def _review(gallery, rows):
    """Photos to look at, with what their table says of them beyond what it says of all."""
    table = gallery.review
    known = {gallery.img_paths[row]: index for index, row in enumerate(rows)}
    notes = [name for name in table if name not in ("file", "cluster", "confidence")
             and (len(table) == 1 or table[name].nunique() > 1)]
    return [{"photo": known[line["file"]], "notes": [[name, line[name]] for name in notes if line[name]]}
            for line in table.to_dict("records") if line["file"] in known]


def _pairs(gallery, place):
    return [pair | {"rows": [place[rows][place[rows] >= 0][:PAIR_PHOTOS].tolist() for rows in pair["rows"]],
                    "counts": [len(rows) for rows in pair["rows"]]}
            for pair in confused_pairs(gallery.true, gallery.predicted)]


def _splits(gallery):
    return [item | {"clusters": list(item["clusters"].items())}
            for item in split_models(gallery.true, gallery.predicted)]


def _rounded(values, digits):
    """Floats with `digits` decimals; None for what is no number, which JSON cannot say."""
    return [round(float(value), digits) if np.isfinite(value) else None for value in np.asarray(values, dtype=float)]


def _hex(colour):
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in colour)


def _readable_on_dark(colour):
    """Lighter where a colour would be lost on a dark ground; two that differ still do."""
    lightness = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
    share = max(0.0, (0.3 - 0.45 * lightness) / (1 - lightness))
    return tuple(channel + (1 - channel) * share for channel in colour)
