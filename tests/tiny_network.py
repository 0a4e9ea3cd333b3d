"""A network of five convolutions as one more of the table, "Tiny": for tests to which any network will do.

Run as a program it runs a script that may name it: python tiny_network.py SCRIPT ARGUMENTS
"""
import runpy
import sys
from pathlib import Path

import keras

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imgcluster.backbone_table import BACKBONES, Backbone  # noqa: E402

NAME = "Tiny"
WIDTHS = (8, 16, 24, 32, 40)


def tiny_network(*, include_top, input_shape, weights):
    """Return the network, as a function of keras.applications does: maps at each half of the side before, to 1/32."""
    assert not include_top and weights is None
    pictures = maps = keras.Input(input_shape)
    for width in WIDTHS:
        maps = keras.layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False,
                                   kernel_initializer="he_normal")(maps)
        maps = keras.layers.BatchNormalization()(maps)
        maps = keras.layers.ReLU()(maps)
    return keras.Model(pictures, maps)


def register():
    """Make it one of the networks that BACKBONE may name."""
    keras.applications.TinyNetwork = tiny_network
    BACKBONES[NAME] = Backbone("TinyNetwork", 64, "tf")


def forget():
    """Undo `register`."""
    del keras.applications.TinyNetwork, BACKBONES[NAME]


if __name__ == "__main__":
    register()
    sys.argv = sys.argv[1:]
    if Path(sys.argv[0]).name == "run_all.py":  # whose steps, in processes of their own, would not know it
        from scripts import here
        done = here(*sys.argv)
        print(done.stdout, end="")
        print(done.stderr, end="", file=sys.stderr)
        sys.exit(done.returncode)
    runpy.run_path(sys.argv[0], run_name="__main__")
