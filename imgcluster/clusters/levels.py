"""Coarser and finer partitions of the photos, each nested in the next coarser one."""
import numpy as np

from imgcluster.clusters.directions import UNDECIDED, follow_directions
from imgcluster.structure.hierarchy import by_size, majority, partition

# Levels are sought at the count times powers of two: so many to either side, or as many as its interval reaches over,
# up to the second number; each up to this factor from there.
LEVELS, MOST_LEVELS, LEVEL_WINDOW = 2, 5, 1.3
# Photos of a cluster, on average, at the finest level.
LEAST_PHOTOS = 2


def nested_levels(hierarchy, places, labels, interval):
    """Return the partitions of photos that are coarser than `labels` int [N] 0..K-1, these, and finer ones; int [N].

    Coarse to fine; each cluster of one lies within a cluster of the one before. They are cut from the Hierarchy at
    `level_counts`; clusters that have most of their photos in one coarser cluster join it, and finer ones take the
    photos of their own cluster alone, by direction (places [N, d]).
    """
    count = labels.max() + 1
    wanted = level_counts(hierarchy.tree, count, interval, len(labels))
    coarser = (follow_directions(places, partition(hierarchy, each)) for each in reversed(wanted) if each < count)
    finer = (partition(hierarchy, each) for each in wanted if each > count)
    return _nested(labels, coarser, finer, lambda level, fine: split(places, level, fine))


def followed(levels, count, labels):
    """Return `nested_levels`, the answer among them of `count` clusters, after a person's corrections of that answer.

    labels int [N]: the corrected clusters, -1 for photos in none (not all of them), which stay with most photos of the
    cluster that they were nearest to, or go to the largest where that has no photos left. Each level is changed as
    little as keeps it nested with these: corrected clusters that have most of their photos in one coarser cluster join
    it, and photos that left a cluster leave its parts.
    """
    former, placed = next(level for level in levels if level.max() + 1 == count), labels >= 0
    nearest = majority(former[placed], labels[placed], count)[former]
    nearest[nearest < 0] = np.bincount(labels[placed]).argmax()
    coarser = (level for level in reversed(levels) if level.max() + 1 < count)
    finer = (level for level in levels if level.max() + 1 > count)
    return _nested(by_size(np.where(placed, labels, nearest)), coarser, finer, regrouped)


def _nested(labels, coarser, finer, divide):
    """The answer's labels among partitions that are coarser, fine to coarse, and finer, coarse to fine, once each is
    nested in the next coarser one; divide(level, fine) splits a level."""
    wider, narrower = [labels], [labels]
    for each in coarser:
        wider.append(joined(wider[-1], each))
    for each in finer:
        narrower.append(divide(narrower[-1], each))
    found = {level.max() + 1: level for level in (*wider[::-1], *narrower[1:])}
    return [found[each] for each in sorted(found)]


def joined(labels, coarse):
    """Return labels int [N] of clusters joined where most photos of each are in the same one of `coarse` int [N]."""
    return by_size(majority(labels, coarse, labels.max() + 1)[labels])


def split(places, labels, fine):
    """Return labels int [N] of clusters split into those of `fine` int [N] that have most of their photos in them.

    Photos in parts of other clusters go to the nearest part of their own, by direction (places [N, d]); a cluster
    without parts stays whole.
    """
    return by_size(follow_directions(places, _own_parts(labels, fine), within=labels))


def regrouped(labels, fine):
    """Return labels int [N] as `split` does, but photos in parts of other clusters go to the largest part of their own.
    """
    parts = _own_parts(labels, fine)
    decided = parts != UNDECIDED
    largest = majority(labels[decided], parts[decided], labels.max() + 1)
    return by_size(np.where(decided, parts, largest[labels]))


def _own_parts(labels, fine):
    """The clusters of `fine` int [N] for photos of the cluster that has most of their photos, numbered from 0, and a
    part of its own for each cluster without any; UNDECIDED for the others."""
    owner = majority(fine, labels, fine.max() + 1)
    parts = np.where(owner[fine] == labels, fine, UNDECIDED)
    parts = np.where(np.isin(labels, owner), parts, len(owner) + labels)
    decided = parts != UNDECIDED
    parts[decided] = np.unique(parts[decided], return_inverse=True)[1]
    return parts


def level_counts(tree, count, interval, num_photos):
    """Return counts at which a linkage [U-1, 4] is best cut near a quarter, half, twice and four times `count`.

    An eighth, eight times and so on are looked at too, where the count's interval (low, high) reaches that far. Best is
    where the next merge costs most, as a ratio, over the last one done. Finer counts are half of `num_photos` at most.
    """
    costs = np.log(np.maximum(tree[::-1, 2], np.finfo(np.float32).tiny))
    coarser, finer = (int(np.clip(np.log2(reach), LEVELS, MOST_LEVELS))
                      for reach in (count / interval[0], interval[1] / count))
    found, most = [], num_photos // LEAST_PHOTOS
    for power in (*range(-coarser, 0), *range(1, finer + 1)):
        wanted = count * 2.0**power
        near = np.arange(np.ceil(wanted / LEVEL_WINDOW), wanted * LEVEL_WINDOW).astype(int)
        near = near[(near >= 2) & (near <= (len(costs) if power < 0 else min(len(costs), most)))]
        if len(near):
            # costs[k - 2] is that of the merge from k clusters to k - 1.
            found.append(int(near[np.argmax(costs[near - 2] - costs[np.minimum(near - 1, len(costs) - 1)])]))
    return found
