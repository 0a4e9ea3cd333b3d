"""Which photos go into a batch: all of them in random order, or several photos of a few models."""
from concurrent.futures import ThreadPoolExecutor

import numpy as np


def shuffled_batches(rows, *, batch_size, rng):
    """Yield every row once, in random order, in arrays of `batch_size` (the last may be shorter)."""
    order = rng.permutation(rows)
    for start in range(0, len(order), batch_size):
        yield order[start:start + batch_size]


def balanced_batches(rows, labels, *, batch_size, imgs_per_model, rng):
    """Yield about as many rows as there are, in batches of P models x M photos (P M = `batch_size`, roughly).

    labels: the label of every photo, not of `rows` alone. M is `imgs_per_model`, or what the median model has where
    that is less; P at least two. Models and the photos of each come in turn, so that all are seen; a model of fewer
    than M photos gives each more than once.
    """
    rows, labels = np.asarray(rows), np.asarray(labels)
    models, sizes = np.unique(labels[rows], return_counts=True)
    imgs_per_model = max(2, min(imgs_per_model, int(np.median(sizes))))
    per_batch = min(len(models), max(2, batch_size // imgs_per_model))
    turns = {model: _in_turn(rows[labels[rows] == model], rng) for model in models}
    order = _in_turn(models, rng)
    for _ in range(-(-len(rows) // (per_batch * imgs_per_model))):
        drawn = _distinct(order, per_batch)
        yield np.array([next(turns[model]) for model in drawn for _ in range(imgs_per_model)])


def made_ahead(items, make):
    """Yield (item, make(item)) for each item, in order; the next one is made by a thread meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        before = None
        for item in items:
            after = item, pool.submit(make, item)
            if before:
                yield before[0], before[1].result()
            before = after
        if before:
            yield before[0], before[1].result()


def _in_turn(values, rng):
    """Go through the values for ever, in a new random order each time."""
    while True:
        yield from rng.permutation(values)


def _distinct(values, number):
    """The next `number` values that differ; those that come twice are passed over."""
    drawn = {}
    while len(drawn) < number:
        drawn[next(values)] = None
    return list(drawn)
