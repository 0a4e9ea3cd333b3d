"""Random changes to training photos, as standard Keras layers: what another seller's photo might have looked like."""
from dataclasses import dataclass

import keras


@dataclass(frozen=True)
class Augmentation:
    """Strength of each change; 0 switches one off. Shares of the picture's side or value range, rotation in degrees."""

    crop: float = 0.0
    rotation: float = 0.0
    flip: bool = False
    translation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    color: float = 0.0
    noise: float = 0.0


def augmentation_layers(augmentation, *, size, seed):
    """Return the Keras layers for pictures [B, size, size, 3] of 0..255; new areas are filled white.

    The layers act in training only; with everything off the list is empty.
    """
    options = {"fill_mode": "constant", "fill_value": 255.0}
    layers, a = [], augmentation
    if a.crop:
        side = max(1, round(size * (1 - a.crop)))
        layers += [keras.layers.RandomCrop(side, side, seed=seed), keras.layers.Resizing(size, size)]
    if a.flip:
        layers.append(keras.layers.RandomFlip("horizontal", seed=seed + 1))
    if a.rotation:
        layers.append(keras.layers.RandomRotation(a.rotation / 360, seed=seed + 2, **options))
    if a.translation:
        layers.append(keras.layers.RandomTranslation(a.translation, a.translation, seed=seed + 3, **options))
    if a.zoom:
        layers.append(keras.layers.RandomZoom(a.zoom, seed=seed + 4, **options))
    if a.brightness:
        layers.append(keras.layers.RandomBrightness(a.brightness, seed=seed + 5))
    if a.contrast:
        layers.append(keras.layers.RandomContrast(a.contrast, seed=seed + 6))
    if a.color:
        # Hue turns by a tenth of what saturation changes: product colours drift, they do not swap.
        layers.append(keras.layers.RandomColorJitter(saturation_factor=_around_half(a.color),
                                                     hue_factor=a.color / 10, seed=seed + 7))
    if a.noise:
        # Keras' noise layer takes standard deviations up to 1 only.
        layers += [keras.layers.Rescaling(1 / 255), keras.layers.GaussianNoise(a.noise, seed=seed + 8),
                   keras.layers.Rescaling(255.0)]
    return layers


def _around_half(strength):
    """Keras' saturation factor, where 0.5 leaves the picture as it is."""
    return (0.5 - strength / 2, 0.5 + strength / 2)
