"""The figure of one query photo's search."""
from itertools import count
from pathlib import PurePath

import numpy as np

from imgcluster.images import read_thumbnail
from imgcluster.plots.search_figure import search_figure
from imgcluster.search.results import percent
from imgcluster.search.searcher import best_answer

THUMBNAIL = 180
LONGEST_NAME = 60  # characters: file systems allow 255 bytes


def figure_of(name, query, answers, catalogue, folders):
    """Return the matplotlib figure of a query photo and its answers.

    folders: where the catalogue's photos lie, tried in order.
    """
    searches = []
    for answer in answers:
        left, top, width, height = answer.region.box
        box = left / query.size[0], top / query.size[1], width / query.size[0], height / query.size[1]
        hits = [(catalogue_photo(catalogue, item.rows[0], folders), _heading(item), _line(item))
                for item in answer.products]
        searches.append((query.image, box, on_white(answer.region.picture), hits))
    best = best_answer(answers)
    verdict = f"most like {_name(best.products[0])}" if best.similar else "nothing similar in the catalogue"
    return search_figure(searches, title=f"{name}: {verdict}")


def figure_names(names):
    """Return one file name for the figure of each query photo; photos of the same name, in any case, get a number."""
    free, taken = [], set()
    for name in names:
        stem = PurePath(name).stem[:LONGEST_NAME]
        numbered = (f"{stem}_{number}.png" if number > 1 else f"{stem}.png" for number in count(1))
        free.append(next(name for name in numbered if name.lower() not in taken))
        taken.add(free[-1].lower())
    return free


def catalogue_photo(catalogue, row, folders, *, side=THUMBNAIL):
    """Return a photo of the catalogue, uint8 [h, w, 3] with sides of at least `side` where it has them; grey if it
    cannot be read."""
    return read_thumbnail(folders, catalogue.img_paths[row], side=side)


def on_white(picture):
    """Return a picture uint8 RGB or RGBA [h, w, .] as RGB on white."""
    if picture.shape[2] == 3:
        return picture
    opacity = picture[:, :, 3:].astype(np.float32) / 255
    return (picture[:, :, :3] * opacity + 255 * (1 - opacity) + 0.5).astype(np.uint8)


def _heading(item):
    return f"{item.similarity:.2f}" if item.score is None else percent(item.score)


def _name(item):
    """The name in catalog.csv, if it has one."""
    return item.details.get("name") or item.name


def _line(item):
    return " · ".join(part for part in (_name(item), item.details.get("price")) if part)
