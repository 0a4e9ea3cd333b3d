"""What the server answers with: results and lists of products as plain mappings."""

from imgcluster.photos.spelling import folded
from imgcluster.search.figure import on_white
from imgcluster.search.product_data import SHOWN, safe_url
from imgcluster.search.searcher import best_answer
from imgcluster.webapp.pictures import as_data_url

PREVIEW, THUMBNAIL = 1200, 240
# Photos of a product that its card shows.
CARD_PHOTOS = 4


def query_answer(query, answers):
    """The answer to an upload: preview, size in pixels, each region with what it found, which found the most, and what
    to warn of."""
    return {"size": list(query.size), "warning": query.warning, "preview": as_data_url(query.image, PREVIEW),
            "best": answers.index(best_answer(answers)),
            "regions": [{"name": answer.region.name, "box": list(answer.region.box),
                         "picture": as_data_url(on_white(answer.region.picture), THUMBNAIL),
                         **found(answer)} for answer in answers]}


def found(answer):
    """Whether anything is similar, and the products found."""
    return {"similar": answer.similar, "products": [
        {**card(item.code, item.name, item.num_photos, item.rows, item.details), "score": item.score,
         "similarity": item.similarity} for item in answer.products]}


def card(code, name, num_photos, rows, details):
    """A product as its card shows it; details: its columns of catalog.csv. A url that is no link is text."""
    url = safe_url(details.get("url", ""))
    elsewhere = SHOWN if url else [column for column in SHOWN if column != "url"]
    more = {column: text for column, text in details.items() if column not in elsewhere and text}
    return {"code": code, "name": details.get("name") or name, "label": name, "price": details.get("price", ""),
            "url": url, "more": more, "num_photos": num_photos,
            "rows": [int(row) for row in rows[:CARD_PHOTOS]]}


def searchable(catalogue, rows_of):
    """(code, text to look names up in) of each product, the one with most photos first, and of as many in the order of
    their numbers, or names.

    rows_of: list with the rows of each product's photos.
    """
    products = catalogue.products
    return [(code, folded(" ".join([products.names[code], products.labels[code],
                                    *product_details(catalogue, code, rows_of[code]).values()])))
            for code in sorted(range(len(products.sizes)), key=lambda code: (
                -products.sizes[code], *_by_number(products.labels[code])))]


def _by_number(label):
    """What labels are sorted by: numbers before names, 9 before 10."""
    return (0, int(label), "") if label.isdecimal() else (1, 0, label)


def product_list(catalogue, rows_of, texts, *, text, offset, limit):
    """Products whose name, label or product data hold `text`: {"total", "products"}.

    texts: of `searchable`, whose order they keep.
    """
    wanted = folded(text)
    matching = [code for code, held in texts if wanted in held]
    return {"total": len(matching),
            "products": [card(code, catalogue.products.names[code], int(catalogue.products.sizes[code]), rows_of[code],
                              product_details(catalogue, code, rows_of[code]))
                         for code in matching[offset:offset + limit]]}


def product_details(catalogue, code, rows):
    """The columns of catalog.csv for a product."""
    files = [catalogue.img_paths[row] for row in rows]
    return catalogue.product_data.of_product(catalogue.products.labels[code], files)
