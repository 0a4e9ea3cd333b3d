"""True labels of photos: from file names, folders or a CSV file."""
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from imgcluster.csv_tables import line_of, lines_of, read_table
from imgcluster.errors import UserError
from imgcluster.photos.spelling import as_listed, composed, evenly_spaced, with_columns, written_otherwise
from imgcluster.photos.unknown_labels import TO_LEARN_FROM, doubt_of_unknown
from imgcluster.wording import counted, listed, meant

SHOWN = 5
# Pairs of labels that a warning names.
PAIRS = 3
# Names of no photo for which one is looked for that may be meant.
TRIED = 10
APART = ("\nOr copy the labelled photos to a folder of their own, name it in TRAIN_DATASET, say in TRAIN_LABELS_FROM "
         "where their labels are, and set LABELS_FROM = None: all photos are then clustered by what these show.")
WAYS, COLUMNS = ("'filename'", "'folder'"), ("file", "label")
# As cameras name their photos: 20240131_142233.jpg.
DATE = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


def make_labels(img_paths, *, labels_from, regex=r"^(\d+)_", csv_path=None, setting="LABELS_FROM",
                folder="RAW_IMG_DIR", left_out=(), doubt=None):
    """Return one label per photo (list of str without white space or "#"), or None when `labels_from` is None.

    Blanks around a label, how many there are within, and how accents are composed, make no difference.

    img_paths: relative paths with "/". labels_from: "filename" (first group of `regex` searched in the file name),
    "folder" (first folder of the path), anything else: the CSV file at `csv_path`, with columns file,label; paths there
    may be written as `spelling.as_listed` knows them. setting, folder: what said so, and where photos without labels
    lie, as messages name them. left_out: photos that are there but not used, which need no label and may have one.
    doubt: function that gets a sentence where labels may be those of one product, misspelt, or mean that the product is
    not known. Raises UserError that lists the first photos without a label, or all labels that would become the same,
    and what to change.
    """
    if labels_from is None:
        return None
    table = None
    if labels_from == "filename":
        labels = _from_names(img_paths, regex)
        remedy = (f"their names do not match LABEL_REGEX = '{regex}'; rename these photos, or change it or {setting} "
                  "(None: no labels).")
    elif labels_from == "folder":
        labels = [path.split("/")[0] if "/" in path else None for path in img_paths]
        remedy = (f"they lie directly in {folder}, and labels come from its sub-folders ({setting} = 'folder'); move "
                  f"them into one sub-folder per model there, or change {setting}.")
    else:
        photos = {*img_paths, *left_out}
        table = _from_csv(Path(csv_path), photos, setting)
        known = dict(zip(table.file, table.label))
        labels = [known.get(path) for path in img_paths]
        remedy = (f"they are not in the column 'file' of {csv_path}, or have no label there."
                  f"{_names_of_no_photo(set(known) - photos, set(img_paths) - set(known))}\nAdd them (paths relative "
                  f"to RAW_IMG_DIR), or set {setting} = None to use no labels.")
    labels = [_plain(label or "") for label in labels]
    _require_all(img_paths, labels, remedy)
    _require_different(labels, table, csv_path)
    if doubt:
        for doubtful in filter(None, (_misspelt(labels), doubt_of_unknown(labels, TO_LEARN_FROM))):
            doubt(doubtful)
    return [*map(as_token, labels)]


def _plain(label):
    return composed(evenly_spaced(label))


def labels_where_there_are(img_paths, *, needed, warn, **options):
    """Return the labels as `make_labels` does. Where photos have none: UserError if they are `needed`, else None, and
    the reason goes to `warn`."""
    try:
        return make_labels(img_paths, **options)
    except UserError as error:
        if needed:
            raise
        warn(str(error))
        return None


def _from_names(img_paths, regex):
    matches = [re.search(regex, path.rsplit("/", 1)[-1]) for path in img_paths]
    return [match.group(1) if match else None for match in matches]


def _from_csv(csv_path, photos, setting):
    if not csv_path.is_file():
        why = "a folder" if csv_path.is_dir() else f"no such file{meant(csv_path.name, WAYS)}"
        raise UserError(f"{setting} = {str(csv_path)!r}: {why}; expected "
                        '"filename", "folder", None or the path of a CSV file with the columns file,label')
    table = with_columns(read_table(csv_path), COLUMNS)
    if not set(COLUMNS) <= set(table.columns):
        raise UserError(f"{csv_path}: columns {', '.join(table.columns) or 'none'}; expected file,label")
    table["file"], table["label"] = as_listed(table.file, photos), table.label.map(_plain)
    doubled = table.drop_duplicates(["file", "label"]).file
    doubled = doubled[doubled.duplicated()]
    if len(doubled):
        first = f"line {line_of(csv_path, doubled.index[0])}, {doubled.iloc[0]!r}"
        raise UserError(f"{csv_path}: {counted(len(doubled), 'line')} with another label for a file named before "
                        f"(first {first}); leave one line for each photo (its path below RAW_IMG_DIR)")
    return table


def lines_of_no_photo(img_paths, csv_path):
    """Return a sentence about lines of a CSV file of labels that name none of the photos; None where all do."""
    photos = set(img_paths)
    strange = [name for name in dict.fromkeys(_from_csv(Path(csv_path), photos, "").file) if name not in photos]
    if not strange:
        return None
    return f"{csv_path}: {counted(len(strange), 'line')} with the name of no photo, the first {strange[0]!r}"


def _names_of_no_photo(others, unlabelled):
    """A line about the names in a table of labels that no photo has; first comes one that may be that of an unlabelled
    photo, misspelt."""
    if not others:
        return ""
    others = sorted(others)
    first = next((name for name in others[:TRIED] if meant(name, unlabelled)), others[0])
    lead = "leads" if len(others) == 1 else "lead"
    return f"\nOf the names there, {len(others)} {lead} to no photo, the first {first!r}{meant(first, unlabelled)}."


def _require_all(img_paths, labels, remedy):
    missing = [path for path, label in zip(img_paths, labels) if not label]
    if missing:
        remedy += APART if len(missing) < len(labels) else ""
        first = "".join(f"\n  {path}" for path in missing[:SHOWN])
        more = f"\n  ... and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise UserError(f"{len(missing)} of {len(img_paths)} photos have no label: {remedy}{first}{more}")


def as_token(label):
    """Return a label as a single word, blanks and "#" as "_": a line-by-line reader (np.loadtxt) sees one a line."""
    return re.sub(r"[\s#]+", "_", label.strip())


def _require_different(labels, table, csv_path):
    """Raise a UserError that names all labels that are the same as tokens; table: what was read from a CSV, or None."""
    spelled = defaultdict(list)
    for label in dict.fromkeys(labels):
        spelled[as_token(label)].append(label)
    same = [each for each in spelled.values() if len(each) > 1]
    if not same:
        return
    source, lines = ("", {}) if table is None else (f"{csv_path}: ", _lines_of_labels(table, csv_path))
    named = "".join("\n  " + " and ".join(f"{label!r}{lines.get(label, '')}" for label in each) for each in same)
    raise UserError(f"{source}labels that are the same once blanks and '#' become '_'; rename one of each pair, or "
                    f"give both one label:{named}")


def _lines_of_labels(table, csv_path):
    """In words, for each label, the lines of a CSV that have it."""
    lines = defaultdict(list)
    for label, line in zip(table.label, lines_of(csv_path, len(table))):
        lines[label].append(line)
    return {label: f" (line{'s' * (len(its) > 1)} {listed(its)})" for label, its in lines.items()}


def _misspelt(labels):
    """A sentence about labels that may be those of one product; "" where there are none."""
    photos = Counter(labels)
    pairs = [f"{one!r} ({counted(photos[one], 'photo')}) and {other!r} ({photos[other]:,})"
             for one, other in written_otherwise(photos)]
    if not pairs:
        return ""
    more = f"; and {counted(len(pairs) - PAIRS, 'more pair')}" if pairs[PAIRS:] else ""
    return f"labels that may be one product: {'; '.join(pairs[:PAIRS])}{more}. If so, give both the same label"


def doubt_of_labels(labels, labels_from):
    """Return a sentence where labels found in file names are dates, as cameras write them; "" where not."""
    if labels_from != "filename" or not all(DATE.fullmatch(label) for label in labels):
        return ""
    return (f"the labels found in the file names look like dates ({labels[0]}), as cameras write them, and not like "
            "product models: set LABELS_FROM = None if that is so, and no scores will be made of them")


def describe_labels(labels):
    """Return one sentence: photos, models, photos per model (min, median, max)."""
    counts = np.unique(labels, return_counts=True)[1]
    return (f"{counted(len(labels), 'photo')} of {counted(len(counts), 'model')}; photos per model: "
            f"min {counts.min()}, median {np.median(counts):g}, max {counts.max()}")
