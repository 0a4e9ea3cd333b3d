"""Labelled products that show what counts as one product, and how alike new photos are to them."""
from dataclasses import dataclass, field

import numpy as np

from imgcluster.clusters.copies import copy_groups, originals
from imgcluster.configuring.config_file import choose_dataset
from imgcluster.datafiles.artefacts import read_features, read_img_paths, read_labels_true
from imgcluster.datafiles.feature_record import differences_in_words, features_record, read_before
from imgcluster.errors import UserError
from imgcluster.photos.photo_tables import digests_of
from imgcluster.photos.unknown_labels import is_unknown
from imgcluster.structure.kinship import LEAST_KINSHIP, kinship
from imgcluster.wording import counted

# Known products of the same kind and the photos alone differed by a factor of four at most in labelled sets.
FAR_APART = 4
# Of a known product, on average.
LEAST_PHOTOS = 2
# Share of the known photos that are among the new ones, from which they were picked of these to be labelled. Of what
# many sellers use, a few may be in any two datasets.
PICKED = 0.5


class OtherNetwork(UserError):
    """Features that cannot be compared, being by another network or under other settings."""


@dataclass(frozen=True)
class Known:
    """Labelled photos of known products: features [M, D] and M labels; compared [N, D]: the new photos in the same
    features; kinship: how far those show the same kind of product (`kinship.kinship`); picked: whether they are a part
    of the new photos themselves, picked to be labelled; unknown: how many photos more there are, whose labels say that
    their product is not known."""

    features: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    compared: np.ndarray = field(repr=False)
    kinship: float
    picked: bool = False
    unknown: int = 0


def evidence(known, features, *, data_dir, trained):
    """Return what `cluster_photos` is told of Known products, or where there are none, as keyword arguments.

    features: [N, D] of the photos in data_dir; trained: by a network that learned to tell products apart. Where it did
    not, products of the same kind show in which directions photos of one product differ. Photos that were picked of the
    new ones say nothing about their number.
    """
    if known is None:
        return {"compared": read_before(data_dir)}
    labelled = known.features, known.labels
    shows = not trained and known.compared is features and known.kinship >= LEAST_KINSHIP
    within = labelled if shows else None
    if known.picked:
        return {"compared": read_before(data_dir), "within": within}
    return {"known": labelled, "compared": known.compared, "within": within}


def known_for(data_dir, features, *, folder, name, asked, say, warn):
    """Return the Known products of the dataset `name` in `folder` for photos in `data_dir`; None where none fit, or
    where these are the photos themselves.

    asked: whether the user named the dataset. If so, missing labels or features that cannot be compared raise
    UserError, and another kind of product is warned of; otherwise each of these means going on without it. say, warn:
    functions of one line.
    """
    if folder == data_dir:
        its = f"CALIBRATION_DATASET = {name!r}" if asked else name
        (warn if asked else say)(f"{its} is DATASET itself: its clusters are found without its labels, by which step "
                                 "05 scores them")
        return None
    try:
        known = read_known(folder, data_dir, features, name=name)
    except UserError as error:
        if asked:
            raise
        _tell_why_without(folder, data_dir, error, name=name, say=say, warn=warn)
        return None
    if len(known.labels) < LEAST_PHOTOS * len(set(known.labels)):
        number = len(known.labels)
        said = (f"{counted(number, 'labelled photo')} of {counted(len(set(known.labels)), 'product')}, copies aside, "
                f"{'does' if number == 1 else 'do'} not show how often one is photographed, nor what differs within it")
        if asked:
            raise UserError(f"CALIBRATION_DATASET = {name!r}: its {said}; name a dataset of two photos a product or "
                            "more, or None")
        say(f"{name}: its {said}; the number of clusters is estimated without it")
        return None
    if known.unknown:
        say(f"{counted(known.unknown, 'photo')} of {name} left aside, whose labels say that the product is not known")
    if known.picked:
        say(f"photos of {name} are among these: how many a product has they cannot show, so the number of clusters is "
            "estimated without them")
    if known.picked or known.kinship >= LEAST_KINSHIP:
        return known
    if asked:
        warn(f"the photos of CALIBRATION_DATASET = {name!r} show another kind of product: a number of clusters "
             "learned from them may be far off; None does without them")
        return known
    say(f"{name} shows another kind of product; the number of clusters is estimated without it")
    return None


def _tell_why_without(folder, data_dir, error, *, name, say, warn):
    """Tell why the products of TRAIN_DATASET have no say, and what to do about it where that is not as it should be.

    error: what `read_known` raised."""
    without = f"the number of clusters is estimated without the products of TRAIN_DATASET = {name!r}"
    if not (folder / "features.npy").exists():
        warn(f"{folder / 'features.npy'} is missing: {without}; steps 00, 01 and 03 with {choose_dataset(name)} make "
             "what it lacks, where they have labels")
    elif not (folder / "labels_true.txt").exists():
        say(f"no labels are known of {name}: {without}")
    elif not isinstance(error, OtherNetwork):
        warn(f"{error}; until then {without}")
    elif not features_record(data_dir) or _as_before(data_dir, folder):
        say(f"the features of {name} are not by the network that made these; the number of clusters is estimated "
            "without them")
    else:
        others = differences_in_words(folder, data_dir)
        warn(f"the features of {name} are not by the network and settings that made these{others and f' ({others})'}: "
             f"{without}; run 03_extract_features.py for both under the present settings ({choose_dataset(name)} for "
             "the former)")


def _as_before(data_dir, known_dir):
    """Whether step 03 took photos for another kind of product: by the same network, as it was before its training."""
    own, known = features_record(data_dir), features_record(known_dir)
    return (own.get("trained_on") is None and known.get("trained_on") is not None
            and own.get("network_file") == known.get("network_file"))


def doubt(name, count, blind_count):
    """Return a sentence where the products of the dataset `name` suggest another order of magnitude than the photos
    alone, "" where not; blind_count: what these suggest, None where they were not asked."""
    if not blind_count or 1 / FAR_APART <= count / blind_count <= FAR_APART:
        return ""
    return (f"{name} suggests {count} clusters, the photos alone {blind_count}: where they show different kinds of "
            "product, set CALIBRATION_DATASET = None")


def read_known(known_dir, data_dir, features, *, name):
    """Return the Known products of the dataset `name` in `known_dir`, for the photos in `data_dir` with `features`.

    Products that a network was trained on lie closer together in its features than others do, and cannot tell how much
    variety makes one product: where it was trained on `name`, both are compared as it saw them before, as far as step
    03 wrote that. Of copies one counts. Raises UserError where features or labels are missing, or by another network.
    """
    require_known(known_dir, name=name)
    known, labels = _labelled(known_dir, data_dir, features.shape[1], name=name)
    before = [read_before(folder) for folder in (known_dir, data_dir)]
    if features_record(data_dir).get("trained_on") == name and all(each is not None for each in before):
        known, features = before
    unknown = is_unknown(labels)
    if unknown.all():
        raise UserError(f"CALIBRATION_DATASET = {name!r}: its labels, {str(labels[0])!r} and the like, say that no "
                        "product is known; name a labelled dataset, or None")
    copies = copy_groups(known_dir, read_img_paths(known_dir), known)
    shown = np.flatnonzero(~unknown)[originals(copies[~unknown])[0]]
    if len(shown) < len(labels):
        known, labels = np.asarray(known[shown]), np.asarray(labels)[shown]
    return Known(known, labels, features, kinship(features, known, labels), _picked(known_dir, data_dir),
                 int(unknown.sum()))


def _picked(known_dir, data_dir):
    """Whether most photos in one folder are also in another, by what step 01 noted of their files."""
    known, new = (digests_of(folder, read_img_paths(folder)) for folder in (known_dir, data_dir))
    return bool(known and new) and np.isin(known, new).mean() >= PICKED


def require_known(known_dir, *, name):
    """Raise a UserError where there are no features or labels of the dataset that CALIBRATION_DATASET names."""
    path = known_dir / "features.npy"
    if not path.exists():
        raise UserError(f"CALIBRATION_DATASET = {name!r}: {path} is missing; run_all.py from step 03 on makes it for a "
                        f"labelled dataset. By hand: steps 00, 01 and 03 with {choose_dataset(name)}, under the "
                        "TRAIN_DATASET (a name or None) by which the features of DATASET are")
    if not (known_dir / "labels_true.txt").exists():
        raise UserError(f"CALIBRATION_DATASET = {name!r}: {known_dir} has no labels_true.txt; name a labelled dataset, "
                        f"or run 00_make_labels_true.py with {choose_dataset(name)}, where TRAIN_LABELS_FROM says "
                        "where its labels are")


def _labelled(known_dir, data_dir, dimension, *, name):
    """(features, labels) in a folder; UserError unless the network that made those in `data_dir` made them."""
    features, labels = read_features(known_dir), read_labels_true(known_dir)
    others = differences_in_words(known_dir, data_dir)
    if features.shape[1] != dimension and not (features_record(known_dir) and features_record(data_dir)):
        raise OtherNetwork(
            f"CALIBRATION_DATASET = {name!r}: {features.shape[1]} features a photo in {known_dir}, {dimension} in "
            f"{data_dir}: they were made by different networks, or in different ways; make both with the same one, "
            "whether by step 03 or as your own")
    if features.shape[1] != dimension or others:
        raise OtherNetwork(
            f"CALIBRATION_DATASET = {name!r}: its {features.shape[1]} features a photo in {known_dir} are not by the "
            f"network and settings that made the {dimension} of DATASET{others and f' (there, here: {others})'}; run "
            "03_extract_features.py for both with the same TRAIN_DATASET (a name or None), and with USE_FINE_TUNED = "
            f"True where it finds one of another kind of product; what was clustered by the features that {name} has "
            "now, or learned from them, then needs step 04 again as well")
    return features, labels
