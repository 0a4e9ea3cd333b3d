#!/usr/bin/env python3
"""Step 06: figures of the result, and a report to look at in any browser.

Reads:   features.npy, labels_pred, clusters.csv and som.npz of DATA_DIR; the photos, labels_true, metrics.json,
         corrections.csv, the tables of steps 01 and 04 and the records of all steps, history.csv of TRAIN_DATASET, and
         the datasets in whose clusters photos were placed, where they exist
Writes:  RESULT_DIR/report.html, *.png and cluster_sheets/*.png; clusters/<cluster>/ with EXPORT_CLUSTERS
Windows: none, unless --show asks for them
Runtime: about half a minute for 1,000 photos, two minutes for 10,000
"""
import sys

from imgcluster.clusters.carried_over import require_told
from imgcluster.clusters.chain_state import warn_of_changes
from imgcluster.clusters.cluster_results import warn_of_what_was_scored
from imgcluster.clusters.clusterings import of_report
from imgcluster.datafiles.artefacts import require
from imgcluster.datafiles.chain import chain_behind, clusters_record
from imgcluster.datafiles.records import fingerprint
from imgcluster.errors import UserError
from imgcluster.files import remove_leftovers
from imgcluster.plots.windows import require_screen, show_windows
from imgcluster.progress import progress
from imgcluster.report import write_report
from imgcluster.report.export import is_of, renew_export
from imgcluster.report.figures import save_figures
from imgcluster.report.gallery import Gallery, warn_of_photos_not_found
from imgcluster.running.cli import Step, run
from imgcluster.threads import counting_alone


@counting_alone
def main(argv=None):
    step = Step(__file__, __doc__, argv, add_arguments=lambda parser: parser.add_argument(
        "--show", action="store_true", help="also open the figures in windows (needs a screen)"))
    settings = step.settings
    if step.options.show:
        require_screen()
    for name in ("labels_pred.txt", "features.npy", "clusters.csv", "som.npz"):
        require(step.data_dir / name)
    step.claim()
    for folder in (step.result_dir, step.result_dir / "cluster_sheets"):
        remove_leftovers(folder)
    # What stops the page, at once: the next report is of the clusters of now, the last one may be of others.
    require_told(step.data_dir, of_report(step.data_dir, step.result_dir / "report.html"))
    step.warn_if_changed("00", "01", "03", "04")
    warn_of_changes(step.data_dir, folder_of=settings.data_dir_of, warn=step.warn)
    warn_of_what_was_scored(step.data_dir, warn=step.warn)
    chain = chain_behind(step.data_dir, folder_of=settings.data_dir_of)
    earlier = [or_none(gallery_of, settings.for_dataset(name)) for name in chain]
    gallery = gallery_of(settings, earlier=tuple(filter(None, earlier)))
    warn_of_photos_not_found(gallery, warn=step.warn)
    written = save_figures(gallery, step.result_dir, progress=progress)
    pictures = [step.result_dir / name for name in written if "/" not in name]  # windows of all sheets would bury them
    size = write_report(step.result_dir / "report.html", gallery, rerun=step.rerun_from("04"),
                        project=settings.resolve("."), progress=progress)
    written.append("report.html")
    exported = step.result_dir / "clusters"
    clusters = " ".join(fingerprint(step.data_dir / name) for name in ("labels_pred.txt", "cluster_names.csv"))
    if settings.EXPORT_CLUSTERS:
        renew_export(gallery, exported, link=settings.EXPORT_CLUSTERS == "link", clusters=clusters, show=step.show,
                     say=step.say, warn=step.warn)
    elif exported.exists() and not is_of(exported, clusters):
        step.warn(f"{step.show(exported)} is of earlier clusters: remove it, or set EXPORT_CLUSTERS to make it anew")
    step.record(written, inputs=[step.data_dir / "labels_pred.txt", step.data_dir / "features.npy"],
                clustering_id=clusters_record(step.data_dir).get("clustering_id", ""))
    step.finish(f"{len(written) - 1} figures and the report ({size / 1e6:.1f} MB)")
    step.say(f"open in a browser: {step.show(step.result_dir / 'report.html')}")
    if step.options.show:
        show_windows(pictures)


def gallery_of(settings, *, earlier=()):
    """The Gallery of the dataset that the settings name; earlier: those of the ones in whose clusters it was placed."""
    trained_on = settings.train_dataset and or_none(settings.data_dir_of, settings.train_dataset)
    return Gallery(name=settings.DATASET, data_dir=settings.folder("DATA_DIR"), img_dir=settings.folder("IMG_DIR"),
                   raw_dir=settings.folder("RAW_IMG_DIR"), train_dir=trained_on, seed=settings.RANDOM_SEED,
                   max_sheets=settings.MAX_SHEETS, max_photos=settings.SCATTER_MAX_PHOTOS, earlier=earlier)


def or_none(find, dataset):
    """What `find` returns for another dataset, None where that has no folders of its own."""
    try:
        return find(dataset)
    except UserError:
        return None


if __name__ == "__main__":
    sys.exit(run(main))
