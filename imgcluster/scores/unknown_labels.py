"""True labels that say that nobody knows the product: to scores they are a product like any other."""
import numpy as np

from imgcluster.wording import counted, listed

SAY_NOTHING = frozenset(("-1", "?", "unknown", "none", "nan", "n/a"))


def unknown_labels(true):
    """Return {label: how many photos have it} of true labels, str [N], that mean "not known", in any case."""
    found = zip(*(part.tolist() for part in np.unique(true, return_counts=True)))
    return {label: number for label, number in found if label.strip().lower() in SAY_NOTHING}


def warning_of_unknown(true):
    """Return a sentence about true labels, str [N], that mean "not known", and what to do; "" where there are none."""
    found = unknown_labels(true)
    if not found:
        return ""
    named = listed(f"{label!r} ({counted(number, 'photo')})" for label, number in found.items())
    return (f"labels_true.txt has the label {named}, which is scored as a product: if it means that the product is not "
            "known, take these lines out of copies of labels_true.txt and labels_pred.txt, put the two alone into a "
            "folder of their own in data/, and run this step on that (DATASET)")
