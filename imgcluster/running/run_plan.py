"""Which steps a run of all takes, on which dataset and in which order; and what they would stop at."""
import contextlib

import numpy as np

from imgcluster.clusters.known_products import require_known
from imgcluster.clusters.placing import require_chain
from imgcluster.configuring.step_options import label_options
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.artefacts import read_img_paths, read_labels_true
from imgcluster.datafiles.records import changed_settings, is_up_to_date, was_interrupted
from imgcluster.errors import UserError
from imgcluster.photos.images import list_images
from imgcluster.photos.labels import make_labels
from imgcluster.photos.photo_tables import LEDGER
from imgcluster.photos.preprocess import photos_changed
from imgcluster.running.ahead import require_ahead
from imgcluster.sample import SAMPLES

STEPS = ("00", "01", "02", "03", "04", "05", "06")


def look_ahead(settings, planned):
    """Raise a UserError of what a step would stop at that the run does not make; planned: as `plan` returns it."""
    numbers = [number for _, number in planned]
    if min(numbers, default="04") < "04":
        require_ahead(settings)
    if "04" not in numbers:
        return
    known = settings.known_dataset
    if settings.ASSIGN_TO is not None:
        require_chain(settings.ASSIGN_TO, settings.folder("DATA_DIR"), folder_of=settings.data_dir_of)
    elif known is not None and settings.CALIBRATION_DATASET != "auto" and (known, "03") not in planned:
        require_known(settings.data_dir_of(known), name=known)


def plan(settings, first, last, *, say=print):
    """Return the (dataset, step number) pairs to run for steps `first` to `last`, in order.

    Before minutes of training comes the step that says whether DATASET has photos, and labels where it should. say:
    function of one text, for why step 02 has no part, and of photos that steps before `first` would see.
    """
    numbers = [number for number in STEPS if first <= number <= last]
    if first > "01" and photos_changed(settings.folder("RAW_IMG_DIR"), settings.folder("DATA_DIR") / LEDGER):
        say(f"photos of {settings.DATASET} came, left or changed since step 01 saw them; from step {first} on this has "
            "no effect\n")
    if settings.train_dataset is None:
        return [(settings.DATASET, number) for number in numbers]
    train = settings.for_dataset(settings.train_dataset)
    if not settings.learns:
        if "02" in numbers:
            say(why_left_out(settings, train))
        return [(settings.DATASET, number) for number in numbers if number != "02"]
    trained = is_trained(train)
    # Steps 00 and 01 will see what came or changed since it was trained.
    if trained and "02" in numbers and ("01" in numbers or train.DATASET != settings.DATASET) and has_changed(train):
        say(f"02_finetune_network: photos or labels of {train.DATASET} changed since its network was made\n")
        trained = False
    before = [] if train.DATASET == settings.DATASET or "02" not in numbers else steps_before(train, trained)
    if trained and "02" in numbers:
        say(f"02_finetune_network: the network of {train.DATASET} is up to date\n")
    own = [(settings.DATASET, number) for number in numbers if number != "02" or not (trained or before)]
    looks = int(first <= "01")
    return own[:looks] + before + own[looks:]


def is_trained(train):
    """Return whether the network of TRAIN_DATASET, whose settings these are, is there and made by the same settings."""
    data_dir = train.folder("DATA_DIR")
    return is_up_to_date(data_dir, "02", of_step(train, "02")) and not any(
        changed_settings(data_dir, number, of_step(train, number)) or was_interrupted(data_dir, number)
        for number in ("00", "01"))


def has_changed(train):
    """Return whether photos of TRAIN_DATASET came, left or were replaced since step 01 saw them, or their labels, where
    step 02 learns from them, are others in the CSV file."""
    data_dir, options = train.folder("DATA_DIR"), label_options(train)
    if photos_changed(train.folder("RAW_IMG_DIR"), data_dir / LEDGER):
        return True
    if not train.learns_labels or options["csv_path"] is None or not options["csv_path"].exists():
        return False
    with contextlib.suppress(UserError):
        return not np.array_equal(make_labels(read_img_paths(data_dir), **options), read_labels_true(data_dir))
    return True  # step 00 says what is wrong with them


def steps_before(train, trained):
    """Return the pairs that TRAIN_DATASET needs: all up to its features, these alone where it is trained, or none."""
    if not trained:
        return [(train.DATASET, number) for number in ("00", "01", "02", "03")]
    has_features = is_up_to_date(train.folder("DATA_DIR"), "03", of_step(train, "03"))
    return [] if has_features else [(train.DATASET, "03")]


def why_left_out(settings, train):
    """Say that step 02 has no part, and what to do for it to have one, where no labels of TRAIN_DATASET are known.

    Raises UserError where the names of its photos hold labels that nobody asked for, and it has no network yet: who
    names a dataset to train on does not want it passed over.
    """
    if not settings.learns_labels:
        return f"step 02 is left out: with ASSIGN_TO the network of {train.DATASET} is used as it is\n"
    why = f"step 02 is left out: no labels are known of TRAIN_DATASET = {train.DATASET!r}"
    if (train.folder("DATA_DIR") / "network.keras").exists():
        return f"{why}; the network that is there is used as it is\n"
    if settings.ASSIGN_TO is not None:
        return f"{why}\n"
    if names := labels_in_names(train):
        raise UserError(f"TRAIN_DATASET = {train.DATASET!r}: no labels are known of it, as LABELS_FROM = None goes for "
                        f"it as well; set TRAIN_LABELS_FROM = {names!r} to learn from those in the names of its "
                        "photos, or TRAIN_DATASET = None to train on nothing")
    return f"{why}; TRAIN_DATASET = {settings.DATASET!r} would fit the network to the photos themselves\n"


def labels_in_names(train):
    """Return the value of TRAIN_LABELS_FROM by which all photos' names give labels; None where none does."""
    if train.DATASET in SAMPLES:
        return "filename"
    for way in ("filename", "folder"):
        with contextlib.suppress(UserError):
            make_labels(list_images(train.folder("RAW_IMG_DIR")), labels_from=way, regex=train.LABEL_REGEX)
            return way
    return None
