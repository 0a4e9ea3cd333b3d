"""The settings of a run, frozen: their folders, and what "auto" stands for.

The package never imports `config`; scripts load the settings (`config_file`) and pass plain arguments on.
"""
import functools
import os
import re
import sys
from pathlib import Path

from pydantic import PrivateAttr

from imgcluster.configuring.schema import SAMPLE, Schema
from imgcluster.datafiles.records import made_with
from imgcluster.errors import UserError
from imgcluster.threads import num_cores

# What Windows lets a pool of processes wait for at once.
WINDOWS_WORKERS = 61

WRITTEN_TO = ("IMG_DIR", "DATA_DIR", "RESULT_DIR")

# The part of the sample catalogue that has labels to learn from.
SAMPLE_TRAIN = "sample_train"
SAMPLES = (SAMPLE, SAMPLE_TRAIN)
# Photos without labels below which a network's own pooling may tell more than one fitted to them.
FEW_PHOTOS = 50


class Settings(Schema):
    """Every setting, checked, with the folder that relative paths count from and the dataset that the run is on."""

    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _home: str | None = PrivateAttr(default=None)

    def folder(self, name):
        """Return the folder of the setting `name`, absolute.

        Raises UserError for another dataset (`for_dataset`) where the template has no {DATASET}: both would share it.
        """
        template = getattr(self, name)
        if "{DATASET}" not in template and self._home not in (None, self.DATASET):
            raise UserError(f"{name} = {template!r}: has no {{DATASET}} in it, so {self._home} and {self.DATASET} "
                            "would share a folder; put {DATASET} into it, or name no other dataset (TRAIN_DATASET, "
                            "CALIBRATION_DATASET, ASSIGN_TO)")
        return self.resolve(template.replace("{DATASET}", self.DATASET))

    def resolve(self, path):
        """Return `path` as an absolute path; relative ones count from the folder of the config file."""
        return Path(os.path.abspath(self._folder / Path(path).expanduser()))

    def written_among_photos(self):
        """Return a line for each folder written to that is, or lies in, RAW_IMG_DIR, whatever their paths look like.

        One for an IMG_DIR in which that lies, too: prepared photos have the names of the originals. And one where it
        lies among the photos sorted by cluster, which step 06 makes anew.
        """
        photos, prepared = (self.folder(name).resolve() for name in ("RAW_IMG_DIR", "IMG_DIR"))
        above = photos != prepared and photos.is_relative_to(prepared)
        found = [f"IMG_DIR = {self.IMG_DIR!r}: RAW_IMG_DIR lies in it, where prepared photos may take the places of "
                 "originals; name a folder of its own"] if above else []
        if photos.is_relative_to((self.folder("RESULT_DIR") / "clusters").resolve()):
            found.append(f"RAW_IMG_DIR = {self.RAW_IMG_DIR!r}: lies in RESULT_DIR/clusters, which step 06 empties and "
                         "makes anew; move the photos to a folder of their own")
        return found + [
            f"{name} = {getattr(self, name)!r}: lies in RAW_IMG_DIR, where photos would be overwritten and what is "
                "written be taken for photos; name a folder outside of it" for name in WRITTEN_TO
                if self.folder(name).resolve().is_relative_to(photos)]

    @property
    def workers(self):
        """Number of processes to read photos with; at most 61 on Windows."""
        workers = self.NUM_WORKERS or num_cores()
        return min(workers, WINDOWS_WORKERS) if sys.platform == "win32" else workers

    def weights(self):
        """WEIGHTS as the backbone takes it: "imagenet", None, or an absolute path; a list for several networks."""
        def absolute(weights):
            return weights if weights in ("imagenet", None) else self.resolve(weights)
        return list(map(absolute, self.WEIGHTS)) if isinstance(self.WEIGHTS, list) else absolute(self.WEIGHTS)

    @functools.cached_property
    def train_dataset(self):
        """TRAIN_DATASET, or what "auto" stands for: the training part of the sample; with ASSIGN_TO what those that
        were clustered before had for it; none where a CALIBRATION_DATASET is named, as photos of both need the same
        network; else the photos to be clustered themselves."""
        home = self._home or self.DATASET
        if self.TRAIN_DATASET != "auto":
            return self.TRAIN_DATASET
        if home in SAMPLES:
            return SAMPLE_TRAIN
        if self.ASSIGN_TO is not None:
            return self._train_dataset_of(self.ASSIGN_TO)
        return home if self.CALIBRATION_DATASET in (None, "auto") else None

    @property
    def untrained(self):
        """Why step 02 leaves the network as it is, in words; "" where there is something to fit it to."""
        if self.train_dataset is None:
            beside = "CALIBRATION_DATASET" if self.ASSIGN_TO is None else "ASSIGN_TO"
            said = "TRAIN_DATASET = None" if self.TRAIN_DATASET is None else (
                f'TRAIN_DATASET = "auto" beside {beside} = {getattr(self, beside)!r}')
            return f"{said}: nothing to train on, the pretrained network is used as it is"
        placed = self.ASSIGN_TO is not None and not self.learns_labels
        if placed:
            return f"with ASSIGN_TO the network of {self.train_dataset} is used as it is"
        return "" if self.learns else (
            f"no labels are known of TRAIN_DATASET = {self.train_dataset!r}; "
            f"TRAIN_DATASET = {self.DATASET!r} would fit the network to the photos themselves")

    def why_not_fitted(self, num_photos):
        """Why step 02 does not fit the network to so many photos without labels, in words; "" where it does."""
        if self.POOLING != "auto":
            return f"POOLING = {self.POOLING!r} leaves nothing to fit"
        few = num_photos < FEW_PHOTOS
        return f"there are fewer than the {FEW_PHOTOS} photos to fit the network to ({num_photos})" if few else ""

    def _train_dataset_of(self, earlier):
        """What a dataset's features were made with: one that was itself placed in clusters has no network of its own,
        and one that has may have features by the pretrained network since."""
        return made_with(self.data_dir_of(earlier), "03", "TRAIN_DATASET", default=earlier)

    @property
    def learns_labels(self):
        """Whether step 02 may look at labels. "auto" uses none but the sample's: they are there to score clusters."""
        return self.TRAIN_DATASET != "auto" or (self._home or self.DATASET) in SAMPLES

    @property
    def labels_from(self):
        """LABELS_FROM, or what takes its place in a dataset to learn from."""
        return getattr(self, self.labels_setting)

    @property
    def labels_setting(self):
        """The name of the setting that says where the labels of DATASET are."""
        learnt = (self.train_dataset if self.learns_labels else None, self.CALIBRATION_DATASET)
        return "TRAIN_LABELS_FROM" if self.TRAIN_LABELS_FROM and self.DATASET in learnt else "LABELS_FROM"

    @property
    def learns(self):
        """Whether step 02 has a part: TRAIN_DATASET has labels, or is DATASET itself, to be fitted to without any."""
        source = self.train_dataset
        return source is not None and (source == self.DATASET or (
            self.learns_labels and self.for_dataset(source).labels_from is not None))

    @property
    def known_dataset(self):
        """The dataset whose products show step 04 what counts as one: CALIBRATION_DATASET, or what "auto" stands for,
        which is none where the number of clusters is given."""
        if self.CALIBRATION_DATASET != "auto":
            return self.CALIBRATION_DATASET
        given = self.NUM_CLUSTERS or self.NUM_IMGS_PER_MODEL
        return None if given or self.train_dataset == self.DATASET else self.train_dataset

    def for_dataset(self, dataset):
        """Return the same settings for another dataset, in the folders of the same templates."""
        other = self.model_copy(update={"DATASET": dataset})
        other._folder, other._home = self._folder, self._home or self.DATASET
        return other

    def data_dir_of(self, dataset):
        """Return the DATA_DIR of another dataset, with the errors of `folder`."""
        return self.for_dataset(dataset).folder("DATA_DIR")

    def folders_of(self, dataset):
        """Return (DATA_DIR, the folders where photos lie, tried in order) of a dataset, with the errors of `folder`."""
        own = self.for_dataset(dataset)
        return own.folder("DATA_DIR"), [own.folder("RAW_IMG_DIR"), own.folder("IMG_DIR")]

    def datasets(self, name="DATA_DIR"):
        """Return {dataset: its folder of the setting `name`} of all that have this folder, in order; {} where the
        template has no {DATASET}."""
        parts = Path(getattr(self, name)).parts
        place = next((place for place, part in enumerate(parts) if "{DATASET}" in part), None)
        if place is None:
            return {}
        first, *others = map(re.escape, parts[place].split("{DATASET}"))
        pattern = re.compile(f"{first}(.+)" + r"\1".join(others), re.DOTALL)
        matches = (pattern.fullmatch(path.name) for path in self.resolve(Path(*parts[:place])).glob("*"))
        named = sorted(match[1] for match in matches if match)
        return {dataset: folder for dataset in named if (folder := self.for_dataset(dataset).folder(name)).is_dir()}
