"""The figure of one query photo's search, and those of many."""
from pathlib import Path, PurePath

from imgcluster.files import first_free, replacing
from imgcluster.photos.background import fill_background
from imgcluster.photos.images import read_thumbnail
from imgcluster.plots.search_figure import search_figure
from imgcluster.search.results import percent
from imgcluster.search.searcher import best_answer

THUMBNAIL = 180
LONGEST_NAME = 60  # characters: file systems allow 255 bytes


def figure_of(name, query, answers, catalogue):
    """Return the matplotlib figure of a query photo and its answers."""
    searches = []
    for answer in answers:
        left, top, width, height = answer.region.box
        box = left / query.size[0], top / query.size[1], width / query.size[0], height / query.size[1]
        hits = [(read_thumbnail(*catalogue.place(item.rows[0]), side=THUMBNAIL), _heading(item), _line(item))
                for item in answer.products]
        searches.append((query.image, box, on_white(answer.region.picture), hits))
    best = best_answer(answers)
    verdict = f"most like {_name(best.products[0])}" if best.similar else "nothing similar in the catalogue"
    return search_figure(searches, title=f"{name}: {verdict}")


class Figures:
    """The figures of many query photos in one folder, each saved as it comes; names: those of the files."""

    def __init__(self, folder, catalogue):
        self.folder, self.catalogue = Path(folder), catalogue
        self.names, self._taken = [], set()

    def save(self, photo, query, answers):
        """Save the figure of a query photo (its path), its `objects.Query` and Answers."""
        name = figure_name(photo, self._taken)
        with replacing(self.folder / name) as path:
            figure = figure_of(PurePath(photo).name, query, answers, self.catalogue)
            figure.savefig(path, dpi=150, format="png")
        self.names.append(name)
        self._taken.add(name.lower())


def figure_name(photo, taken):
    """Return a file name for the figure of a query photo that is not, in lower case, in the set `taken`."""
    stem = PurePath(photo).stem[:LONGEST_NAME]
    return first_free(f"{stem}.png", lambda number: f"{stem}_{number}.png", is_taken=lambda name: name.lower() in taken)


def on_white(picture):
    """Return a picture uint8 RGB or RGBA [h, w, .] as RGB on white."""
    return picture if picture.shape[2] == 3 else fill_background(picture[:, :, :3], picture[:, :, 3])


def _heading(item):
    return f"similarity {item.similarity:.2f}" if item.score is None else percent(item.score)


def _name(item):
    """The name in catalog.csv, if it has one."""
    return item.details.get("name") or item.name


def _line(item):
    return " · ".join(part for part in (_name(item), item.details.get("price")) if part)
