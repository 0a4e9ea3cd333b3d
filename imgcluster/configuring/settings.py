"""Every setting with its type, range and default, checked together and then frozen; and what "auto" stands for.

The package never imports `config`; scripts load the settings (`config_file`) and pass plain arguments on.
"""
import functools
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from imgcluster.backbone_table import why_not_with, why_too_small, why_unknown
from imgcluster.datafiles.records import made_with
from imgcluster.errors import UserError

# What Windows lets a pool of processes wait for at once.
WINDOWS_WORKERS = 61

# Losses that compare photos, in batches of as many of each model.
PAIR_LOSSES = ("triplet", "triplet_hard", "contrastive", "cascaded")

WRITTEN_TO = ("IMG_DIR", "DATA_DIR", "RESULT_DIR")

# The catalogue that step 00 draws, and the part of it that has labels to learn from.
SAMPLES = SAMPLE, SAMPLE_TRAIN = "sample", "sample_train"
# Photos without labels below which a network's own pooling may tell more than one fitted to them.
FEW_PHOTOS = 50

WeightsName = Annotated[str, Field(min_length=1)] | None


def _check_name(name):
    if name in (".", "..") or any(sign in name for sign in "/\\\0"):
        raise ValueError("a folder name is needed, not a path; folders are set by RAW_IMG_DIR and the others")
    return name


def _check_placeholders(folder):
    unknown = set(re.findall(r"{.*?}", folder)) - {"{DATASET}"}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} is not known; {{DATASET}} is the only name in braces")
    return folder


def _listed(value):
    """A setting that holds one value or a list of them as a list; none where the setting was refused."""
    return value if isinstance(value, list) else [] if value is None else [value]


def paired(names, weights):
    """Return each network with its weights, of which one serves for all."""
    names = _listed(names)
    return zip(names, weights if isinstance(weights, list) else [weights] * len(names))


def _refuse(reasons):
    for reason in filter(None, reasons):
        raise ValueError(reason)


Name = Annotated[str, Field(min_length=1), AfterValidator(_check_name)]
Folder = Annotated[str, Field(min_length=1), AfterValidator(_check_placeholders)]
Share = Annotated[float, Field(ge=0, le=1)]
HalfShare = Annotated[float, Field(ge=0, le=0.5)]
OpenShare = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """Every setting, checked. `config.py` documents their meaning, unit and values."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    _folder: Path = PrivateAttr(default_factory=Path.cwd)
    _home: str | None = PrivateAttr(default=None)

    DATASET: Name = SAMPLE
    TRAIN_DATASET: Name | None = "auto"
    RAW_IMG_DIR: Folder = "raw_img/{DATASET}"
    IMG_DIR: Folder = "img/{DATASET}"
    DATA_DIR: Folder = "data/{DATASET}"
    RESULT_DIR: Folder = "result/{DATASET}"
    RANDOM_SEED: Annotated[int, Field(ge=0, lt=2**31)] = 0
    NUM_WORKERS: Positive | None = None
    MAX_PIXELS: Positive = 200_000_000

    LABELS_FROM: str | None = "filename"
    TRAIN_LABELS_FROM: str | None = None
    LABEL_REGEX: str = r"^(\d+)_"

    BACKGROUND_METHOD: Literal["grabcut", "contours", "none"] = "grabcut"
    BACKGROUND: Literal["white", "grey", "mean", "blur", "transparent", "keep"] = "keep"
    CROP_TO_PRODUCT: Literal["plain", True, False] = "plain"
    MIN_PRODUCT_SHARE: Annotated[float, Field(ge=0, lt=1)] = 0.0
    MAX_OBJECTS: Annotated[int, Field(ge=1)] | None = None
    NORMALIZE_CONTRAST: bool = False
    SAVE_MASKS: bool = False
    REMOVE_DUPLICATES: bool = False
    MAX_IMG_SIDE: Annotated[int, Field(ge=32)] = 640

    BACKBONE: str | Annotated[list[str], Field(min_length=1)] = "auto"
    WEIGHTS: WeightsName | list[WeightsName] = "imagenet"
    INPUT_SIZE: Annotated[int, Field(ge=32, le=2048)] | None = None
    RESIZE_MODE: Literal["pad", "stretch", "crop"] = "pad"
    POOLING: Literal["auto", "avg", "max", "gem"] = "auto"
    BATCH_SIZE: Positive = 32

    HOLDOUT_MODELS: OpenShare = 0.2
    TRAIN_ON_ALL: bool = True
    TRAIN_FRACTION: Annotated[float, Field(gt=0, lt=1)] = 0.9
    KEEP_PRETRAINED: bool = True
    WHITEN_WITHIN_MODELS: bool = True
    LOSS: Literal["softmax", "cosine", "arcface", "center", "triplet", "triplet_hard", "contrastive",
                  "cascaded"] = "contrastive"
    EMBEDDING_DIM: Annotated[int, Field(ge=2, le=4096)] | None = None
    IMGS_PER_MODEL_IN_BATCH: Annotated[int, Field(ge=2)] = 8
    HEAD_EPOCHS: Count = 40
    EPOCHS: Count = 6
    WEIGHT_AVERAGING: Annotated[float, Field(ge=0)] = 0.0
    TRAINABLE_FRACTION: Share = 0.6
    HEAD_LEARNING_RATE: Rate = 2e-3
    LEARNING_RATE: Rate = 2e-4
    LEARNING_RATE_SCHEDULE: Literal["cosine", "step", "plateau"] = "cosine"
    EARLY_STOPPING_PATIENCE: Positive = 8
    DROPOUT: OpenShare = 0.0
    LABEL_SMOOTHING: OpenShare = 0.1
    CLASS_WEIGHTS: bool = True
    AUGMENT_CROP: HalfShare = 0.12
    AUGMENT_ROTATION: Annotated[float, Field(ge=0, le=180)] = 10.0
    AUGMENT_FLIP: bool = True
    AUGMENT_TRANSLATION: HalfShare = 0.05
    AUGMENT_ZOOM: HalfShare = 0.1
    AUGMENT_BRIGHTNESS: Share = 0.15
    AUGMENT_CONTRAST: Share = 0.15
    AUGMENT_COLOR: Share = 0.15
    AUGMENT_NOISE: HalfShare = 0.01
    AUGMENT_VERSIONS: Positive | None = 4

    USE_FINE_TUNED: Literal["auto", True] = "auto"
    FLIP_AVERAGING: bool = False
    ZOOM_AVERAGING: Annotated[float, Field(ge=1, le=3)] = 1.0
    L2_NORMALIZE: bool = True
    PCA_WHITENING: Positive | None = None
    FEATURES_TSV: bool = False

    NUM_CLUSTERS: Positive | None = None
    NUM_IMGS_PER_MODEL: Annotated[float, Field(ge=1)] | None = None
    CALIBRATION_DATASET: Name | None = "auto"
    ASSIGN_TO: Name | None = None
    ALLOW_OUTLIERS: bool = False
    SOM_GRID: Annotated[tuple[Positive, Positive], Field(strict=False)] | None = None
    SOM_TOPOLOGY: Literal["rectangular", "hexagonal"] = "rectangular"
    SOM_TOROIDAL: bool = False
    SOM_EPOCHS: Positive = 20

    BOOTSTRAP_SAMPLES: Annotated[int, Field(ge=10)] = 1000
    MAX_SHEETS: Count = 20
    SCATTER_MAX_PHOTOS: Annotated[int, Field(ge=10)] = 3000
    EXPORT_CLUSTERS: Literal[False, "copy", "link"] = False

    # Checks of single fields: one of the whole model would be passed over whenever another setting is wrong.
    @field_validator("LABEL_REGEX")
    @classmethod
    def _check_regex(cls, pattern):
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from error
        if groups < 1:
            raise ValueError("has no group; put the part that is the label in parentheses")
        return pattern

    @field_validator("IMG_DIR")
    @classmethod
    def _check_folders(cls, folder, info):
        if os.path.normpath(folder) == os.path.normpath(info.data.get("RAW_IMG_DIR", "")):
            raise ValueError("the same folder as RAW_IMG_DIR; photos would be overwritten")
        return folder

    @field_validator("BACKBONE")
    @classmethod
    def _check_backbone(cls, names):
        _refuse(map(why_unknown, _listed(names)))
        return names

    @field_validator("WEIGHTS")
    @classmethod
    def _check_weights(cls, weights, info):
        names = info.data.get("BACKBONE")
        if isinstance(weights, list) and len(weights) != (len(names) if isinstance(names, list) else 0):
            raise ValueError(f"{len(weights)} entries for BACKBONE = {names!r}; give one for each network of a list")
        _refuse(why_not_with(name, own) for name, own in paired(names, weights))
        return weights

    @field_validator("INPUT_SIZE")
    @classmethod
    def _check_size(cls, size, info):
        _refuse(why_too_small(name, size) for name in _listed(info.data.get("BACKBONE")) if size is not None)
        return size

    @field_validator("SOM_TOROIDAL")
    @classmethod
    def _check_torus(cls, toroidal, info):
        columns = (info.data.get("SOM_GRID") or (1, 1))[1]
        if toroidal and info.data.get("SOM_TOPOLOGY") == "hexagonal" and columns % 2 and columns > 1:
            raise ValueError(f"a hexagonal map whose edges meet needs an even number of columns, but SOM_GRID "
                             f"= {info.data['SOM_GRID']} has {columns}; make it even, or choose another SOM_TOPOLOGY")
        return toroidal

    @field_validator("ASSIGN_TO")
    @classmethod
    def _check_axes(cls, name, info):
        if name is not None and info.data.get("PCA_WHITENING"):
            raise ValueError("new photos would get axes of their own by PCA_WHITENING, on which they cannot be "
                             "compared with earlier ones; set that to None")
        return name

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
        # macOS and Windows cannot say which cores this process may use.
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        workers = self.NUM_WORKERS or cores
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
