"""The networks that BACKBONE may name, as data: known at once, as Keras takes seconds to import."""
from dataclasses import dataclass, field
from pathlib import Path

from imgcluster.wording import meant

# What begins the name of a preset of keras-hub, which alone knows its presets.
PREFIX = "hub:"
# Smallest side, in pixels, of the pictures that a network of keras.applications takes, where it names no other.
LEAST_SIZE = 32


@dataclass(frozen=True)
class Backbone:
    """One network: its class in `keras.applications`, native input side (pixels), input scaling, own weights, and the
    smallest input side."""

    architecture: str
    input_size: int
    scaling: str
    options: dict = field(default_factory=dict)
    weights_file: Path | None = None
    least_size: int = LEAST_SIZE


INCLUDED = {"include_preprocessing": True}
BUNDLED_WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "mobilenet_v3_small.weights.h5"

# What BACKBONE = "auto" takes: the first where its ImageNet weights can be had, else the network that ships with us.
AUTO, PREFERRED, BUNDLED = "auto", "InceptionV3", "bundled"

BACKBONES = {
    "InceptionV3": Backbone("InceptionV3", 299, "tf", least_size=75),
    "VGG16": Backbone("VGG16", 224, "caffe"),
    "VGG19": Backbone("VGG19", 224, "caffe"),
    "ResNet50": Backbone("ResNet50", 224, "caffe"),
    "ResNet50V2": Backbone("ResNet50V2", 224, "tf"),
    "MobileNet": Backbone("MobileNet", 224, "tf"),
    "MobileNet_0.75": Backbone("MobileNet", 224, "tf", {"alpha": 0.75}),
    "MobileNetV2": Backbone("MobileNetV2", 224, "tf"),
    "MobileNetV3Small": Backbone("MobileNetV3Small", 224, "included", INCLUDED),
    "MobileNetV3Large": Backbone("MobileNetV3Large", 224, "included", INCLUDED),
    "EfficientNetB0": Backbone("EfficientNetB0", 224, "included"),
    "EfficientNetB1": Backbone("EfficientNetB1", 240, "included"),
    "EfficientNetB2": Backbone("EfficientNetB2", 260, "included"),
    "EfficientNetB3": Backbone("EfficientNetB3", 300, "included"),
    "EfficientNetB4": Backbone("EfficientNetB4", 380, "included"),
    "EfficientNetV2B0": Backbone("EfficientNetV2B0", 224, "included", INCLUDED),
    "EfficientNetV2S": Backbone("EfficientNetV2S", 384, "included", INCLUDED),
    "ConvNeXtTiny": Backbone("ConvNeXtTiny", 224, "included", INCLUDED),
    "DenseNet121": Backbone("DenseNet121", 224, "torch"),
    "DenseNet169": Backbone("DenseNet169", 224, "torch"),
    BUNDLED: Backbone("MobileNetV3Small", 288, "included", INCLUDED, BUNDLED_WEIGHTS),
}


def why_unknown(name):
    """Return why there is no network of this name, and which there are; "" where there is one, or may be."""
    if name in (AUTO, *BACKBONES) or name.startswith(PREFIX):
        return ""
    return (f"no such network as {name!r}{meant(name, BACKBONES)}; choose one of {AUTO}, "
            f"{', '.join(BACKBONES)}, or {PREFIX}PRESET for a preset of keras-hub")


def why_not_with(name, weights):
    """Return why the setting WEIGHTS does not go with one network of BACKBONE; "" where it may."""
    if name != AUTO or weights == "imagenet":
        return ""
    return f'needs BACKBONE to name the network these weights belong to; "{AUTO}" goes with WEIGHTS = "imagenet"'


def why_too_small(name, size):
    """Return why pictures of a side of `size` pixels are too small for a network of BACKBONE; "" where they are not."""
    network = PREFERRED if name == AUTO else name
    if network not in BACKBONES or size >= BACKBONES[network].least_size:
        return ""
    least = BACKBONES[network].least_size
    if name != AUTO:
        return f"too small for {network}; {least} or more pixels are needed"
    return (f"too small for {network}, which BACKBONE = {AUTO!r} takes where it can; name {least} or more pixels, or "
            f"set BACKBONE = {BUNDLED!r}")
