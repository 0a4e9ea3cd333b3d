"""Settings as the keyword arguments of the functions that the steps call; `settings` is a `settings.Settings`."""
from imgcluster.configuring.schema import paired
from imgcluster.configuring.settings import SAMPLES


def label_options(settings):
    """The keyword arguments of `labels.make_labels`; those of the sample are in its names, whatever is set."""
    if settings.DATASET in SAMPLES and settings.labels_from is not None:
        return {"labels_from": "filename", "csv_path": None}
    csv_path = None
    if settings.labels_from not in ("filename", "folder", None):
        csv_path = settings.resolve(settings.labels_from.replace("{DATASET}", settings.DATASET))
    return {"labels_from": settings.labels_from, "regex": settings.LABEL_REGEX, "csv_path": csv_path,
            "setting": settings.labels_setting}


def recipe_options(settings):
    """The keyword arguments of `prepare.Recipe`."""
    return {"method": settings.BACKGROUND_METHOD, "fill": settings.BACKGROUND, "crop": settings.CROP_TO_PRODUCT,
            "contrast": settings.NORMALIZE_CONTRAST, "max_side": settings.MAX_IMG_SIDE,
            "max_pixels": settings.MAX_PIXELS, "save_masks": settings.SAVE_MASKS,
            "every_mask": settings.MIN_PRODUCT_SHARE > 0 or settings.MAX_OBJECTS is not None}


def filter_options(settings):
    """The keyword arguments of `photo_audit.refusal`."""
    return {"min_product_share": settings.MIN_PRODUCT_SHARE, "max_objects": settings.MAX_OBJECTS,
            "max_side": settings.MAX_IMG_SIDE}


def picture_options(settings):
    """The keyword arguments that turn photos into pictures for the network (`pictures.iterate_pictures`)."""
    return {"mode": settings.RESIZE_MODE, "max_pixels": settings.MAX_PIXELS, "workers": settings.workers}


def feature_options(settings):
    """The keyword arguments of `features.extract_features` that are settings."""
    return {"batch_size": settings.BATCH_SIZE, "flip_averaging": settings.FLIP_AVERAGING,
            "l2_normalize": settings.L2_NORMALIZE, "components": settings.PCA_WHITENING, **picture_options(settings)}


def addition_options(settings):
    """The keyword arguments of `additions.AdditionOptions` that are settings."""
    return {"filters": filter_options(settings), "remove_duplicates": settings.REMOVE_DUPLICATES,
            "batch_size": settings.BATCH_SIZE, "pictures": picture_options(settings),
            "labels": label_options(settings)}


def network_options(settings):
    """The keyword arguments of `networks.load_network`."""
    source = settings.train_dataset
    return {"train_dataset": source, "train_dir": source and settings.data_dir_of(source),
            "backbone": settings.BACKBONE, "weights": settings.weights(), "input_size": settings.INPUT_SIZE,
            "seed": settings.RANDOM_SEED, "pooling": settings.POOLING}


def each_network(settings):
    """The networks of BACKBONE, one or several: the keyword arguments of `trainer.Trainer.train` for each."""
    pairs = enumerate(paired(settings.BACKBONE, settings.weights()), start=1)
    return [{"backbone": name, "number": number, "weights": own, "input_size": settings.INPUT_SIZE,
             "pooling": settings.POOLING} for number, (name, own) in pairs]


def split_options(settings):
    """The keyword arguments of `trainer.make_training_set`."""
    return {"holdout_models": settings.HOLDOUT_MODELS, "train_fraction": settings.TRAIN_FRACTION,
            "train_on_all": settings.TRAIN_ON_ALL, "seed": settings.RANDOM_SEED}


def trainer_options(settings):
    """The keyword arguments of `trainer.Trainer` that are settings."""
    return {"seed": settings.RANDOM_SEED, "picture_options": picture_options(settings),
            "keep_pretrained": settings.KEEP_PRETRAINED, "whiten": settings.WHITEN_WITHIN_MODELS}


def augmentation_options(settings):
    """The keyword arguments of `augmentation.Augmentation`."""
    names = ("crop", "rotation", "flip", "translation", "zoom", "brightness", "contrast", "color", "noise")
    return {name: getattr(settings, f"AUGMENT_{name.upper()}") for name in names}


def regime_options(settings):
    """The keyword arguments of `training.Regime`, all but the augmentation."""
    names = ("loss", "embedding_dim", "weight_averaging", "head_epochs", "epochs", "trainable_fraction",
             "head_learning_rate", "learning_rate", "dropout", "label_smoothing", "class_weights", "batch_size")
    return {**{name: getattr(settings, name.upper()) for name in names}, "schedule": settings.LEARNING_RATE_SCHEDULE,
            "imgs_per_model": settings.IMGS_PER_MODEL_IN_BATCH,
            "patience": settings.EARLY_STOPPING_PATIENCE, "versions": settings.AUGMENT_VERSIONS}
