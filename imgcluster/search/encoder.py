"""Features of query photos, by the path that most of the catalogue's photos took through steps 01 and 03."""
from collections import Counter
from pathlib import Path

import numpy as np

from imgcluster.datafiles.artefacts import require
from imgcluster.datafiles.chain import placed_among
from imgcluster.datafiles.feature_record import PRETRAINED_SETTINGS, features_record
from imgcluster.datafiles.records import changed_preparation, changed_settings
from imgcluster.errors import UserError
from imgcluster.extraction.feature_files import WHITENING
from imgcluster.extraction.features import embed
from imgcluster.files import read_arrays
from imgcluster.photos.decoding import decode_image
from imgcluster.photos.images import encode_image, resize_for_network

# Pictures that go through the network at once; it is compiled for this many and for one.
BATCH = 4
# Settings of step 03 that make a pretrained network another one. They make nothing of a network of step 02, which is as
# its file is, whatever is set when step 03 uses it (which warns of it).
OF_PRETRAINED = ("RANDOM_SEED", "BACKBONE", "WEIGHTS", *PRETRAINED_SETTINGS)


class Encoder:
    """Turns prepared pictures into features like those of the catalogue."""

    def __init__(self, embedding, *, suffix=".jpg", mode="pad", flip_averaging=False, l2_normalize=True, whitening=None,
                 compiled=True):
        """embedding: model from RGB pictures [B, S, S, 3] of 0..255 to [B, D], with or without what it saw before it
        was adapted, [B, E] (`networks.with_before`). suffix: of the catalogue's photos (`usual_suffix`).
        whitening: (mean [D], axes [D, K]) that the catalogue's features went through, or None. compiled: whether to
        compile the network, which takes a second or several, and pays from a few photos on. The others are those of
        `features.extract_features`."""
        self.size, self.mode, self.suffix = embedding.input_shape[1], mode, suffix
        self.embedding = embedding if compiled else _Uncompiled(embedding)
        self.options = {"flip_averaging": flip_averaging, "l2_normalize": l2_normalize}
        self.whitening = whitening

    def warm_up(self):
        """Compile the network now, so that the first photo does not wait for it."""
        blank = np.zeros((self.size, self.size, 3), np.uint8)
        for count in (1, BATCH):
            self.encode([blank] * count)

    def encode(self, pictures):
        """Return (features float32 [N, D], what the network saw before [N, E], or the same) of N pictures, uint8 RGB or
        RGBA of any sizes."""
        stored = (as_stored(picture, self.size, self.suffix) for picture in pictures)
        squares = np.stack([resize_for_network(picture, self.size, mode=self.mode) for picture in stored])
        batch = 1 if len(squares) == 1 else BATCH
        parts = [embed(self.embedding, squares[start:start + batch], batch, **self.options)
                 for start in range(0, len(squares), batch)]
        features, *before = map(np.concatenate, zip(*parts))
        features = self.whitened(features)
        return features, before[0] if before else features

    def whitened(self, features):
        """Return features [N, D] on the catalogue's whitened axes [N, K], where it has such."""
        if not self.whitening:
            return features
        mean, axes = self.whitening
        return ((features - mean) @ axes).astype(np.float32)


class _Uncompiled:
    """A network called layer by layer."""

    def __init__(self, embedding):
        self.embedding = embedding

    def predict_on_batch(self, pictures):
        return self.embedding(pictures, training=False)


def as_stored(picture, size, suffix):
    """Return a prepared picture as step 03 reads it back from IMG_DIR, for a network of `size` pixels.

    Compression and the decoder's way of scaling down leave traces that the network sees. suffix: of the file's name,
    which says how it is compressed.
    """
    return decode_image(encode_image(picture, suffix), min_side=size)


def usual_suffix(img_paths):
    """Return the suffix that most of the photos have, ".jpg" where there are none."""
    return Counter(Path(path).suffix.lower() for path in img_paths).most_common(1)[0][0] if img_paths else ".jpg"


def check_settings(data_dir, settings, *, trained):
    """Raise UserError unless step 03 made features.npy, under the present settings and of photos prepared under these.

    settings: those of steps 01 and 03, a mapping. trained: whether the network is one of step 02, whose own file tells
    it apart (`check_network`). The seed only counts for random weights. Features of one's own may be as wide as the
    network's, and yet no photo can be compared with them: only a record tells.
    """
    path = require(Path(data_dir) / "features.npy")
    if not features_record(data_dir):
        raise UserError(f"{path}: step 03 did not make it (made_by_03.json has no record of it), so by which network a "
                        "photo could be compared with it is not known; run 03_extract_features.py, which puts yours "
                        "aside, or, where step 03 made it elsewhere, put the made_by_03.json from there beside it")
    idle = OF_PRETRAINED if trained else () if _has_random(settings["WEIGHTS"]) else ("RANDOM_SEED",)
    changes = changed_settings(data_dir, "03", {name: settings[name] for name in settings if name not in idle})
    prepared = changed_preparation(data_dir, "03", settings)
    if changes or prepared:
        others = "; ".join([*prepared, *changes])
        raise UserError(f"{data_dir}: its features were made under other settings ({others}), so a new photo cannot be "
                        f"compared with them; {_remedy(data_dir, changes, prepared)}")


def _has_random(weights):
    """Whether WEIGHTS has a network begin with random weights, the only one or one of several."""
    return None in (weights if isinstance(weights, list) else [weights])


def _remedy(data_dir, changes, prepared):
    """What to do about features made under other settings; changes, prepared: lines on those of steps 03 and 01."""
    steps = "01_img_preprocess.py and 03_extract_features.py" if prepared else "03_extract_features.py"
    back = "set these back"
    if any(change.startswith("TRAIN_DATASET:") for change in changes):
        if earlier := placed_among(data_dir):
            return f"these photos were placed in the clusters of {earlier}: set ASSIGN_TO = {earlier!r}"
        back += ' (TRAIN_DATASET = "auto" goes by CALIBRATION_DATASET and ASSIGN_TO: then set those back)'
    return f"{back}, or run {steps} again"


def check_network(data_dir, source, dimension):
    """Raise UserError when features.npy was made by another network than the one loaded.

    source: the network's `networks.Network.source`; dimension: of its features, by which features are told whose record
    is of an earlier version and does not say which file it is of.
    """
    record = features_record(data_dir)
    others = [f"{name}: {record[name]} -> {source[name]}" for name in source if name in record
              and record[name] != source[name]]
    if others:
        raise UserError(f"{data_dir}: its features were made by another network ({'; '.join(others)}); run "
                        "03_extract_features.py again, or set BACKBONE, WEIGHTS and TRAIN_DATASET as they were")
    stored = np.load(require(Path(data_dir) / "features.npy"), mmap_mode="r", allow_pickle=False).shape[1]
    whitened = bool(record.get("settings", {}).get("PCA_WHITENING"))
    if not whitened and stored != dimension:
        raise UserError(f"{data_dir}: features.npy has {stored} features a photo, the network {source['network']} "
                        f"gives {dimension}; run 03_extract_features.py again, or name the network they were made with")


def read_whitening(data_dir, components):
    """Return (mean [D], axes [D, K]) by which step 03 whitened, or None with PCA_WHITENING = None (`components`)."""
    path = Path(data_dir) / WHITENING
    if components is None:
        return None
    if not path.exists():
        raise UserError(f"{path} is missing, by which new photos are whitened as the catalogue was; run "
                        "03_extract_features.py again")
    arrays = read_arrays(path)
    return arrays["mean"].astype(np.float32), arrays["axes"].astype(np.float32)
