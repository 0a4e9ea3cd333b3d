"""catalog.csv: names, prices, links and whatever else a shop knows of its products, joined to what is found."""
import re
from pathlib import Path
from urllib.parse import urlsplit

from imgcluster.csv_tables import line_of, read_table
from imgcluster.errors import UserError
from imgcluster.photos.labels import as_token
from imgcluster.photos.spelling import as_listed, composed, with_columns

KEYS = ("file", "model")
# What pandas calls a column without a name, as spreadsheets leave them.
UNNAMED = r"Unnamed: \d+"
# Columns that are shown in places of their own.
SHOWN = ("name", "price", "url")


class ProductData:
    """Product data by photo or by model (as `model_key` writes it); empty where there is no catalog.csv."""

    def __init__(self, by_file=None, by_model=None, columns=()):
        self.by_file, self.by_model, self.columns = by_file or {}, by_model or {}, list(columns)

    def of_photo(self, file, model):
        """Return {column: text} for a photo of a model: the line of its file, else that of the model; {} for none."""
        return self.by_file.get(file) or self.by_model.get(model_key(model)) or {}

    def of_product(self, model, files):
        """Return {column: text} for a model: its own line, else that of the first of `files` that has one."""
        lines = (self.by_file.get(file) for file in files)
        return self.by_model.get(model_key(model)) or next(filter(None, lines), {})

    def with_earlier(self, earlier, name):
        """Return it with the ProductData of an earlier dataset where it has no lines of its own; files there are known
        behind the name of the dataset."""
        by_file = {f"{name}/{file}": line for file, line in earlier.by_file.items()}
        columns = dict.fromkeys([*self.columns, *earlier.columns])
        return ProductData(by_file | self.by_file, earlier.by_model | self.by_model, columns)

    def with_names(self, names):
        """Return it with the line of a name for the cluster that bears it, too; names: {cluster: its name}.

        A cluster's own line comes first, and a text that is a cluster's number is no name."""
        numbers = set(map(model_key, names))
        found = {model_key(cluster): self.by_model.get(model_key(name)) for cluster, name in names.items()
                 if model_key(name) not in numbers}
        by_number = {number: line for number, line in found.items() if line}
        return ProductData(self.by_file, by_number | self.by_model, self.columns)

    def strays(self, files, models):
        """Return (column, text) of each line that is for none of these photos and models."""
        files, models = set(files), set(map(model_key, models))
        return [*(("file", file) for file in self.by_file if file not in files),
                *(("model", model) for model in self.by_model if model not in models)]


def model_key(model):
    """Return a model as its lines are looked up, whatever blanks it has and however its accents are composed."""
    return composed(as_token(model))


def read_product_data(path, img_paths=()):
    """Return the ProductData in a CSV file (empty where there is none) for the photos `img_paths`.

    Columns: file (a photo, written as `spelling.as_listed` knows it) or model (the true label, with its blanks or
    without, or the cluster's number or name), or both, each line filling one of them; any others are shown with the
    product, name, price and url in their places. Raises UserError naming the column or line that is wrong.
    """
    path = Path(path)
    if not path.exists():
        return ProductData()
    table = with_columns(read_table(path), (*KEYS, *SHOWN))
    table = table.loc[:, [not re.fullmatch(UNNAMED, name) for name in table.columns]]
    keys = [name for name in KEYS if name in table.columns]
    if not keys:
        raise UserError(f"{path}: columns {', '.join(table.columns) or 'none'}; one must be file or model")
    columns = [name for name in table.columns if name not in KEYS]
    if "file" in keys:
        table["file"] = as_listed(table["file"], set(img_paths))
    lines = {name: _lines_by(path, table, name, columns) if name in keys else {} for name in KEYS}
    return ProductData(lines["file"], lines["model"], columns)


def _lines_by(path, table, key, columns):
    names = table[key].map(model_key) if key == "model" else table[key]
    names = names[names != ""]
    doubled = names[names.duplicated()]
    if len(doubled):
        raise UserError(f"{path}, line {line_of(path, doubled.index[0])}: {key} {doubled.iloc[0]!r} comes a second "
                        "time; leave one line for it")
    return dict(zip(names, table.loc[names.index, columns].to_dict("records")))


def safe_url(text):
    """Return a link as it may be followed from a page, or "" where it is none: http and https only."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    return text.strip() if parts.scheme in ("http", "https") and parts.netloc else ""
