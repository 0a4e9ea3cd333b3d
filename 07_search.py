#!/usr/bin/env python3
"""Step 07: find the products most similar to a photo.

Reads:   the photos given; features.npy, img_paths.txt of DATA_DIR, labels_true or labels_pred where there are any,
         catalog.csv (columns file or model, then name, price, url, ...) where there is one
Prints:  a table, JSON or CSV on standard output; all else goes to standard error
Writes:  DATA_DIR/search_calibration.json; RESULT_DIR/search/*.png with --figure; with --add the photos and features
Runtime: about 5 s to start the network, then 5 to 10 photos/s
"""
import sys

from imgcluster.cli import Step, run
from imgcluster.errors import UserError
from imgcluster.progress import progress

# Photos up to which compiling the network would take longer than it saves.
FEW = 8


def main(argv=None):
    step = Step(__file__, __doc__, argv, add_arguments=add_arguments, out=sys.stderr)
    options, settings = step.options, step.settings
    if not options.photos and not options.add:
        raise UserError("no photo: name one or more, or folders of them, or --add FOLDER")
    from imgcluster.preprocess import Recipe
    from imgcluster.search.batch import list_queries, search_photos
    from imgcluster.search.results import as_csv, as_json, as_table
    from imgcluster.search.searcher import check_count
    from imgcluster.search.session import open_searcher

    sources = list_queries(options.photos)
    if options.box and len(sources) != 1:
        raise UserError(f"--box goes with one photo, not with {len(sources)}")
    step.warn_if_changed("01")
    searcher = open_searcher(step.data_dir, settings=step.values("03"), network=settings.network_options(),
                             recipe=Recipe(**settings.recipe_options()), mode=settings.RESIZE_MODE,
                             compiled=len(sources) > FEW, say=step.say)
    catalogue = searcher.catalogue
    count = check_count(options.top, catalogue, level=options.level)
    with progress(total=len(sources), description="photos") as bar:
        found = search_photos(searcher, sources, count=count, workers=settings.workers, box=options.box,
                              warn=step.warn, bar=bar)
    answers = [(source.name, answers) for source, _, answers in found]
    if options.format == "json":
        print(as_json(answers, catalogue))
    else:
        print({"csv": as_csv, "table": as_table}[options.format](answers, catalogue, level=options.level))
    if options.figure:
        save_figures(step, found, catalogue)
    step.say(f"searched {len(found)} photos among {len(catalogue.img_paths):,} of {catalogue.size:,} products")


def add_arguments(parser):
    """Add the arguments of this step."""
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="photos to search with, or folders of them")
    parser.add_argument("--top", type=int, metavar="N", help="how many results to give (default: 5)")
    parser.add_argument("--level", choices=("products", "photos"), default="products", help="what to list (default: "
                        "products; JSON holds both)")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
    parser.add_argument("--box", type=box, metavar="X,Y,W,H", help="search only what is in this part of the photo, in "
                        "pixels from its upper left corner")
    parser.add_argument("--figure", action="store_true", help="save a picture of each search to RESULT_DIR/search/")
    parser.add_argument("--add", metavar="FOLDER", help="add the photos of this folder to the catalogue first; photos "
                        "deleted from RAW_IMG_DIR leave it")


def box(text):
    """Four whole numbers from text such as 10,20,300,200."""
    numbers = tuple(int(part) for part in text.split(","))
    if len(numbers) != 4:
        raise ValueError(text)
    return numbers


def save_figures(step, found, catalogue):
    """Save one picture for each query photo."""
    from imgcluster.artefacts import replacing
    from imgcluster.search.figure import figure_names, figure_of

    folders = [step.settings.folder("RAW_IMG_DIR"), step.settings.folder("IMG_DIR")]
    names = figure_names([source.name for source, *_ in found])
    for name, (source, query, answers) in zip(names, found):
        with replacing(step.result_dir / "search" / name) as path:
            figure_of(source.path.name, query, answers, catalogue, folders).savefig(path, dpi=150, format="png")
    step.say(f"figures in {step.show(step.result_dir / 'search')}: {', '.join(names[:3])}"
             f"{', ...' if names[3:] else ''}")


if __name__ == "__main__":
    sys.exit(run(main))
