"""Backbones of keras-hub (ViT, DINOv2, SigLIP and others), an optional extra: requirements-hub.txt.

Named "hub:PRESET", a preset's name or its folder on this machine; keras-hub downloads what is not there.
"""
import zipfile

import keras

from imgcluster.backbone_table import PREFIX
from imgcluster.errors import UserError
from imgcluster.network.pooling import TokenPooling
from imgcluster.network.scaling import InputScaling
from imgcluster.wording import first_line


def build_hub_backbone(name, *, weights="imagenet", input_size=None, pooling="auto"):
    """Return a Keras model from RGB pictures [B, S, S, 3] of 0..255 to pooled features [B, D], as `build_backbone`.

    weights: "imagenet" stands for the preset's own, None for random ones. pooling: "avg" (as "auto") or "max" over the
    tokens. Raises UserError where keras-hub is not installed, the preset cannot be loaded or a setting does not go with
    it.
    """
    hub, preset = _keras_hub(f"BACKBONE = {name!r}"), name.removeprefix(PREFIX)
    if weights not in ("imagenet", None):
        raise UserError(f"WEIGHTS = {str(weights)!r}: the weights of {name} are part of the preset; set WEIGHTS = "
                        '"imagenet" (or None: random)')
    if pooling == "gem":
        raise UserError(f'POOLING = "gem": {name} gives tokens, some of them negative; use "avg" or "max"')
    options = {"image_shape": (input_size, input_size, 3)} if input_size else {}
    try:
        base = hub.models.Backbone.from_preset(preset, load_weights=weights is not None, **options)
        base = getattr(base, "vision_encoder", base)  # of a network for pictures and text (SigLIP), its eyes
        converter = _converter(hub, preset)
    except Exception as error:
        raise UserError(f"BACKBONE = {name!r}: keras-hub could not load this preset ({first_line(error)}); "
                        "see https://keras.io/keras_hub/presets for names, or give a preset's folder; many take "
                        "pictures of one size only (INPUT_SIZE = None)") from error
    return _with_pooling(base, converter, pooling)


def _keras_hub(what):
    """The module; UserError that `what`, a backbone's name or a saved network, needs it."""
    try:
        import keras_hub
    except ImportError as error:
        raise UserError(f"{what}: needs keras-hub, which cannot be imported ({error}); "
                        "pip install -r requirements-hub.txt") from error
    return keras_hub


def _converter(hub, preset):
    """(scale, offset) by which the preset wants pictures of 0..255 changed."""
    try:
        converter = hub.layers.ImageConverter.from_preset(preset)
    except (ValueError, FileNotFoundError):  # a folder saved from a backbone alone knows of none: 0..1, as most want it
        return 1 / 255, 0.0
    return (1.0 if converter.scale is None else converter.scale), (0.0 if converter.offset is None else
                                                                     converter.offset)


def _with_pooling(base, converter, pooling):
    if isinstance(base.input, dict) or base.input.shape[1] is None:
        raise UserError(f"BACKBONE: {type(base).__name__} takes more than one picture of a fixed size; give the preset "
                        "of an image encoder, and INPUT_SIZE")
    scale, offset = ([value] * 3 if isinstance(value, (int, float)) else list(value) for value in converter)
    base.name = "backbone"
    inputs = keras.Input(base.input.shape[1:], name="picture")
    tokens = base(InputScaling(scale, offset, name="scaling")(inputs), training=False)
    return keras.Model(inputs, TokenPooling(pooling, dtype="float32", name="features")(tokens), name="embedding")


def import_hub_layers(path):
    """Import keras-hub where a saved network (.keras) holds layers of it: Keras finds them only then. UserError where
    there is no keras-hub."""
    with zipfile.ZipFile(path) as archive:
        if b"keras_hub" in archive.read("config.json"):
            _keras_hub(path)
