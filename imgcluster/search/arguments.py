"""The arguments of 07_search.py."""
import argparse
import re


def add_arguments(parser):
    """Add them to an argparse parser."""
    # As from Python 3.14 on: what begins as a negative number does, such as a box, is no option.
    parser._negative_number_matcher = re.compile(r"-\.?\d")
    parser.add_argument("photos", nargs="*", metavar="PHOTO", help="photos to search with, or folders of them")
    parser.add_argument("--top", type=int, metavar="N", help="how many results to give (default: 5)")
    parser.add_argument("--level", choices=("products", "photos"), default="products",
                        help="what to list (default: products; JSON holds both)")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table", help="default: table")
    parser.add_argument("--box", type=box, metavar="X,Y,W,H",
                        help="search only what is in this part of the photo: pixels from its upper left corner")
    parser.add_argument("--figure", action="store_true", help="save a picture of each search to RESULT_DIR/search/")
    parser.add_argument("--add", action=_Once, metavar="FOLDER", help="first add the photos of this folder to the "
                        "catalogue: they are copied to RAW_IMG_DIR unless they lie in it; photos deleted "
                        "from there leave it")


class _Once(argparse.Action):
    """Stores a value and refuses another one, which would take its place without a word."""

    def __call__(self, parser, namespace, value, option_string=None):
        earlier = getattr(namespace, self.dest)
        if earlier is not None:
            raise argparse.ArgumentError(self, f"{earlier} and {value}; give one folder at a time")
        setattr(namespace, self.dest, value)


def box(text):
    """Return x, y, width, height from text such as "10,20,300,200"; argparse's error for anything else."""
    try:
        left, top, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no box; give four whole numbers x,y,width,height such as "
                                         "40,60,300,200") from error
    return left, top, width, height
