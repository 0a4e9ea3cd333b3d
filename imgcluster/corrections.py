"""A person's corrections of a clustering, as the report exports them: merge, split, move, name."""
import hashlib
from dataclasses import dataclass, field

import numpy as np

from imgcluster.errors import UserError

COLUMNS = ("action", "file", "cluster", "value")
# Which clustering a line was written for; the report fills it in, lines written by hand may leave it out.
CLUSTERING = "clustering"
# Line 1 of the file is its header.
FIRST_LINE = 2


def clustering_id(img_paths, labels):
    """Return a short text by which a clustering (N files, N labels before corrections) is known again."""
    rows = "\n".join(f"{label} {path}" for label, path in zip(labels, img_paths, strict=True))
    return hashlib.sha256(rows.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def for_another(table, clustering):
    """Return (line of the file, its clustering) of the first correction that was written for another one, or None.

    table: DataFrame of text.
    """
    cells = enumerate(table[CLUSTERING] if CLUSTERING in table else (), start=FIRST_LINE)
    return next(((line, cell) for line, cell in cells if cell not in ("", clustering)), None)


@dataclass(frozen=True)
class Corrected:
    """What corrections make of a clustering: labels int [N]; by_hand bool [N]: photos that a line put where they are;
    names {cluster: text}; lost {line of the file: a photo that is not there}, lines which were passed over; astray
    {line of the file: where its photo was, and where not}, lines which were followed all the same."""

    labels: np.ndarray
    by_hand: np.ndarray
    names: dict = field(default_factory=dict)
    lost: dict = field(default_factory=dict)
    astray: dict = field(default_factory=dict)


def apply_corrections(labels, img_paths, table, *, highest=None):
    """Return what is `Corrected` after the corrections in `table`, in the order they were made.

    labels int [N] and img_paths (N files) are of the clustering the corrections were written for. table: DataFrame of
    text with the columns action, file, cluster, value: "merge" moves all photos of `cluster` into `value`; "split" and
    "move" put the photo `file` into `value`; "name" calls `cluster` `value`. A value "new-1", "new-2", ... is a new
    cluster, numbered after the highest at its first line (or after `highest`, where clusters have higher numbers than
    the labels show). Clusters keep their numbers and those of merged ones stay
    free, so that lines added later still mean the same; lines of photos that are not there are passed over.
    Raises UserError naming the line that cannot be followed.
    """
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise UserError(f"corrections.csv: no column {', '.join(missing)}; expected {','.join(COLUMNS)}")
    found = Corrected(labels.copy(), np.zeros(len(labels), bool))
    clusters = _Clusters(labels.max() if highest is None else highest)
    rows = {path: row for row, path in enumerate(img_paths)}
    lines = table[list(COLUMNS)].itertuples(index=False)
    for line, (action, file, cluster, value) in enumerate(lines, start=FIRST_LINE):
        if action == "merge":
            old, new = clusters.number(cluster, line), clusters.number(value, line)
            found.labels[found.labels == old] = new
            clusters.note_merge(old, new)
        elif action in ("split", "move"):
            number = clusters.number(value, line)
            if file in rows:
                _place(found, clusters, rows[file], number, line=line, file=file, cluster=cluster)
            else:
                found.lost[line] = file
        elif action == "name":
            found.names[clusters.number(cluster, line)] = value
        else:
            raise UserError(f"corrections.csv, line {line}: action {action!r}; expected merge, split, move or name")
    return found


def _place(found, clusters, row, number, *, line, file, cluster):
    """Put the photo in a row into cluster `number`, as a line says, and compare where it says the photo was."""
    if not clusters.stands_for(cluster, found.labels[row]):
        found.astray[line] = f"{file} is in cluster {found.labels[row]}, not in {cluster}"
    found.labels[row], found.by_hand[row] = number, True


class _Clusters:
    """The numbers of the clusters there are, and of those that corrections bring to life, or end."""

    def __init__(self, highest):
        self.highest, self.born, self.joined = highest, {}, {}

    def note_merge(self, old, new):
        """Note that the cluster `old` joined `new`, with all that had joined it."""
        self.joined = {each: new if into == old else into for each, into in self.joined.items()} | {str(old): new}

    def stands_for(self, text, number):
        """Whether a cell is the cluster of this number, or one that joined it; an empty cell leaves that open."""
        text = str(self.born.get(text, text))
        return text in ("", str(number)) or self.joined.get(text) == number

    def number(self, text, line):
        """The number that a cell of the given line stands for."""
        if text.startswith("new-") and text not in self.born:
            self.highest += 1
            self.born[text] = self.highest
        if text in self.born:
            return self.born[text]
        if text.isdecimal() and int(text) <= self.highest:
            return int(text)
        raise UserError(f"corrections.csv, line {line}: {text!r} is no cluster; there are 0 to {self.highest}, "
                        "and new-1, new-2, ... for new ones")
