"""A photo in, the most similar photos and products out, each with a score, or the answer that nothing is similar."""
from dataclasses import dataclass

from imgcluster.errors import UserError
from imgcluster.search.objects import read_query
from imgcluster.search.products import likeness, nearest_products


@dataclass(frozen=True)
class Photo:
    """A photo found: row in the catalogue, file, label and name of the product it shows, cosine similarity -1..1, score
    0..1 of that product (None where the catalogue cannot tell), and its columns of catalog.csv."""

    row: int
    file: str
    label: str
    name: str
    similarity: float
    score: float | None
    details: dict


@dataclass(frozen=True)
class Product:
    """A product found: its number in the catalogue, label, name, similarity, score and columns of catalog.csv; how many
    photos it has in all, and rows and files of those found, nearest first."""

    code: int
    label: str
    name: str
    similarity: float
    score: float | None
    num_photos: int
    rows: list
    files: list
    details: dict


@dataclass(frozen=True)
class Answer:
    """What one region of a photo found. similar: whether it is of the kind of what the catalogue has; the nearest are
    listed either way, without scores if not. region: the `objects.Region`, None for a photo of the catalogue itself."""

    region: object
    similar: bool
    products: list
    photos: list


class Searcher:
    """Searches photos in a Catalogue. encoder: an `encoder.Encoder`; recipe: the `prepare.Recipe` of step 01."""

    def __init__(self, catalogue, encoder, recipe):
        self.catalogue, self.encoder, self.recipe = catalogue, encoder, recipe
        self._lines = _lines_by_product(catalogue)

    def search(self, query, *, count):
        """Return one Answer for each region of an `objects.Query`, `count` products and photos each (or as many as
        there are)."""
        features, general = self.encoder.encode([region.picture for region in query.regions])
        return self._nearest(features, general, query.regions, count=count)

    def read(self, data, *, box=None):
        """Return the `objects.Query` of the bytes of an image file; errors are those of `objects.read_query`."""
        return read_query(data, self.recipe, box=box)

    def like(self, row, *, count):
        """Return the Answer for a photo of the catalogue, itself left out."""
        features, general = self.catalogue.index.rows([row]), self.catalogue.general[[row]]
        answer, = self._nearest(features, general, [None], count=count, without=row)
        return answer

    def _nearest(self, features, general, regions, *, count, without=None):
        """One Answer for each row of features [Q, D] and [Q, E], which belong to the region in the same place."""
        found = nearest_products(self.catalogue.index, features, self.catalogue.products, count, without=without)
        return [self._answer(*each, count) for each in zip(general, regions, found)]

    def _answer(self, general, region, found, count):
        calibration, codes = self.catalogue.calibration, self.catalogue.products.codes
        kind = likeness(self.catalogue.general, general, found.rows)
        similar = kind >= calibration.floor
        # Scores are for what the catalogue may have.
        scores = calibration.scores(found, kind) if similar else [None] * len(found.hits)
        of_code = {hit.code: score for hit, score in zip(found.hits, scores)}
        products = [self._product(hit, score) for hit, score in zip(found.hits[:count], scores)]
        photos = [self._photo(int(row), float(value), of_code[int(codes[row])])
                  for row, value in zip(found.rows[:count], found.similarities)]
        return Answer(region, similar, products, photos)

    def _product(self, hit, score):
        catalogue, products = self.catalogue, self.catalogue.products
        files, label = [catalogue.img_paths[row] for row in hit.rows], products.labels[hit.code]
        # Where none of the photos found has a line, another photo of the product may have one.
        details = catalogue.product_data.of_product(label, files) or self._lines.get(hit.code, {})
        return Product(hit.code, label, products.names[hit.code], hit.similarity, score,
                       int(products.sizes[hit.code]), hit.rows, files, details)

    def _photo(self, row, similarity, score):
        catalogue, products = self.catalogue, self.catalogue.products
        code = int(products.codes[row])
        file, label = catalogue.img_paths[row], products.labels[code]
        return Photo(row, file, label, products.names[code], similarity, score,
                     catalogue.product_data.of_photo(file, label))


def _lines_by_product(catalogue):
    """{code: columns of catalog.csv} of the first photo of each product that has a line of its own there."""
    by_file, found = catalogue.product_data.by_file, {}
    if by_file:
        for code, file in zip(catalogue.products.codes.tolist(), catalogue.img_paths):
            if file in by_file:
                found.setdefault(code, by_file[file])
    return found


def check_count(count, catalogue, *, level):
    """Return how many results to give: `count`, by default five or as many as there are.

    Raises UserError for a count below 1 or above the catalogue's number of products or photos (`level`).
    """
    size = catalogue.size if level == "products" else len(catalogue.img_paths)
    if count is None:
        return min(5, size)
    if not 1 <= count <= size:
        raise UserError(f"--top {count}: the catalogue has {size:,} {level}; give a number from 1 to {size}")
    return count


def best_answer(answers):
    """Return the answer whose first product is the most similar: the region that shows a known product best.

    What is of another kind comes last: its similarity means nothing.
    """
    return max(answers, key=lambda answer: (answer.similar, answer.products[0].similarity))
