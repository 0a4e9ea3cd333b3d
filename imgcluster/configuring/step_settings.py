"""Which settings the files of each step depend on."""
from imgcluster.configuring.schema import PAIR_LOSSES
from imgcluster.configuring.settings import SAMPLES, Settings
from imgcluster.configuring.step_options import recipe_options

NETWORK_SETTINGS = ("BACKBONE", "WEIGHTS", "INPUT_SIZE", "RESIZE_MODE", "POOLING")

# What the files of each step depend on: recorded beside them, and compared when a later step reads them.
STEP_SETTINGS = {
    "00": ("LABELS_FROM", "LABEL_REGEX"),
    "01": ("BACKGROUND_METHOD", "BACKGROUND", "CROP_TO_PRODUCT", "MIN_PRODUCT_SHARE", "MAX_OBJECTS",
           "NORMALIZE_CONTRAST", "REMOVE_DUPLICATES", "MAX_IMG_SIDE", "MAX_PIXELS"),
    "02": ("RANDOM_SEED", *NETWORK_SETTINGS, "TRAIN_LABELS_FROM", "BATCH_SIZE", "HOLDOUT_MODELS", "TRAIN_ON_ALL",
           "TRAIN_FRACTION", "KEEP_PRETRAINED", "WHITEN_WITHIN_MODELS", "LOSS",
           "EMBEDDING_DIM", "IMGS_PER_MODEL_IN_BATCH", "HEAD_EPOCHS", "EPOCHS", "WEIGHT_AVERAGING",
           "TRAINABLE_FRACTION", "HEAD_LEARNING_RATE", "LEARNING_RATE", "LEARNING_RATE_SCHEDULE",
           "EARLY_STOPPING_PATIENCE", "DROPOUT", "LABEL_SMOOTHING", "CLASS_WEIGHTS", "AUGMENT_CROP", "AUGMENT_ROTATION",
           "AUGMENT_FLIP", "AUGMENT_TRANSLATION", "AUGMENT_ZOOM", "AUGMENT_BRIGHTNESS", "AUGMENT_CONTRAST",
           "AUGMENT_COLOR", "AUGMENT_NOISE", "AUGMENT_VERSIONS"),
    "03": ("RANDOM_SEED", *NETWORK_SETTINGS, "TRAIN_DATASET", "USE_FINE_TUNED", "FLIP_AVERAGING",
           "ZOOM_AVERAGING", "L2_NORMALIZE", "PCA_WHITENING"),
    "04": ("NUM_CLUSTERS", "NUM_IMGS_PER_MODEL", "CALIBRATION_DATASET", "ASSIGN_TO", "ALLOW_OUTLIERS",
           "SOM_GRID", "SOM_TOPOLOGY", "SOM_TOROIDAL", "SOM_EPOCHS"),
    "05": ("RANDOM_SEED", "BOOTSTRAP_SAMPLES"),
    "06": ("RANDOM_SEED", "MAX_SHEETS", "SCATTER_MAX_PHOTOS", "EXPORT_CLUSTERS"),
}

# Of step 02's those that say how the network's upper part is trained.
OF_EPOCHS = ("LEARNING_RATE", "LEARNING_RATE_SCHEDULE", "EARLY_STOPPING_PATIENCE", "WEIGHT_AVERAGING",
             *(name for name in STEP_SETTINGS["02"] if name.startswith("AUGMENT_") and name != "AUGMENT_VERSIONS"))
# Of step 02's those that count where there are no labels to learn from.
FITTING = ("RANDOM_SEED", "BACKBONE", "WEIGHTS", "INPUT_SIZE", "POOLING", "TRAIN_LABELS_FROM")


def of_step(settings, number):
    """Return the settings that the files of step `number` ("00" to "06") depend on, as a mapping.

    Those that another one leaves without a part are not among them.
    """
    learnt = settings.TRAIN_LABELS_FROM or settings.LABELS_FROM if settings.learns_labels else None
    names = FITTING if number == "02" and learnt is None else STEP_SETTINGS[number]
    idle = _idle(settings)
    values = {name: getattr(settings, name) for name in names if name not in idle}
    meant = {"LABELS_FROM": settings.labels_from, "TRAIN_DATASET": settings.train_dataset, "TRAIN_LABELS_FROM": learnt}
    return values | {name: value for name, value in meant.items() if name in values}


def in_vain(settings, number):
    """Return the names of the settings of a step that are not the defaults, though others switch off their use."""
    changed = {name for name, field in Settings.model_fields.items() if getattr(settings, name) != field.default}
    return [name for name in STEP_SETTINGS[number] if name in changed & _idle(settings)]


def _idle(settings):
    """The names of the settings of steps 00 to 04 that change no file of these, whatever they are, as other settings
    switch off what they are for."""
    recipe, in_pairs = recipe_options(settings), settings.LOSS in PAIR_LOSSES
    looked_for = recipe["fill"] != "keep" or recipe["crop"] or recipe["save_masks"] or recipe["every_mask"]
    idle = {"LABEL_REGEX": settings.labels_from != "filename" or settings.DATASET in SAMPLES,
            "BACKGROUND_METHOD": not looked_for, "MIN_PRODUCT_SHARE": settings.BACKGROUND_METHOD == "none",
            "MAX_OBJECTS": settings.BACKGROUND_METHOD == "none", "TRAIN_ON_ALL": settings.HOLDOUT_MODELS == 0,
            "CLASS_WEIGHTS": in_pairs, "IMGS_PER_MODEL_IN_BATCH": not in_pairs,
            "HEAD_LEARNING_RATE": settings.HEAD_EPOCHS == 0,
            **dict.fromkeys(OF_EPOCHS, settings.EPOCHS == 0), "NUM_IMGS_PER_MODEL": settings.NUM_CLUSTERS is not None,
            "USE_FINE_TUNED": settings.ASSIGN_TO is not None or settings.DATASET == settings.train_dataset,
            **{name: True for name in STEP_SETTINGS["04"] if name != "ASSIGN_TO" and settings.ASSIGN_TO is not None}}
    return {name for name, without_a_part in idle.items() if without_a_part}
