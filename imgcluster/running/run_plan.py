"""Which steps a run of all takes, on which dataset and in which order; and what they would stop at."""
import contextlib
import sys

from imgcluster.clusters.carried_over import require_told
from imgcluster.clusters.chain_state import warn_of_forgotten
from imgcluster.clusters.cluster_count import check_given
from imgcluster.clusters.clusterings import of_report
from imgcluster.clusters.finding import chain_of
from imgcluster.clusters.known_products import require_known
from imgcluster.configuring.config_file import override
from imgcluster.configuring.step_settings import of_step
from imgcluster.datafiles.artefacts import read_lines
from imgcluster.datafiles.feature_record import RECORD
from imgcluster.datafiles.records import is_up_to_date, prepared_otherwise
from imgcluster.errors import UserError
from imgcluster.photos.labels import make_labels
from imgcluster.photos.listing import list_files
from imgcluster.photos.photo_tables import LEDGER
from imgcluster.running.ahead import labels_changed, require_ahead
from imgcluster.running.console import tell
from imgcluster.running.trained import (
    is_prepared,
    photos_came,
    was_made,
    who_needs_it,
    why_anew,
)
from imgcluster.sample import SAMPLES
from imgcluster.wording import in_shell

STEPS = ("00", "01", "02", "03", "04", "05", "06")


def look_ahead(settings, planned):
    """Raise a UserError now for what a planned step would stop at later, if no planned step before it makes it; warn of
    what it would do unasked.

    planned: as `plan` returns it.
    """
    numbers = [number for _, number in planned]
    if min(numbers, default="04") < "04":
        require_ahead(settings)
    if "04" not in numbers:
        return
    data_dir = settings.folder("DATA_DIR")
    require_told(data_dir, of_report(data_dir, settings.folder("RESULT_DIR") / "report.html"))
    known, own = settings.known_dataset, [number for dataset, number in planned if dataset == settings.DATASET]
    if settings.ASSIGN_TO is not None:
        chain_of(settings, data_dir)
        return
    if min(numbers) < "04":  # else step 04 says it at once
        warn_of_forgotten(
            data_dir, folder_of=settings.data_dir_of, warn=lambda said: tell(f"warning: {said}\n", sys.stderr),
            command_with=lambda name: f"the same with {in_shell(['--set', override('ASSIGN_TO', name)])}")
    if settings.NUM_CLUSTERS is not None and min(numbers) < "04" and (
            photos := photos_to_be(settings, listed_anew="00" in own or "01" in own)):
        check_given(len(photos), settings.NUM_CLUSTERS, None)
    made = settings.CALIBRATION_DATASET == "auto" or (known, "03") in planned
    if known not in (None, settings.DATASET) and not made:
        require_known(settings.data_dir_of(known), name=known)


def photos_to_be(settings, *, listed_anew):
    """Return the photos of DATASET that a run may cluster: those in its folder where one of its steps lists these anew,
    else those listed before; [] where there is nothing to tell."""
    raw_dir, img_paths = settings.folder("RAW_IMG_DIR"), settings.folder("DATA_DIR") / "img_paths.txt"
    if listed_anew:
        return list_files(raw_dir).photos if raw_dir.exists() else []
    return read_lines(img_paths) if img_paths.exists() else []


def plan(settings, first, last):
    """Return the (dataset, step number) pairs to run for steps `first` to `last`, in order.

    Before minutes of training comes the step that says whether DATASET has photos, and labels where it should. Printed
    is why step 02 has no part, and that photos came which steps before `first` would see.
    """
    numbers = [number for number in STEPS if first <= number <= last]
    known = known_source(settings, numbers)
    for source in ([settings] if first > "01" else []) + ([known] if known and first > "03" else []):
        if photos_came(source):
            tell(f"photos of {source.DATASET} came, left or changed since step 01 saw them; from step {first} on this "
                 "has no effect: run all steps for it (--to 01, then --from 03, to keep the network)\n")
    own, before = training(settings, numbers)
    looks = int(first <= "01")
    planned = own[:looks] + before + own[looks:]
    if known is None or "03" not in numbers or not needs_steps(known, settings, planned):
        return planned
    there = planned.index((settings.DATASET, "03"))
    return (planned[:looks] + [(known.DATASET, "00"), (known.DATASET, "01")] + planned[looks:there]
            + [(known.DATASET, "03")] + planned[there:])


def plan_of_later(later, first, last):
    """Return the (dataset, step number) pairs of datasets that were placed in others' clusters, in this order: from
    their clusters on, or from their features on where those before are looked at."""
    return [(name, number) for name in later for number in STEPS if max(first, "03") <= number <= last]


def training(settings, numbers):
    """Return (the pairs of DATASET, those that TRAIN_DATASET needs before them) of a run of the steps `numbers`."""
    if settings.train_dataset is None:
        return [(settings.DATASET, number) for number in numbers], []
    train = settings.for_dataset(settings.train_dataset)
    if not settings.learns:
        if "02" in numbers:
            tell(why_left_out(settings, train))
        return [(settings.DATASET, number) for number in numbers if number != "02"], []
    why = why_anew(train, looked_at="01" in numbers or train.DATASET != settings.DATASET)
    trained = not why
    if "02" in numbers and was_made(train):
        tell(f"02_finetune_network: made anew, as {why}{who_needs_it(train)}\n" if why else
             f"02_finetune_network: the network of {train.DATASET} is up to date\n")
    before = [] if train.DATASET == settings.DATASET or "02" not in numbers else steps_before(train, trained)
    return [(settings.DATASET, number) for number in numbers if number != "02" or not (trained or before)], before


def steps_before(train, trained):
    """Return the pairs that TRAIN_DATASET needs: all up to its features, these alone where it is trained, or none."""
    if not trained:
        return [(train.DATASET, number) for number in ("00", "01", "02", "03")]
    return [] if has_features(train, train) else [(train.DATASET, "03")]


def has_features(source, train):
    """Return whether the features of the dataset of the settings `source` are there, under the same settings, and none
    older than the network that step 02 made for TRAIN_DATASET, whose settings are `train`, None where there is none."""
    data_dir, network = source.folder("DATA_DIR"), train and train.folder("DATA_DIR") / "network.keras"
    if not is_up_to_date(data_dir, "03", of_step(source, "03")) or prepared_otherwise(data_dir, "03"):
        return False
    made = (data_dir / RECORD).stat().st_mtime_ns
    return not (network and network.exists() and network.stat().st_mtime_ns > made)


def known_source(settings, numbers):
    """Return the settings for the dataset that CALIBRATION_DATASET names, None where that has no part of its own in a
    run of the steps `numbers`."""
    name = settings.CALIBRATION_DATASET
    others = (None, "auto", settings.DATASET, settings.train_dataset)
    no_part = name in others or settings.ASSIGN_TO is not None or "04" not in numbers
    return None if no_part else settings.for_dataset(name)


def needs_steps(known, settings, planned):
    """Return whether labels, photos and features of known products are to be made: not where they are up to date, nor
    where there are no photos to make them of.

    planned: the other pairs of the run, which may train the network anew. Raises UserError where nobody said that the
    names of the photos hold their labels.
    """
    data_dir, raw_dir = known.folder("DATA_DIR"), known.folder("RAW_IMG_DIR")
    if not (known.DATASET in SAMPLES or raw_dir.exists()):
        if (data_dir / LEDGER).exists():
            tell(f"{raw_dir} is missing: what was made of the photos of {known.DATASET} before is used as it is\n")
        return False
    if known.labels_from is None:
        if not (data_dir / "labels_true.txt").exists():
            require_told_labels("CALIBRATION_DATASET", known)
        return False
    train = settings.train_dataset and settings.for_dataset(settings.train_dataset)
    current = ((settings.train_dataset, "02") not in planned and is_prepared(known) and not photos_came(known)
               and not labels_changed(known) and has_features(known, train))
    if current:
        tell(f"labels, photos and features of {known.DATASET} are up to date\n")
    return not current


def why_left_out(settings, train):
    """Say that step 02 has no part, and what to do for it to have one, where no labels of TRAIN_DATASET are known.

    Raises UserError where the names of its photos hold labels that nobody asked for, and it has no network yet.
    """
    if settings.learns_labels:
        why = f"step 02 is left out: no labels are known of TRAIN_DATASET = {train.DATASET!r}"
        if (train.folder("DATA_DIR") / "network.keras").exists():
            return f"{why}; the network that is there is used as it is\n"
        if settings.ASSIGN_TO is not None:
            return f"{why}\n"
        require_told_labels("TRAIN_DATASET", train)
    return f"step 02 is left out: {settings.untrained}\n"


def require_told_labels(setting, source):
    """Raise UserError where the names of the photos of a dataset without labels hold some.

    setting: which named the dataset to learn from; who does that does not want it passed over.
    """
    if names := labels_in_names(source):
        where = "photos" if names == "filename" else "photos' folders"
        raise UserError(f"{setting} = {source.DATASET!r}: no labels are known of it, as LABELS_FROM = None goes for it "
                        f"as well; set TRAIN_LABELS_FROM = {names!r} to learn from those in the names of its {where}, "
                        f"or {setting} = None to learn from none")


def labels_in_names(source):
    """Return the value of TRAIN_LABELS_FROM by which all photos' names give labels; None where none does."""
    if source.DATASET in SAMPLES:
        return "filename"
    for way in ("filename", "folder"):
        with contextlib.suppress(UserError):
            make_labels(list_files(source.folder("RAW_IMG_DIR")).photos, labels_from=way, regex=source.LABEL_REGEX)
            return way
    return None
