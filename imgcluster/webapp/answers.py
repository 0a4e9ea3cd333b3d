"""What the server answers with: results and lists of products as plain mappings."""
from imgcluster.search.catalog import safe_url
from imgcluster.search.figure import on_white
from imgcluster.search.searcher import best_answer
from imgcluster.webapp.pictures import as_data_url

PREVIEW, THUMBNAIL = 1200, 240
# Photos of a product that its card shows.
CARD_PHOTOS = 4
SHOWN_APART = ("name", "price", "url")


def query_answer(query, answers):
    """The answer to an upload: preview, size in pixels, each region with what it found, and which found the most."""
    return {"size": list(query.size), "preview": as_data_url(query.image, PREVIEW),
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
    """A product as its card shows it; details: its columns of catalog.csv."""
    more = {column: text for column, text in details.items() if column not in SHOWN_APART and text}
    return {"code": code, "name": details.get("name") or name, "label": name, "price": details.get("price", ""),
            "url": safe_url(details.get("url", "")), "more": more, "num_photos": num_photos,
            "rows": [int(row) for row in rows[:CARD_PHOTOS]]}


def product_list(catalogue, rows_of, *, text, offset, limit):
    """Products whose name, label or product data hold `text`, largest first: {"total", "products"}.

    rows_of: list with the rows of each product's photos.
    """
    products, wanted, matching = catalogue.products, text.casefold(), []
    for code in sorted(range(catalogue.size), key=lambda code: -products.sizes[code]):
        details = product_details(catalogue, code, rows_of[code])
        if wanted in " ".join([products.names[code], products.labels[code], *details.values()]).casefold():
            matching.append((code, details))
    return {"total": len(matching),
            "products": [card(code, products.names[code], int(products.sizes[code]), rows_of[code], details)
                         for code, details in matching[offset:offset + limit]]}


def product_details(catalogue, code, rows):
    """The columns of catalog.csv for a product."""
    return catalogue.catalog.of_product(catalogue.products.labels[code], [catalogue.img_paths[row] for row in rows])
