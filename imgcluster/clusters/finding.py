"""How photos come by clusters, and what is said of it: they are found, or those of earlier datasets taken."""
from collections import Counter
from dataclasses import dataclass, field

from imgcluster.clusters.chain_checks import doubts_of_own, require_chain
from imgcluster.clusters.chain_state import placing_facts, warn_of_chain
from imgcluster.clusters.cluster_count import Clustering, cluster_photos, doubt_of_given
from imgcluster.clusters.cluster_results import DOUBTFUL
from imgcluster.clusters.clusterings import Found, found_in
from imgcluster.clusters.corrections_kept import UNKNOWN
from imgcluster.clusters.known_products import doubt, evidence, known_for
from imgcluster.clusters.new_groups import num_alike
from imgcluster.clusters.placing import clusters_of_same, earlier_clusters, place_on, put_in_none
from imgcluster.configuring.step_settings import in_vain
from imgcluster.datafiles.artefacts import read_features, read_img_paths
from imgcluster.datafiles.chain import chain_labels
from imgcluster.datafiles.feature_record import are_others, features_record, taught_apart, taught_directions
from imgcluster.datafiles.staging import finish_claimed
from imgcluster.errors import UserError
from imgcluster.photos.photo_tables import digests_of
from imgcluster.som import train_map
from imgcluster.wording import counted, listed

# How many times as far as chance makes them new photos of a cluster lie from its earlier ones, to be spoken of.
NOTABLE = 1.5
MOST_NAMED = 3


@dataclass(frozen=True)
class FoundClusters:
    """The clusters of a dataset's photos before corrections.

    som: the map; facts: for its record beside the Clustering; found: what it is known by; earlier: {dataset: clusters
    int [M] of its photos} of those in whose clusters these were placed, the last one first.
    """

    som: object
    clustering: Clustering
    facts: dict
    found: Found
    earlier: dict = field(default_factory=dict)


def chain_of(settings, data_dir):
    """Return the chain of ASSIGN_TO for photos in `data_dir` (`require_chain`), {} for None."""
    name = settings.ASSIGN_TO
    return require_chain(name, data_dir, folder_of=settings.data_dir_of, datasets=settings.datasets()) if name else {}


def finish_others(settings, data_dir, chain):
    """Finish what a killed run left undone in the folders of other datasets, whose files are read for that in
    `data_dir`: those of a chain {name: folder}, or where that is empty the known products."""
    name = settings.known_dataset
    known = [settings.data_dir_of(name)] if name and not chain else []
    for folder in (*chain.values(), *known):
        if folder != data_dir:
            finish_claimed(folder)


def read_photos(data_dir, *, warn):
    """Return (paths, features [N, D]) of the photos to be clustered; `warn` of such as are listed twice, and of
    features that step 03 did not write. UserError where there are none, or features do not fit."""
    img_paths, features = read_img_paths(data_dir), read_features(data_dir)
    if not img_paths:
        raise UserError(f"{data_dir / 'img_paths.txt'} lists no photos; run 00_make_labels_true.py, or list yours "
                        "there, one of each row of features.npy")
    if repeated := [name for name, times in Counter(img_paths).items() if times > 1]:
        warn(f"img_paths.txt lists {counted(len(repeated), 'photo')} more than once, the first {repeated[0]}: a "
             "correction of such a photo reaches its last line alone; give each line a name of its own")
    if are_others(data_dir):
        warn("features.npy is not the file that step 03 wrote: taken for features of your own "
             "(if they are not, run 03_extract_features.py again)")
    return img_paths, features


def find_clusters(settings, data_dir, img_paths, features, copies, *, progress, say, warn):
    """Return the FoundClusters of photos with features [N, D]; copies: as in `cluster_photos`.

    say, warn: functions of one line of text. progress: as in `som.train_map`.
    """
    name = settings.known_dataset
    given = {"num_clusters": settings.NUM_CLUSTERS, "imgs_per_model": settings.NUM_IMGS_PER_MODEL}
    doubtful = doubt_of_given(len(features), **given)
    som = train_map(features, grid=settings.SOM_GRID, epochs=settings.SOM_EPOCHS, topology=settings.SOM_TOPOLOGY,
                    toroidal=settings.SOM_TOROIDAL, progress=progress)
    known = name and known_for(data_dir, features, folder=settings.data_dir_of(name), name=name,
                               asked=settings.CALIBRATION_DATASET != "auto", say=say, warn=warn)
    trained = taught_directions(data_dir)
    told = evidence(known, features, data_dir=data_dir, trained=trained)
    say(f"{'the number of clusters and ' if not settings.NUM_CLUSTERS else ''}the cluster of each photo ...")
    clustering = cluster_photos(features, som, copies=copies, **given, **told, by_direction=trained,
                                taught_apart=taught_apart(data_dir), allow_outliers=settings.ALLOW_OUTLIERS)
    counted_by = name if clustering.blind_count is not None else None
    shown_by = name if told.get("within") is not None else None
    for line in (clustering.described(known=counted_by), *_remarks(clustering, copies, settings, shown_by)):
        say(line)
    if doubtful := doubtful or doubt(name, clustering.num_clusters, clustering.blind_count):
        warn(doubtful)
    facts = {"calibration_dataset": counted_by, "blind_count": clustering.blind_count}
    return FoundClusters(som, clustering, facts, found_in(data_dir, img_paths, clustering.labels))


def _remarks(clustering, copies, settings, shown_by):
    """Yield what else is to be said of clusters found; shown_by: the dataset that showed what differs within a product,
    or None."""
    if settings.ALLOW_OUTLIERS:
        far = counted(int((clustering.labels < 0).sum()), "photo")
        yield f"ALLOW_OUTLIERS: {far} so far from all others as to be in no cluster (-1)"
    if shown_by:
        yield f"{shown_by} showed what differs between photos of one product, which counts less"
    repeated = len(copies) - copies.max() - 1
    if repeated and not (settings.NUM_CLUSTERS or settings.NUM_IMGS_PER_MODEL):
        yield f"{counted(repeated, 'copy', 'copies')} of other photos had no say in the number of clusters"


def place_photos(settings, data_dir, img_paths, features, copies, chain, *, say, warn):
    """Return the FoundClusters of photos placed in the clusters of a chain of datasets {name: folder}.

    The others: as in `find_clusters`.
    """
    warn_of_chain(chain, folder_of=settings.data_dir_of, warn=warn)
    earlier = earlier_clusters(chain)
    digests = digests_of(data_dir, img_paths) or [""] * len(img_paths)
    same = clusters_of_same(earlier.photos, digests, put_in_none(chain))
    som, clustering = place_on(chain, data_dir, features, copies=copies, clusters=same)
    number, unplaced = len(clustering.labels), (clustering.labels < 0).sum()
    groups = num_alike(clustering.new_groups)
    alike = f", in {counted(groups, 'group')} of photos that look alike" if groups else ""
    if repeated := int((same != UNKNOWN).sum()):
        say(f"{counted(repeated, 'photo')} known from before, by what the files hold: put where they were")
    say(f"{number - unplaced} of {counted(number, 'photo')} placed in {counted(clustering.num_clusters, 'cluster')} of "
        f"{listed(chain)}; {unplaced} fit none of them (cluster -1){alike}")
    if not features_record(data_dir):
        name, last = next(iter(chain.items()))
        for doubt in doubts_of_own(name, read_features(last), features, 1 - unplaced / number):
            warn(doubt)
    # Which products were known says how the clusters were found; it may stay set while new photos are placed in them.
    if idle := [name for name in in_vain(settings, "04") if name != "CALIBRATION_DATASET"]:
        warn(f"{', '.join(idle)}: without effect beside ASSIGN_TO, whose clusters stay")
    found = found_in(data_dir, img_paths, clustering.labels, earlier)
    return FoundClusters(som, clustering, placing_facts(chain), found, dict(zip(chain, chain_labels(chain))))


def corrections_in_words(clustering, num_lines, num_moved, *, asked):
    """Yield what is to be said of the corrections that led to a Clustering, of so many lines that moved so many photos;
    asked: the NUM_CLUSTERS that there were before, None where that had no part."""
    likely, count = clustering.likely and f" ({clustering.likely})", clustering.num_clusters
    forced = "" if asked in (None, count) else f"; there were NUM_CLUSTERS = {asked} before"
    if num_lines:
        yield (f"{counted(num_lines, 'correction')} applied ({counted(num_moved, 'photo')} changed cluster): "
               f"{counted(count, 'cluster')}{likely}{forced}")


def what_is_left(clustering, placed):
    """Yield what is left to do in a Clustering, once it was corrected; placed: true in the clusters of other photos."""
    number, unsure = len(clustering.labels), int((clustering.confidence < DOUBTFUL).sum())
    outside = int((clustering.labels < 0).sum())
    if placed and outside:
        yield f"{counted(outside, 'photo')} in no cluster (-1): give new products clusters in the report"
    if unlike := [number for number, apart in clustering.apart.items() if apart > NOTABLE]:
        unlike = sorted(unlike, key=lambda number: -clustering.apart[number])[:MOST_NAMED]
        yield (f"new photos differ most from the earlier ones in cluster{'s'[:len(unlike) > 1]} {listed(unlike)}: look "
               "there for new products that passed for known ones (products.csv, apart)")
    if not placed and clustering.num_clusters > 1 and 4 * unsure > 3 * number:
        yield (f"{unsure} of {counted(number, 'photo')} might as well be in another cluster (confidence below "
               f"{DOUBTFUL:.2f}): take number and clusters for rough ones")
