"""Every setting's type, range and default, each checked by itself and beside those above it."""
import os
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from imgcluster.backbone_table import why_not_with, why_too_small, why_unknown

# Losses that compare photos, in batches of as many of each model.
PAIR_LOSSES = ("triplet", "triplet_hard", "contrastive", "cascaded")

# The catalogue that step 00 draws.
SAMPLE = "sample"

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


class Schema(BaseModel):
    """Every setting, checked. `config.py` documents their meaning, unit and values."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

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
