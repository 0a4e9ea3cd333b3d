"""Whether the network of a dataset is the one that step 02 would make of it, and why not."""
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.artefacts import read_img_paths
from imgcluster.datafiles.chain import all_placed_in
from imgcluster.datafiles.records import (
    changed_inputs,
    changed_settings,
    is_up_to_date,
    prepared_otherwise,
    read_record,
    was_interrupted,
    weights_replaced,
)
from imgcluster.photos.photo_tables import LEDGER, digests_of
from imgcluster.photos.preprocess import photos_changed
from imgcluster.running.ahead import labels_changed
from imgcluster.wording import listed


def was_made(train):
    """Return whether step 02 noted that it made a network of TRAIN_DATASET, whose settings these are."""
    return bool(read_record(train.folder("DATA_DIR"), "02"))


def why_anew(train, *, looked_at):
    """Return in words why step 02 is to make the network of TRAIN_DATASET, whose settings these are, anew; "" where it
    is there, made by the same settings, of the same photos and weights.

    looked_at: whether steps 00 and 01 will look at its photos first, and so see what came or changed since.
    """
    data_dir, name = train.folder("DATA_DIR"), train.DATASET
    if changed := changed_settings(data_dir, "02", of_step(train, "02")):
        return f"settings are others than then ({', '.join(changed)})"
    if weights_replaced(data_dir, train.weights()):
        return "WEIGHTS is another file than then"
    if not is_prepared(train) or prepared_otherwise(data_dir, "02"):
        return f"photos of {name} are prepared otherwise, or not to the end"
    if changed_inputs(data_dir, "02") or _of_other_photos(data_dir) or looked_at and _changed_since(train):
        return f"photos or labels of {name} changed since its network was made"
    return "" if is_up_to_date(data_dir, "02", of_step(train, "02")) else f"not all of its files are in {data_dir}"


def _changed_since(train):
    """Whether photos or labels of TRAIN_DATASET came, left or changed that steps 00 and 01 have yet to see. Of photos
    without labels names have no part in its network."""
    return photos_came(train, renamed=_learnt_labels(train.folder("DATA_DIR"))) or (
        train.learns_labels and labels_changed(train))


def who_needs_it(train):
    """Say which datasets were placed in the clusters of TRAIN_DATASET, whose settings these are, or of one of those:
    with another network their photos cannot be compared with its any more. "" where there are none."""
    later = all_placed_in(train.DATASET, train.datasets())
    return (f". With the next one, run steps 03 and 04 again for {listed(later)}, too; to keep this one, stop now and "
            "run run_all.py --to 01, then --from 03") if later else ""


def is_prepared(source):
    """Return whether steps 00 and 01 came to their end for the dataset of these settings, if they ran, and under the
    same settings."""
    data_dir = source.folder("DATA_DIR")
    return not any(changed_settings(data_dir, number, of_step(source, number)) or was_interrupted(data_dir, number)
                   for number in ("00", "01"))


def photos_came(source, *, renamed=True):
    """Return whether photos of the dataset of these settings came, left or were replaced since step 01 saw them; as
    `photos_changed`."""
    return photos_changed(source.folder("RAW_IMG_DIR"), source.folder("DATA_DIR") / LEDGER, renamed=renamed)


def _of_other_photos(data_dir):
    """Whether step 02 noted that the photos' files held other things than they do by now, in whatever order."""
    noted = read_record(data_dir, "02").get("digests") or ()
    if not (data_dir / "img_paths.txt").exists():
        return bool(noted)
    return bool(noted) and sorted(noted) != sorted(digests_of(data_dir, read_img_paths(data_dir)))


def _learnt_labels(data_dir):
    return "labels_true.txt" in read_record(data_dir, "02").get("inputs", ())
