"""What makes one product model differ from another of its kind: shape, pattern, colours, brand."""

from dataclasses import dataclass

import numpy as np

from imgcluster.sample.textures import PATTERNS

COLORS = {
    "black": (34, 34, 37),
    "cream": (232, 220, 198),
    "tan": (180, 126, 80),
    "burgundy": (112, 30, 44),
    "navy": (36, 46, 88),
    "forest": (40, 84, 62),
    "blush": (226, 176, 168),
    "mustard": (212, 160, 52),
    "teal": (32, 122, 126),
    "red": (188, 38, 42),
    "grey": (130, 132, 136),
    "white": (236, 236, 234),
    "lilac": (174, 154, 204),
    "orange": (222, 112, 42),
    "olive": (106, 108, 64),
    "sky": (128, 174, 212),
    "chocolate": (84, 54, 40),
    "mint": (156, 206, 184),
    "cobalt": (40, 74, 168),
    "pink": (224, 98, 140),
}
COLORWAYS = (
    ("tan", "chocolate", "cream"),
    ("black", "white", "mustard"),
    ("red", "cream", "navy"),
    ("white", "navy", "red"),
    ("forest", "mustard", "cream"),
    ("blush", "burgundy", "white"),
    ("navy", "sky", "white"),
    ("grey", "black", "orange"),
    ("mustard", "chocolate", "white"),
    ("cream", "tan", "forest"),
    ("burgundy", "blush", "tan"),
    ("teal", "cream", "orange"),
    ("olive", "black", "tan"),
    ("lilac", "white", "navy"),
    ("sky", "white", "cobalt"),
    ("orange", "navy", "white"),
    ("chocolate", "tan", "mustard"),
    ("mint", "white", "teal"),
    ("pink", "black", "white"),
    ("cobalt", "white", "red"),
)
CLOTH = ("plain", "quilted", "floral", "plaid", "monogram", "leopard", "woven", "stripes", "blocks", "chevron", "dots")
PRINTS = {
    "handbag": CLOTH,
    "sneaker": ("plain", "blocks", "camo", "woven", "leopard", "plaid", "ombre"),
    "mug": ("plain", "bands", "dots", "ombre", "chevron", "floral", "speckles", "stripes", "triangles"),
    "tshirt": ("plain", "bands", "plain", "ombre", "stripes", "plain", "camo", "dots"),
    "chair": ("plain", "plaid", "woven", "quilted", "floral", "stripes"),
    "bottle": ("plain", "ombre", "bands", "speckles", "triangles", "blocks", "floral"),
    "backpack": ("plain", "camo", "blocks", "dots", "triangles", "floral", "plaid"),
    "lamp": ("plain", "bands", "plaid", "woven", "chevron", "stripes", "floral"),
    "boot": ("plain", "woven", "leopard", "plain", "quilted"),
    "headphones": ("plain", "speckles", "ombre", "woven", "camo"),
}
KINDS = tuple(PRINTS)
BRANDS = (
    "AURA",
    "NOVA",
    "PIKO",
    "LUMEN",
    "KESTREL",
    "ORLA",
    "TIDE",
    "MARLO",
    "FJELL",
    "BRISK",
    "ZENIA",
    "COVE",
    "HALDEN",
    "RUMI",
    "SOLIS",
    "VERA",
    "OTTO",
    "LINDEN",
    "EMBER",
)


@dataclass(frozen=True)
class Look:
    """The appearance of a product model; `colors` holds main, first and second accent as RGB."""

    kind: str
    shape: int
    pattern: str
    colors: tuple
    brand: str
    emblem: int
    seed: int


def look_of(kind, style, seed):
    """Return the look of style number `style` (0 to 19) of a kind.

    Styles of a kind differ in colourway and print; one in three is a sibling: the style before it, in shape and main
    colour, under another print.
    """
    if style >= len(COLORWAYS):
        raise ValueError(f"style {style} of {kind}: there are {len(COLORWAYS)} styles of a kind")
    number = KINDS.index(kind)
    turn = 2 if number < 4 else 1
    shape = style - (style - turn + 3) // 3  # siblings do not count
    main, *accents = _colorway(number, style)
    if style % 3 == turn:
        own, main = main, _colorway(number, style - 1)[0]
        accents = [own if color == main else color for color in accents]
    prints = PRINTS[kind]
    seed = int(np.random.SeedSequence([seed, number, style]).generate_state(1)[0])
    return Look(
        kind,
        shape,
        prints[style % len(prints)],
        (main, *accents),
        BRANDS[(number * 5 + style * 2) % len(BRANDS)],
        (number + style) % 8,
        seed,
    )


def random_look(kind, number, seed):
    """Return look number `number` of any that there are: every shape with every pattern, in colours of all hues."""
    rng = np.random.default_rng([seed, KINDS.index(kind), number])
    colors = tuple(tuple(int(value) for value in rng.integers(15, 245, 3)) for _ in range(3))
    patterns = ("plain", *PATTERNS)
    return Look(
        kind,
        int(rng.integers(24)),
        patterns[rng.integers(len(patterns))],
        colors,
        BRANDS[rng.integers(len(BRANDS))],
        int(rng.integers(8)),
        int(rng.integers(2**31)),
    )


def _colorway(kind_number, style):
    # Steps prime to the palette's length visit every colourway once, far ones first.
    return tuple(COLORS[name] for name in COLORWAYS[(kind_number * 7 + style * 3) % len(COLORWAYS)])
