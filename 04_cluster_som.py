#!/usr/bin/env python3
"""Step 04: a Self-Organizing Map of the photos, the number of clusters, and the cluster of each photo.

Reads:   DATA_DIR/features.npy and img_paths.txt (your own features will do); labels_true.txt and features.npy of
         CALIBRATION_DATASET where there is one, features_before.npy of both where the network was trained on it; map
         and clusters of ASSIGN_TO when that is set; corrections.csv where you put one (the report exports it)
Writes:  labels_pred.txt .npy .tsv, clusters.csv, review.csv, som.npz, cluster_count.json; cluster_names.csv where
         clusters have names
Runtime: seconds for 1,000 photos, half a minute for 10,000; no TensorFlow needed
"""
import sys

from imgcluster.artefacts import read_before, read_features, read_img_paths, read_json
from imgcluster.calibration import OTHER_KIND
from imgcluster.cli import Step, run
from imgcluster.cluster_count import cluster_photos
from imgcluster.cluster_results import OUTPUTS, corrected, place_on, write_clustering
from imgcluster.corrections import clustering_id
from imgcluster.errors import UserError
from imgcluster.known_products import read_known
from imgcluster.progress import progress
from imgcluster.som import SelfOrganizingMap, default_grid

# Known products of the same kind and the photos alone differed by a factor of four at most in labelled sets.
DOUBTFUL = 4


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    settings = step.settings
    img_paths = read_img_paths(step.data_dir)
    step.claim()
    features = read_features(step.data_dir)
    step.warn_if_changed("03")
    earlier = {}
    if settings.ASSIGN_TO is not None:
        som, clustering, earlier = place_on(settings.for_dataset(settings.ASSIGN_TO).folder("DATA_DIR"), features)
        facts = {"assigned_to": settings.ASSIGN_TO, "new_products": int((clustering.labels < 0).sum())}
        step.say(f"{len(img_paths)} photos placed in the clusters of {settings.ASSIGN_TO}; "
                 f"{facts['new_products']} fit none of them (cluster -1)")
    else:
        som = train_map(settings, features)
        known, name = known_products(step, features)
        trained = read_json(step.data_dir / "made_by_03.json").get("trained_on") is not None
        evidence = {"compared": read_before(step.data_dir)}
        if known:
            evidence = {"known": (known.features, known.labels), "compared": known.compared}
        clustering = cluster_photos(features, som, num_clusters=settings.NUM_CLUSTERS,
                                    imgs_per_model=settings.NUM_IMGS_PER_MODEL, **evidence, by_direction=trained,
                                    allow_outliers=settings.ALLOW_OUTLIERS)
        facts = {"calibration_dataset": name, "blind_count": clustering.blind_count}
        low, high = clustering.interval
        likely = "" if settings.NUM_CLUSTERS else f"likely {low} to {high}; "
        step.say(f"{len(img_paths)} photos, {clustering.num_clusters} clusters ({likely}{clustering.method}"
                 f"{f', learned from {name}' if name else ''})")
        warn_of_doubt(step, clustering, name)
    facts["clustering_id"] = clustering_id(img_paths, clustering.labels)
    clustering, lines, moved = corrected(step.data_dir, img_paths, features, som, clustering, earlier=earlier,
                                         warn=step.warn)
    if lines:
        step.say(f"{lines} corrections applied ({moved} photos changed cluster): {clustering.num_clusters} clusters")
    write_clustering(step.data_dir, img_paths, features, som, clustering, **facts)
    step.record(OUTPUTS, inputs=[step.data_dir / "features.npy"])
    step.finish(f"labels_pred, clusters.csv, review.csv and som.npz to {step.show(step.data_dir)}",
                then="05_evaluate.py")


def warn_of_doubt(step, clustering, name):
    """Warn where known products suggest another order of magnitude than the photos alone."""
    blind, count = clustering.blind_count, clustering.num_clusters
    if blind and not 1 / DOUBTFUL <= count / blind <= DOUBTFUL:
        step.warn(f"{name} suggests {count} clusters, the photos alone {blind}: where they show different kinds of "
                  "product, set CALIBRATION_DATASET = None")


def train_map(settings, features):
    """Return a Self-Organizing Map trained on the features."""
    rows, columns = settings.SOM_GRID or default_grid(len(features))
    som = SelfOrganizingMap(rows, columns, features.shape[1], topology=settings.SOM_TOPOLOGY,
                            toroidal=settings.SOM_TOROIDAL, normalize=True)
    with progress(description=f"map of {rows} x {columns} units", total=settings.SOM_EPOCHS, unit="epoch") as bar:
        def show(epoch, quantization_error, topographic_error):
            bar.set_postfix_str(f"quantization error {quantization_error:.3f}, topographic {topographic_error:.3f}",
                                refresh=False)
            bar.update(1)
        return som.fit(features, epochs=settings.SOM_EPOCHS, callback=show)


def known_products(step, features):
    """Return (the Known products of the calibration dataset, its name), or (None, None) where there is none.

    "auto" takes none of another kind of product.
    """
    settings = step.settings
    name, asked = settings.CALIBRATION_DATASET, settings.CALIBRATION_DATASET != "auto"
    if settings.NUM_CLUSTERS or settings.NUM_IMGS_PER_MODEL or name is None:
        return None, None
    name = name if asked else settings.TRAIN_DATASET
    if name is None or (not asked and name == settings.DATASET):
        return None, None
    folder = settings.for_dataset(name).folder("DATA_DIR")
    try:
        known = read_known(folder, step.data_dir, features, name=name)
    except UserError:
        if asked:
            raise
        if (folder / "features.npy").exists():
            step.say(f"the features of {name} are not by the network that made these; the number of clusters is "
                     "estimated without them")
        return None, None
    if known.kinship >= OTHER_KIND:
        return known, name
    if asked:
        step.warn(f"the photos of CALIBRATION_DATASET = {name!r} show another kind of product: the number of clusters "
                  "learned from them may be far off; None estimates it without them")
        return known, name
    step.say(f"{name} shows another kind of product; the number of clusters is estimated without it")
    return None, None


if __name__ == "__main__":
    sys.exit(run(main))
