"""The plan of a drawn catalogue: which models, which sellers' listings, which photos."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from imgcluster.sample.looks import KINDS, Look, look_of, random_look

BACKGROUNDS = ("white", "gradient", "textured", "cluttered")
# Of a seller's photos: studio shots first, as in web shops.
_BACKGROUND_CYCLE = ("white", "textured", "white", "gradient", "cluttered")
_FRAMES = ((1.0, 1.0), (1.0, 1.0), (1.0, 0.86), (0.84, 1.0), (1.0, 0.8))


@dataclass(frozen=True)
class Catalogue:
    """A shop's catalogue to be drawn.

    `num_models` products of ten kinds, `min_imgs` to `max_imgs` photos of each, the longer side of a photo about `size`
    pixels. Catalogues that share neither `first_model` ranges nor styles share no product: every kind has 20 styles,
    and a catalogue of n models uses the styles from `first_style` on, one per ten models. With `random_looks` there
    is no end of models, each of a look drawn at random: to teach a network on rather than to be told apart.
    """

    seed: int
    num_models: int = 24
    min_imgs: int = 12
    max_imgs: int = 16
    size: int = 380
    first_model: int = 7_000_000_101
    first_style: int = 0
    random_looks: bool = False


@dataclass(frozen=True)
class Photo:
    """One planned photo; `listing_seed` fixes what a seller's photos share, `image_seed` what is this photo's own."""

    file: str
    model: str
    background: str
    look: Look
    width: int
    height: int
    quality: int
    listing_seed: int
    image_seed: int


SAMPLES = MappingProxyType(
    {
        "sample": Catalogue(seed=11),
        "sample_train": Catalogue(seed=12, first_model=7_000_000_201, first_style=3),
    }
)


def plan_photos(catalogue):
    """Return the catalogue's photos, list[Photo], model by model; the same list on every call."""
    photos, choose = [], random_look if catalogue.random_looks else look_of
    for number in range(catalogue.num_models):
        look = choose(KINDS[number % len(KINDS)], catalogue.first_style + number // len(KINDS), catalogue.seed)
        rng = np.random.default_rng([catalogue.seed, number])
        photos += _model_photos(catalogue, catalogue.first_model + number, look, rng)
    return photos


def _model_photos(catalogue, model, look, rng):
    left = int(rng.integers(catalogue.min_imgs, catalogue.max_imgs + 1))
    photos, listing, start = [], 0, int(rng.integers(len(_BACKGROUND_CYCLE)))
    while left:
        count = min(left, int(rng.integers(1, 4)))
        background = _BACKGROUND_CYCLE[(start + listing) % len(_BACKGROUND_CYCLE)]
        product, seed = int(rng.integers(10_000_000, 99_000_000)) + listing, int(rng.integers(2**31))
        frame, quality = _FRAMES[rng.integers(len(_FRAMES))], int(rng.integers(62, 96))
        long = catalogue.size * rng.uniform(0.9, 1.1)
        for image in range(count):
            photos.append(
                Photo(
                    f"{model}_{product}_{image}.jpg",
                    str(model),
                    background,
                    look,
                    round(long * frame[0]),
                    round(long * frame[1]),
                    quality,
                    seed,
                    int(rng.integers(2**31)),
                )
            )
        left, listing = left - count, listing + 1
    return photos
