"""Whether photos show the kind of product that a network was fine-tuned on, as it saw them before.

Fine-tuned features cannot tell: they were taught to tell the known products apart, and to those so far from each other
everything seems near.
"""
from pathlib import Path

import numpy as np

from imgcluster.extraction.features import embed
from imgcluster.files import read_arrays, write_arrays
from imgcluster.photos.pictures import iterate_pictures
from imgcluster.rows import sample_step
from imgcluster.structure.kinship import kinship

# Photos, evenly spread, that are looked at: so many to twice as many. The kinship of 200 is within .03 of that of all.
LOOKED_AT = 200
KIND_FILE = "kind.npz"


def write_kind(data_dir, features, labels):
    """Write what the network saw in the products it was to be trained on: features [N, D] and labels [N]."""
    write_arrays(Path(data_dir) / KIND_FILE, features=np.asarray(features, np.float16), labels=np.asarray(labels))


def read_kind(data_dir):
    """Return (features float32 [N, D], labels [N]) that `write_kind` wrote, None where it wrote none.

    Raises UserError for a damaged file.
    """
    path = Path(data_dir) / KIND_FILE
    if not path.exists():
        return None
    arrays = read_arrays(path)
    return arrays["features"].astype(np.float32), arrays["labels"]


def kinship_of_photos(pretrained, known, folder, img_paths, *, batch_size, **options):
    """Return the `kinship.kinship` of 200 to 400 of the photos to the `known` products (`read_kind`).

    pretrained: the embedding network that saw those. folder, img_paths and further options: of
    `pictures.iterate_pictures`. Photos that cannot be read are passed over; 0.5 where none can.
    """
    chosen, vectors = img_paths[::sample_step(len(img_paths), LOOKED_AT)], []
    for pictures, bad in iterate_pictures(folder, chosen, size=pretrained.input_shape[1], batch_size=batch_size,
                                          **options):
        features, = embed(pretrained, pictures, batch_size, flip_averaging=False, l2_normalize=True)
        vectors.append(np.delete(features, list(bad), axis=0))
    vectors = np.concatenate(vectors)
    return kinship(vectors, *known) if len(vectors) else 0.5
