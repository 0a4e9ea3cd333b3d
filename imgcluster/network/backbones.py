"""Pretrained networks of `keras.applications`, those of `backbone_table`, each with its input size and preprocessing.

Every model built here takes RGB pictures of 0 to 255 (uint8 or float) and does its own scaling, so callers never
preprocess, and the same picture means the same to training, extraction and search.
"""
import contextlib
import io
import os
import re
import socket
import sys
import warnings
from http.client import HTTPException
from pathlib import Path

import keras

from imgcluster.backbone_table import (
    AUTO,
    BACKBONES,
    BUNDLED,
    PREFERRED,
    PREFIX,
    why_not_with,
    why_unknown,
)
from imgcluster.errors import UserError
from imgcluster.network.depth_pooling import pooled_at_depths, read_statistics
from imgcluster.network.ensemble import join_networks
from imgcluster.network.hub_backbones import build_hub_backbone
from imgcluster.network.pooling import pooling_layer
from imgcluster.network.scaling import InputScaling
from imgcluster.wording import first_line

# Seconds to wait for the server that holds the ImageNet weights; one that swallows packets would hang for minutes.
CONNECT_TIMEOUT = 10
# In what Keras raises where a download fails (a plain Exception), and where what came is something else (a ValueError).
_ADDRESS, _OTHER_FILE = re.compile(r"https?://\S+?\.h5"), "file hash does not match"

# y = x * scale + offset per channel, after reversing RGB to BGR where the network was trained so
# (the modes of keras.applications.imagenet_utils.preprocess_input).
SCALINGS = {
    "tf": {"scale": [1 / 127.5] * 3, "offset": [-1.0] * 3},
    "caffe": {"scale": [1.0] * 3, "offset": [-103.939, -116.779, -123.68], "reverse_channels": True},
    "torch": {"scale": [1 / (255 * std) for std in (0.229, 0.224, 0.225)],
              "offset": [-mean / std for mean, std in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))]},
}


def check_backbone(name):
    """Return the `Backbone` called `name`; raises UserError that lists the names there are."""
    if name not in BACKBONES:
        raise UserError(f"BACKBONE = {name!r}: {why_unknown(name)}")
    return BACKBONES[name]


def ships(name, weights):
    """Return whether a network and its WEIGHTS are those that lie in this project."""
    return name == BUNDLED and weights == "imagenet"


def origin_of(name, weights):
    """Return in words where a network's weights come from."""
    return "its own weights" if ships(name, weights) else f"weights {weights}"


def load_backbone(name, *, weights="imagenet", input_size=None, pooling="auto"):
    """Return (embedding network, its name, remark) for the setting BACKBONE, which may be "auto" or a list of names.

    "auto" takes InceptionV3 when its ImageNet weights are on this machine or can be downloaded (one short attempt),
    else the bundled network, and the remark says how to get the other. A named network never falls back. Of a list,
    the features are joined (`ensemble.join_networks`). Raises UserError as `build_backbone` does.
    """
    options = {"input_size": input_size, "pooling": pooling}
    if isinstance(name, (list, tuple)):
        several = weights if isinstance(weights, (list, tuple)) else [weights] * len(name)
        loaded = [load_backbone(each, weights=own, **options) for each, own in zip(name, several, strict=True)]
        return (join_networks([embedding for embedding, _, _ in loaded]), " + ".join(each for _, each, _ in loaded),
                "; ".join(remark for _, _, remark in loaded if remark))
    if name != AUTO:
        return build_backbone(name, weights=weights, **options), name, ""
    if why_not_with(name, weights):
        raise UserError(f"WEIGHTS = {str(weights)!r}: {why_not_with(name, weights)}")
    try:
        return (build_backbone(PREFERRED, weights=weights, **options), PREFERRED,
                f"for the small network that ships with this project set BACKBONE = {BUNDLED!r}")
    except MissingWeights as error:
        return build_backbone(BUNDLED, weights=weights, **options), BUNDLED, error.in_short


def build_backbone(name, *, weights="imagenet", input_size=None, pooling="auto"):
    """Return a Keras model from RGB pictures [B, S, S, 3] of 0..255 to pooled features [B, D].

    weights: "imagenet" (the bundled network: its own), the path of a weights file without the classification layer, or
    None (random). pooling: "avg", "max" or "gem" (`pooling.pooling_layer`), or "auto": from several depths where the
    weights file says how (`depth_pooling`), as the bundled network's does, else "avg".
    input_size: S in pixels, None for the network's own. The convolutional part is the layer "backbone", the pooling
    over its maps the layer "features". Raises UserError when weights are missing or do not fit.
    """
    if name.startswith(PREFIX):
        return build_hub_backbone(name, weights=weights, input_size=input_size, pooling=pooling)
    backbone = check_backbone(name)
    size = input_size or backbone.input_size
    if weights == "imagenet" and backbone.weights_file:
        weights = backbone.weights_file
    base = _load_base(name, backbone, weights, size)
    base.name = "backbone"  # not by an argument: EfficientNetV2 looks up what it is made of by its name
    inputs = keras.Input((size, size, 3), name="picture")
    scaled = inputs
    if backbone.scaling in SCALINGS:
        scaled = InputScaling(**SCALINGS[backbone.scaling], name="scaling")(inputs)
    maps = base(scaled, training=False)
    embedding = keras.Model(inputs, pooling_layer(pooling, name="features")(maps), name="embedding")
    statistics = read_statistics(weights) if pooling == "auto" and weights not in ("imagenet", None) else None
    if not statistics:
        return embedding
    try:
        return pooled_at_depths(embedding, statistics)
    except ValueError as error:
        raise UserError(f"{weights}: its pooling was fitted by an earlier version; set POOLING = "
                        "\"avg\" to leave it aside") from error


def _load_base(name, backbone, weights, size):
    build = getattr(keras.applications, backbone.architecture)
    options = {"include_top": False, "input_shape": (size, size, 3), **backbone.options}
    try:
        if weights == "imagenet":
            return _with_imagenet_weights(name, build, options)
        base = build(weights=None, **options)
    except ValueError as error:
        if "nput size" in str(error) or "input_shape" in str(error):
            raise UserError(f"INPUT_SIZE = {size}: {name} cannot take pictures this small ({error})") from error
        raise
    if weights is not None:
        _load_weights_file(base, name, Path(weights))
    return base


def _with_imagenet_weights(name, build, options):
    """The network with ImageNet weights, which Keras downloads where they are not on this machine.

    MissingWeights where they cannot be had; what else goes wrong, such as too little memory, is raised as it is.
    """
    try:
        with _short_timeout(), contextlib.redirect_stdout(_HeldBack(sys.stdout)):
            return build(weights="imagenet", **options)
    except Exception as error:
        if isinstance(error, (OSError, HTTPException)) or _ADDRESS.search(str(error)) or _OTHER_FILE in str(error):
            raise MissingWeights(name, error) from error
        raise


@contextlib.contextmanager
def _short_timeout():
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(CONNECT_TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


class _HeldBack(io.TextIOBase):
    """A stream that writes the first piece of text once there is a second one.

    Keras names the address before it tries to download, and shows progress once the download runs: a failed attempt
    leaves nothing on the screen.
    """

    def __init__(self, stream):
        self.stream, self.held = stream, None

    def write(self, text):
        if self.held is None:
            self.held = text
        else:
            self.stream.write(self.held + text)
            self.held = ""
        return len(text)

    def flush(self):
        self.stream.flush()

    def isatty(self):
        return self.stream.isatty()


class MissingWeights(UserError):
    """ImageNet weights that are neither on this machine nor can be downloaded: `file` belongs into `folder`."""

    def __init__(self, name, error):
        url = _ADDRESS.search(str(error))
        self.url = url.group() if url else ""
        self.file = self.url.rsplit("/", 1)[-1]
        self.folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "models"
        self.name, self.reason = name, first_line(error)
        super().__init__(self._message(name, self.reason))

    @property
    def in_short(self):
        """What is missing and how to get it, in one line."""
        if not self.file:
            return f"the ImageNet weights of {self.name} could not be loaded ({self.reason})"
        return (f"the ImageNet weights of {self.name} are not on this machine and could not be downloaded; to use them "
                f"put the file {self.file} into {self.folder}, or connect to the internet once")

    def _message(self, name, reason):
        if not self.file:
            return f"BACKBONE = {name!r}: the ImageNet weights could not be loaded ({reason})"
        begun = (f"  The file there is incomplete or damaged (a download broke off?): delete "
                 f"{self.folder / self.file}\n"
                 if (self.folder / self.file).exists() else "")
        return (f"BACKBONE = {name!r}: the ImageNet weights are neither on this machine nor can they be downloaded "
                f"({reason}).\n{begun}  Put the file {self.file}\n  from {self.url}\n  into the folder {self.folder}\n"
                "  or set WEIGHTS to the path of a weights file you have, or BACKBONE = \"bundled\" for the small "
                "network that ships with this project")


def _load_weights_file(base, name, path):
    if not path.is_file():
        raise UserError(f"WEIGHTS = {str(path)!r}: no such file; give the path of a weights file of {name} without "
                        "the classification layer (.weights.h5 or .h5), \"imagenet\" or None")
    try:
        with warnings.catch_warnings():
            # Keras also looks for each layer in a second place, which files of older versions do not have.
            warnings.filterwarnings("ignore", message="Skipping nested container")
            base.load_weights(path)
    except Exception as error:
        reason = first_line(error).partition(" Example error")[0].rstrip(".:")  # its lines on layers say no more
        raise UserError(f"WEIGHTS = {str(path)!r}: does not fit {name}, or is damaged "
                        f"({reason}); expected the {base.count_params():,} parameters of {name} "
                        "without its classification layer") from error
