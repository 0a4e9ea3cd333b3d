"""Drawn photos of one product, for the tests of step 01."""
import numpy as np


def on_ground(rng, *, plain):
    """A red product on a white ground or on patches of blue and green."""
    patches = rng.integers(0, 120, (6, 8, 3)).repeat(20, axis=0).repeat(20, axis=1) * [0, 1, 1]
    ground = np.full((120, 160, 3), 250) if plain else patches
    image = ground.astype(np.uint8)
    image[40:80, 60:100] = (200, 30, 30)
    return image
