"""A person's corrections of a clustering, as the report exports them: merge, split, move, name."""
import hashlib
from dataclasses import dataclass, field

import numpy as np

from imgcluster.errors import UserError

COLUMNS = ("action", "file", "cluster", "value")
# Which clustering a line was written for; the report fills it in, lines written by hand may leave it out.
CLUSTERING = "clustering"


def clustering_id(img_paths, labels):
    """Return a short text by which a clustering (N files, N labels before corrections) is known again."""
    rows = "\n".join(f"{label} {path}" for label, path in zip(labels, img_paths, strict=True))
    return hashlib.sha256(rows.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def are_for(table, clustering):
    """Return whether no line of corrections (DataFrame of text) says that it was written for another clustering."""
    return CLUSTERING not in table or bool(table[CLUSTERING].isin(["", clustering]).all())


@dataclass(frozen=True)
class Corrected:
    """What corrections make of a clustering: labels int [N]; by_hand bool [N]: photos that a line put where they are;
    names {cluster: text}; lost {line of the file: a photo that is not there}, lines which were passed over."""

    labels: np.ndarray
    by_hand: np.ndarray
    names: dict = field(default_factory=dict)
    lost: dict = field(default_factory=dict)


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
    # Line 1 of the file is its header.
    for line, (action, file, cluster, value) in enumerate(table[list(COLUMNS)].itertuples(index=False), start=2):
        if action == "merge":
            found.labels[found.labels == clusters.number(cluster, line)] = clusters.number(value, line)
        elif action in ("split", "move"):
            number = clusters.number(value, line)
            if file in rows:
                found.labels[rows[file]], found.by_hand[rows[file]] = number, True
            else:
                found.lost[line] = file
        elif action == "name":
            found.names[clusters.number(cluster, line)] = value
        else:
            raise UserError(f"corrections.csv, line {line}: action {action!r}; expected merge, split, move or name")
    return found


class _Clusters:
    """The numbers of the clusters there are, and of those that corrections bring to life."""

    def __init__(self, highest):
        self.highest, self.born = highest, {}

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
