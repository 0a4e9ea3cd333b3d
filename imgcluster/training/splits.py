"""Which photos a network is trained on, and which it is judged by: photos of other models, or other photos."""
import numpy as np

from imgcluster.errors import UserError

# Held-out models needed to tell one from another, models needed to train on, and photos of each needed for a neighbour.
LEAST_HELD_OUT = 2
LEAST_TRAINED = 2
LEAST_PHOTOS = 2


def split_models(labels, *, share, seed):
    """Return the rows, sorted, of the models that are held out of training, drawn at random: a `share` of those of two
    photos or more, which alone can be judged.

    labels: N labels. share: 0 to below 1; 0 holds out none. At least two models are drawn, and no more than leave two
    models, one of them of several photos, to train on. The result is empty where that is not possible.
    """
    labels = np.asarray(labels)
    classes, counts = np.unique(labels, return_counts=True)
    candidates = classes[counts >= LEAST_PHOTOS]
    number = max(LEAST_HELD_OUT, round(len(candidates) * share)) if share > 0 else 0
    number = min(number, len(classes) - LEAST_TRAINED, len(candidates) - 1)
    if number < LEAST_HELD_OUT:
        return np.empty(0, int)
    held_out = np.random.default_rng([seed, 1]).permutation(candidates)[:number]
    return np.flatnonzero(np.isin(labels, held_out))


def split_rows(labels, *, train_fraction, seed):
    """Return (train rows, validation rows), sorted: a split of every class at random, at least one photo to train on.

    A class of two photos or more has at least one in each part; a class with a single photo is trained on only.
    Raises UserError when there are fewer than two classes or nothing is left to validate on.
    """
    labels = np.asarray(labels)
    classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise UserError(f"fine-tuning needs photos of at least two models; the training set has {len(classes)} "
                        "(check LABELS_FROM and TRAIN_LABELS_FROM, or set TRAIN_DATASET = None)")
    if counts.max() < 2:
        raise UserError("no model of the training set has two photos, so nothing is left to validate on "
                        "(check LABELS_FROM and TRAIN_LABELS_FROM, or set TRAIN_DATASET = None)")
    rng, train = np.random.default_rng(seed), []
    for rows, count in zip(np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1]), counts):
        rows = rng.permutation(rows)
        train.extend(rows[:np.clip(round(count * train_fraction), 1, max(1, count - 1))])
    train = np.sort(train)
    return train, np.setdiff1d(np.arange(len(labels)), train)
