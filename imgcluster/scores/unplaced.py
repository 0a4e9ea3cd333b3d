"""Photos that fit no cluster (label -1): which they are, and what scores make of them."""
import numpy as np

from imgcluster.datafiles.artefacts import NO_CLUSTER


def is_placed(predicted):
    """Return, bool [N], which photos are in a cluster; predicted [N], integers or their text: clusters, or -1."""
    return np.asarray(predicted).astype(str) != str(NO_CLUSTER)


def each_alone(predicted):
    """Return labels, str [N], in which every photo that fits no cluster (-1) is a cluster of its own.

    So it is scored: as one cluster such photos would be a perfect answer wherever all of them show one new product,
    though nobody put them together; left out, marking whatever is difficult would pay.
    """
    predicted = np.asarray(predicted).astype(str)
    return np.where(is_placed(predicted), predicted, np.char.add("-1 in row ", np.arange(len(predicted)).astype(str)))
