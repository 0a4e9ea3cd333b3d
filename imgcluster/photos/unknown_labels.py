"""True labels that say that nobody knows the product: to training and scores they are a product like any other."""
import numpy as np

from imgcluster.wording import counted, listed

SAY_NOTHING = frozenset(("-1", "?", "unknown", "none", "nan", "n/a"))
TO_LEARN_FROM = (
    "the label {} is taken for a product: if it means that the product is not known, copy the other photos to a folder "
    "of their own, name it in TRAIN_DATASET, say in TRAIN_LABELS_FROM where their labels are, and set LABELS_FROM = "
    "None: all photos are then clustered by what those show")
TO_SCORE_BY = (
    "labels_true.txt has the label {}, which is scored as a product: if it means that the product is not known, take "
    "these lines out of copies of labels_true.txt and labels_pred.txt, put the two alone into a folder of their own in "
    "data/, and run this step on that (DATASET)")


def is_unknown(labels):
    """Return bool [N]: which of the labels str [N] mean "not known", in any case."""
    return np.array([label.strip().lower() in SAY_NOTHING for label in labels], bool)


def doubt_of_unknown(labels, doubt):
    """Return a sentence, TO_LEARN_FROM or TO_SCORE_BY, that names those of the labels str [N] that mean "not known",
    and how many photos have each; "" where there are none."""
    labels = np.asarray(labels)
    found = zip(*(part.tolist() for part in np.unique(labels[is_unknown(labels)], return_counts=True)))
    named = [f"{label!r} ({counted(number, 'photo')})" for label, number in found]
    return doubt.format(listed(named)) if named else ""
