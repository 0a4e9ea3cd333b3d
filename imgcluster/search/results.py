"""Results as text: a table for people, JSON and CSV for programs."""
import csv
import io
import json

import numpy as np

from imgcluster.search.calibration import MIN_SAMPLE
from imgcluster.search.products import BEST_PHOTOS
from imgcluster.wording import printable, text_width

# Columns of the CSV; those of catalog.csv follow.
COLUMNS = ("query", "region", "similar", "rank", "product", "product_name", "score", "similarity", "photo")
# Widest cell of the table on the screen but for paths, in characters.
CELL = 40
SIMILARITY = {"photos": "similarity: cosine about the catalogue's mean, 1 is the same",
              "products": f"similarity: cosine about the catalogue's mean, averaged over a product's {BEST_PHOTOS} "
                          "best photos"}


def as_text(found, catalogue, *, form, level):
    """Return the results of a level, "products" or "photos", as "table", "csv" or "json", which holds both levels.

    found: list of (name of the query photo, list of searcher.Answer), here and below.
    """
    if form == "json":
        return as_json(found, catalogue)
    return {"csv": as_csv, "table": as_table}[form](found, catalogue, level=level)


def as_json(found, catalogue):
    """Return the results as JSON text."""
    return json.dumps({"scores_from": catalogue.products.basis,
                       "queries": [{"query": name, "regions": [_region(answer) for answer in answers]}
                                   for name, answers in found]}, indent=2, ensure_ascii=False)


def _region(answer):
    return {"region": answer.region.name, "box": list(answer.region.box), "similar": answer.similar,
            "products": [{"rank": rank, "product": item.label, "name": item.name, "score": _rounded(item.score),
                          "similarity": _rounded(item.similarity), "num_photos": item.num_photos, "files": item.files,
                          "catalog": item.details} for rank, item in enumerate(answer.products, start=1)],
            "photos": [{"rank": rank, "file": item.file, "product": item.label, "name": item.name,
                        "score": _rounded(item.score), "similarity": _rounded(item.similarity),
                        "catalog": item.details} for rank, item in enumerate(answer.photos, start=1)]}


def _rounded(value):
    return None if value is None else round(float(value), 4)


def rows_of(found, catalogue, level):
    """Yield one mapping per result of a level, "products" or "photos": the columns of the CSV."""
    for name, answers in found:
        for answer in answers:
            for rank, item in enumerate(getattr(answer, level), start=1):
                details = {column: item.details.get(name, "") for name, column in _of_catalog(catalogue).items()}
                yield {"query": name, "region": answer.region.name, "similar": "yes" if answer.similar else "no",
                       "rank": rank, "product": item.label, "product_name": item.name, "score": _text(item.score),
                       "similarity": _text(item.similarity),
                       "photo": item.files[0] if level == "products" else item.file, **details}


def _of_catalog(catalogue):
    """{column of catalog.csv: its name in the CSV}: one called like another column of the CSV is told apart."""
    given, names = catalogue.product_data.columns, {}
    for name in given:
        called = name
        while called in COLUMNS or called != name and called in given:
            called = f"catalog_{called}"
        names[name] = called
    return names


def _text(value):
    return "" if value is None else f"{value:.4f}"


def as_csv(found, catalogue, *, level):
    """Return the results as CSV text with a header, one line per result."""
    rows = list(rows_of(found, catalogue, level))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [*COLUMNS, *_of_catalog(catalogue).values()], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().rstrip("\n")


def as_table(found, catalogue, *, level):
    """Return the results as a table for the screen, one block per region of each query photo."""
    blocks = []
    for name, answers in found:
        for answer in answers:
            blocks.append(f"{printable(name)}{_where(answer)}{'' if answer.similar else NOTHING}\n"
                          + _aligned(_cells(answer, catalogue, level)))
    return "\n\n".join([*blocks, _legend(catalogue, level)])


NOTHING = ": nothing similar in the catalogue; the nearest all the same:"


def _where(answer):
    region = answer.region
    return "" if region.name == "photo" else f" [{region.name} at {','.join(map(str, region.box))}]"


def _cells(answer, catalogue, level):
    """Rows of text cells, the header first. Scores are of products: photos come in the order of their similarity.

    Paths are there to be copied, so they are whole, and last, where a long one moves nothing else.
    """
    scored = catalogue.calibration.sharpness is not None and level == "products"
    score = "score" if scored else "similarity"
    columns, last = (["product", "photos"], "nearest photo") if level == "products" else (["product"], "photo")
    lines = [["", score, *columns, *catalogue.product_data.columns, last]]
    for rank, item in enumerate(getattr(answer, level), start=1):
        value = item.score if scored else item.similarity
        numbers, path = ([str(item.num_photos)], item.files[0]) if level == "products" else ([], item.file)
        details = [_cell(item.details.get(column, "")) for column in catalogue.product_data.columns]
        lines.append([str(rank), percent(value) if scored else f"{value:.2f}", _cell(item.name), *numbers, *details,
                      printable(path)])
    return lines


def percent(score):
    """Return a score as people read it: no match is certain, and none impossible; "-" for None."""
    if score is None:
        return "-"
    return "<1 %" if score < 0.01 else ">99 %" if score > 0.99 else f"{100 * score:.0f} %"


def _cell(value):
    text = printable(" ".join(str(value).split()))
    return text if len(text) <= CELL else f"{text[:CELL // 2]}…{text[-(CELL // 2 - 1):]}"


def _aligned(lines):
    widths = np.max([[text_width(cell) for cell in line] for line in lines], axis=0)
    return "\n".join("  ".join(cell + " " * (width - text_width(cell)) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def _legend(catalogue, level):
    if catalogue.calibration.sharpness is None:
        return f"{SIMILARITY[level]} (no scores: {_why_no_scores(catalogue.products)})"
    if level == "photos":
        return SIMILARITY[level]
    basis = catalogue.products.basis
    caution = ", which were made from the same features: optimistic" if basis == "clusters" else ""
    return f"score: how likely this is the product, if the catalogue has it (learned from its {basis}{caution})"


def _why_no_scores(products):
    if products.basis is None:
        return "no labels or clusters to learn from what it is worth"
    if len(products.names) == 1:
        return "one product alone"
    return f"fewer than {MIN_SAMPLE} photos whose product has another photo"
