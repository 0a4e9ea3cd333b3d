#!/usr/bin/env python3
"""Step 07: find the products most similar to a photo.

Reads:   the photos given; features.npy and img_paths.txt of DATA_DIR and of the datasets in whose clusters its photos
         were placed, and where there are any features_before.npy, labels_true or labels_pred, cluster_names.csv and
         catalog.csv (columns file or model, then name, price, url, ...); the network that made the features
Prints:  a table, JSON or CSV on standard output; all else goes to standard error
Writes:  DATA_DIR/search_calibration.json, with faiss-cpu from a million photos on also search.faiss and
         search_faiss.json; RESULT_DIR/search/*.png with --figure; with --add the photos and features
Runtime: about 5 s to start the network, then 5 to 10 photos/s; fewer with InceptionV3
"""
import sys

from imgcluster.configuring.step_options import addition_options, network_options, recipe_options
from imgcluster.datafiles.records import changed_settings
from imgcluster.progress import progress
from imgcluster.running.cli import Step, run
from imgcluster.running.console import tell, write_utf_8
from imgcluster.search.arguments import add_arguments
from imgcluster.wording import counted, listed

# Photos up to which compiling the network would take longer than it saves.
FEW = 8


def main(argv=None):
    step = Step(__file__, __doc__, argv, add_arguments=add_arguments, out=sys.stderr)
    options, settings = step.options, step.settings
    from imgcluster.photos.prepare import Recipe
    from imgcluster.search.batch import check_readable, list_queries, search_photos
    from imgcluster.search.figure import Figures
    from imgcluster.search.results import as_text
    from imgcluster.search.searcher import Searcher, check_count
    from imgcluster.search.session import open_checked, open_encoder
    from imgcluster.search.sources import sources_of

    if options.add:
        add_photos(step)
        if not options.photos:
            return
    queries = list_queries(options.photos, box=options.box, warn=step.warn)
    opening = {"settings": step.values("01", "03"), "network": network_options(settings), "say": step.say}
    sources = sources_of(settings.DATASET, settings.folders_of, warn=step.warn)
    catalogue, recipe = open_checked(sources, **opening), Recipe(**recipe_options(settings))
    count = check_count(options.top, catalogue, level=options.level)
    # The network takes seconds to start: not to be waited for when there is nothing to search with.
    check_readable(queries, recipe, box=options.box)
    searcher = Searcher(catalogue, open_encoder(step.data_dir, **opening, compiled=len(queries) > FEW), recipe)
    figures = options.figure and Figures(step.result_dir / "search", catalogue)
    with progress("photos", len(queries)) as bar:
        found = search_photos(searcher, queries, count=count, workers=settings.workers, box=options.box,
                              figures=figures, warn=step.warn, bar=bar)
    if options.format != "table":
        write_utf_8()
    tell(as_text(found, catalogue, form=options.format, level=options.level))
    if figures:
        step.say(f"figures in {step.show(figures.folder)}: {listed(figures.names)}")
    unread = f"; {number:,} could not be read" if (number := len(queries) - len(found)) else ""
    step.say(f"searched {counted(len(found), 'photo')} among {len(catalogue.img_paths):,} of "
             f"{counted(catalogue.size, 'product')} in {listed(source.name for source in sources)}{unread}")


def add_photos(step):
    """Add the photos of a folder to the catalogue, and take out those that are no longer in RAW_IMG_DIR."""
    from imgcluster.photos.prepare import Recipe
    from imgcluster.photos.preprocess import Folders
    from imgcluster.search.additions import AdditionOptions, add_folder, check_addition, what_next
    from imgcluster.search.session import check_features, open_encoder

    options, settings, data_dir = step.options, step.settings, step.data_dir
    # Before anything is read: another step may be at work on it. A dataset that is not there needs no claim.
    if data_dir.exists():
        step.claim()
    check_addition(data_dir, options.add, settings.folder("RAW_IMG_DIR"),
                   changed_settings(data_dir, "01", step.values("01")))
    opening = {"settings": step.values("01", "03"), "network": network_options(settings)}
    check_features(data_dir, **opening)
    encoder = open_encoder(data_dir, **opening, say=step.say)
    folders = Folders(settings.folder("RAW_IMG_DIR"), settings.folder("IMG_DIR"), data_dir / "masks")
    added = add_folder(data_dir, options.add, folders, Recipe(**recipe_options(settings)), encoder,
                       AdditionOptions(**addition_options(settings), warn=step.warn), progress=progress)
    step.say(added.in_words)
    if added.came or added.left:
        step.say(what_next(data_dir, settings.DATASET, command=step.command("run_all.py", "--from", "04"),
                           came=added.came, assign_to=settings.ASSIGN_TO))


if __name__ == "__main__":
    sys.exit(run(main))
