"""A person's corrections of a clustering, as the report exports them: merge, split, move, name."""
import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from imgcluster.clusters.corrections_file import COLUMNS
from imgcluster.datafiles.artefacts import NO_CLUSTER
from imgcluster.errors import UserError
from imgcluster.photos.spelling import Spelled, as_listed, evenly_spaced, folded
from imgcluster.wording import listed, meant

# Lines about photos that are not there for which one is looked for that may be meant, and how many are named then.
TRIED, MOST_MEANT = 10, 3
# What stands for a cluster, and is no name of one.
NUMBER = re.compile(r"-?\d+|new-\d+")
ACTIONS = ("merge", "split", "move", "name")


def clustering_id(img_paths, labels):
    """Return a short text by which a clustering (N files, N labels before corrections) is known again."""
    rows = "\n".join(f"{label} {path}" for label, path in zip(labels, img_paths, strict=True))
    digest = hashlib.sha256(rows.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    # Spreadsheets would write a number, such as 097676831675 or 7449e5795270, in another way.
    return f"id-{digest}" if re.fullmatch(r"\d+(e\d+)?", digest) else digest


@dataclass(frozen=True)
class Corrected:
    """What corrections make of a clustering: labels int [N]; by_hand bool [N]: photos that a line put where they are;
    names {cluster: text}; touched: the clusters that lines named, or that photos were put into or taken out of;
    namesakes {name: clusters}: names given that several clusters have now; merged {cluster: the one it has joined} of
    the clusters of earlier photos that lines merged, whether or not any of these photos was in them; born {"new-1" and
    the like: number} of the clusters that lines brought to life; highest: the highest number that a cluster has or had;
    unnamed: [(name, cluster)] of names that gave way as two clusters are one by now (`corrections_kept`).

    Of lines of the file that are odd, and why: lost, passed over as their photo is not there; idle, which change
    nothing; astray, followed all the same, though a photo or a cluster is not what the line takes it for;
    renamed, which give a cluster that has a name another.
    """

    labels: np.ndarray
    by_hand: np.ndarray
    names: dict = field(default_factory=dict)
    touched: set = field(default_factory=set)
    namesakes: dict = field(default_factory=dict)
    merged: dict = field(default_factory=dict)
    born: dict = field(default_factory=dict)
    highest: int = NO_CLUSTER
    unnamed: list = field(default_factory=list)
    lost: dict = field(default_factory=dict)
    idle: dict = field(default_factory=dict)
    astray: dict = field(default_factory=dict)
    renamed: dict = field(default_factory=dict)


def apply_corrections(labels, img_paths, table, *, earlier=None, carried=None, copies=None):
    """Return what is `Corrected` after the corrections in `table`, in the order they were made.

    labels int [N] and img_paths (N files) are of the clustering the corrections were written for. table: DataFrame of
    text by number of line, as `read_corrections` returns it, with the columns action, file, cluster, value: "merge"
    moves all photos of `cluster` into `value`; "split" and "move" put the photo `file` into `value`, "move" also into
    no cluster, -1; "name" calls `cluster` `value`, which it hands on to one without a name that it joins. Clusters are
    given by number, or by a name that one alone has at that point. A value "new-1", "new-2", ... is a new cluster,
    numbered at its first line, after the highest in the labels and in `earlier`: {cluster: its name, "" for none} as
    they were. Clusters keep their numbers and those of merged ones stay free, so that lines added later still mean the
    same; lines of photos that are not there are passed over. carried: what corrections of earlier clusterings made of
    this one (`Corrected`), which these go on from. copies: {photo: its copies}, which go along where it is placed, out
    of the same cluster, unless lines place them themselves. Raises UserError naming all lines that cannot be followed.
    """
    follower = _Follower(labels, img_paths, earlier or {}, carried, copies or {})
    wrong, table = [], table.assign(file=as_listed(table["file"], set(img_paths)))
    for line, action, file, cluster, value in table[list(COLUMNS)].itertuples():
        try:
            follower.follow(line, action.strip().lower(), file, cluster.strip(), value.strip())
        except ValueError as error:
            wrong.append(f"line {line}: {error}")
    if wrong:
        raise UserError("corrections.csv, " + "\n  ".join(wrong))
    follower.note_named_in_vain()
    return replace(follower.found, names=follower.names_of_those_there(), namesakes=follower.namesakes(),
                   merged=follower.merged(), born=follower.clusters.born, highest=int(follower.clusters.highest))


class _Follower:
    """Follows one line after the other. What cannot be followed is a ValueError that says why."""

    def __init__(self, labels, img_paths, earlier, carried, copies):
        start = carried or Corrected(labels, np.zeros(len(labels), bool))
        self.found = Corrected(start.labels.copy(), start.by_hand.copy(), dict(start.names), set(start.touched))
        self.earlier = earlier
        # The clusters that the photos of earlier ones are in.
        self.homes = {number: start.merged.get(number, number) for number in earlier}
        self.clusters = _Clusters(
            max(labels.max(), start.labels.max(), start.highest, *earlier, *start.born.values()), start, self._names)
        self.rows = {path: row for row, path in enumerate(img_paths)}
        self.naming = {}  # the line that named a cluster last, and what it wrote for its number
        self.copies, self.left = copies, {}  # the clusters that copies which went along were in

    def follow(self, line, action, file, cluster, value):
        if action not in ACTIONS:
            raise ValueError(f"action {action!r}; expected {', '.join(ACTIONS)}")
        if action == "merge":
            self._merge(line, cluster, value)
        elif action == "name":
            self._name(line, cluster, value)
        elif action == "move" and value == str(NO_CLUSTER):
            self._place(line, file, cluster, NO_CLUSTER)
        elif photo := self._photo_beside(file, value):
            raise ValueError(f"columns look swapped: the photo {photo} belongs in file, not {file!r}")
        else:
            self._place(line, file, cluster, self.clusters.number(value, "value"))

    def _merge(self, line, cluster, value):
        old, new = self.clusters.number(cluster, "cluster"), self.clusters.number(value, "value")
        inside = self.found.labels == old
        if old == new or not (inside.any() or old in self.homes.values()):
            self.found.idle[line] = f"cluster {cluster} " + ("joins itself" if old == new else "has no photos")
            return
        self._begin(line, new)
        self.found.labels[inside] = new
        self.found.touched.add(new)
        self.clusters.note_merge(old, new)
        self.homes = {number: new if home == old else home for number, home in self.homes.items()}
        self._hand_on_name(old, new)

    def _place(self, line, file, cluster, number):
        """Put a photo into cluster `number`, and compare the cluster that it is said to leave."""
        if not file:
            raise ValueError("file is missing; give the photo, as in img_paths.txt")
        if file not in self.rows:
            self.found.lost[line] = file + self._likely_meant(file, cluster)
            return
        row = self.rows[file]
        before = int(self.found.labels[row])
        # Of a copy that went along the line may say where the page shows it, which does not know.
        if not any(self.clusters.stands_for(cluster, each) for each in (before, self.left.get(row, before))):
            self.found.astray[line] = f"{file} is in cluster {self.clusters.called(before)}, not in {cluster}"
        self._begin(line, number)
        self.found.touched.update({before, number} - {NO_CLUSTER})
        self.found.labels[row], self.found.by_hand[row] = number, True
        self._take_along(file, before, number)

    def _likely_meant(self, file, cluster):
        """What to say of a cell that leads to no photo, the others of its line given, "" for nothing."""
        if photo := self._photo_beside(file, cluster):
            return f"; columns look swapped: the photo {photo} belongs there"
        found = self.spelled.meant(file) if len(self.found.lost) < TRIED else []
        return f"; did you mean {' or '.join(found[:MOST_MEANT])}?" if found else ""

    @cached_property
    def spelled(self):
        return Spelled(self.rows)

    def _photo_beside(self, file, cell):
        """The photo that another cell leads to, or may be meant to, where `file` has a number; "" for none."""
        if file in self.rows or not NUMBER.fullmatch(file.strip().lower()) or NUMBER.fullmatch(cell.lower()):
            return ""
        return cell if cell in self.rows else next(iter(self.spelled.meant(cell)), "")

    def _take_along(self, file, before, number):
        """Put the copies of a photo that are where it was where it is now."""
        for row in (self.rows[copy] for copy in self.copies.get(file, ()) if copy in self.rows):
            if self.found.labels[row] == before and not self.found.by_hand[row]:
                self.found.labels[row], self.found.by_hand[row], self.left[row] = number, True, before

    def _name(self, line, cluster, name):
        number = self.clusters.number(cluster, "cluster")
        joined, before = self.clusters.joined_by(number), (self.earlier | self.found.names).get(number, "")
        if joined is None and name != before:
            if before and name:
                self.found.renamed[line] = f"cluster {cluster} was called {before!r}"
            self.found.names[number], self.naming[number] = name, (line, cluster)
            self.found.touched.add(number)
        elif joined is None:
            self.found.idle[line] = f"cluster {cluster} is called that" if name else f"cluster {cluster} has no name"
        else:
            self.found.idle[line] = f"cluster {cluster} has joined {self.clusters.called(joined)}"

    def _hand_on_name(self, old, new):
        """Call a cluster that has no name what one that joined it was called."""
        named = self.earlier | self.found.names
        if named.get(old) and not named.get(new):
            self.found.names[new] = named[old]

    def _names(self, *, ended):
        """What the clusters are called at this point {number: text}; ended: those that are no more, too."""
        there, names = self._there(), self.earlier | self.found.names
        return {number: name for number, name in names.items()
                if name and (ended or number in there and self.clusters.joined_by(number) is None)}

    def names_of_those_there(self):
        """The names given {cluster: text} without those of clusters that have no photos left."""
        there = self._there()
        return {number: name for number, name in self.found.names.items() if number in there}

    def note_named_in_vain(self):
        """Note the lines that named a cluster which has no photos, and has not joined another."""
        there = self._there()
        for number, (line, cluster) in self.naming.items():
            if number not in there and self.clusters.joined_by(number) is None:
                self.found.idle[line] = f"cluster {cluster} has no photos"

    def _there(self):
        return {*self.found.labels.tolist(), *self.homes.values()}

    def namesakes(self):
        """{name: clusters, sorted} of the names given that more than one of the clusters there are has."""
        given, owners = set(self.found.names.values()) - {""}, {}
        for number, name in sorted((self.earlier | self.names_of_those_there()).items()):
            if name in given and self.clusters.joined_by(number) is None:
                owners.setdefault(name, []).append(number)
        return {name: numbers for name, numbers in owners.items() if len(numbers) > 1}

    def merged(self):
        """{cluster of earlier photos: the one that it has joined}."""
        return {number: home for number, home in self.homes.items() if home != number}

    def _begin(self, line, number):
        """Note that photos come into a cluster, which may have ended."""
        joined = self.clusters.begin_anew(number)
        if joined is not None:
            old, new = (self.clusters.called(each) for each in (number, joined))
            self.found.astray[line] = f"cluster {old}, which has joined {new}, begins anew"


class _Clusters:
    """The numbers of the clusters there are, and of those that corrections bring to life, or end.

    names: function that returns what they are called, as `_Follower._names`.
    """

    def __init__(self, highest, start, names):
        self.highest, self.born, self.joined, self.names = highest, dict(start.born), dict(start.merged), names

    def note_merge(self, old, new):
        """Note that the cluster `old` joined `new`, with all that had joined it."""
        self.joined = {each: new if into == old else into for each, into in self.joined.items()} | {old: new}

    def joined_by(self, number):
        """The cluster that one has joined, None where it has not ended."""
        return self.joined.get(number)

    def begin_anew(self, number):
        """Note that there is a cluster again; return the one that it had joined, None where it had not ended."""
        return self.joined.pop(number, None)

    def called(self, number):
        """A cluster's number as messages have it, with what lines write for it if it is none that was found."""
        new = next((name for name, own in self.born.items() if own == number), None)
        return f"{number} ({new})" if new else str(number)

    def stands_for(self, text, number):
        """Whether a cell is the cluster of this number, or one that joined it; an empty cell leaves that open."""
        if text and not NUMBER.fullmatch(text.lower()):
            return any(number in (each, self.joined.get(each)) for each in _called_so(text, self.names(ended=True)))
        meant = self.born.get(text.lower(), int(text) if text.isdecimal() else text)
        return text == "" or str(meant) == str(number) or self.joined.get(meant) == number

    def number(self, text, column):
        """The number that a cell of the given column stands for; it may have the name of one cluster alone."""
        name = text.lower()
        if re.fullmatch(r"new-\d+", name) and name not in self.born:
            self.highest += 1
            self.born[name] = self.highest
        if name in self.born:
            return self.born[name]
        if text.isdecimal() and int(text) <= self.highest:
            return int(text)
        if text == str(NO_CLUSTER):
            raise ValueError(f"{column} -1 stands for photos in no cluster: they are moved there, and from there, one "
                             "by one")
        names = {} if NUMBER.fullmatch(name) else self.names(ended=False)
        if len(numbers := _called_so(text, names)) == 1:
            return numbers[0]
        if numbers:
            raise ValueError(f"{column} {text!r} is what clusters {listed(numbers)} are called; give the number of one")
        wrong = f"{column} {text!r} is no cluster{meant(text, names.values())}" if text else f"{column} is missing"
        found = max({*range(self.highest + 1)} - {*self.born.values()}, default=NO_CLUSTER)
        beyond = [f"{number} is {name}" for name, number in self.born.items() if number > found]
        raise ValueError(f"{wrong}; numbers go up to {found}{f' ({listed(beyond)})' if beyond else ''}, and new-1, "
                         "new-2, ... are new ones")


def _called_so(text, names):
    """The clusters of names {number: text} that are called `text`, whatever capitals and blanks it has; sorted."""
    plain = folded(evenly_spaced(text))
    return sorted(number for number, name in names.items() if plain and folded(evenly_spaced(name)) == plain)
