"""Files for TensorFlow's Embedding Projector: features, labels and a picture of each photo to look at in TensorBoard.

`tensorboard --logdir DATA_DIR` reads projector_config.pbtxt, whose format is that of TensorBoard's
plugins/projector/projector_config.proto, and from there the other files.
"""
from pathlib import Path

import numpy as np
from PIL import Image

from imgcluster.files import replacing, write_lines, write_text
from imgcluster.photos.pictures import iterate_pictures

PROJECTOR_FILES = ("features.tsv", "metadata.tsv", "sprite.png", "projector_config.pbtxt")
SHEET_SIDE = 8192  # pixels; TensorBoard takes no larger sheet
PICTURE_SIDE = 64  # pixels of one photo, less where many share the sheet
BLOCK, BATCH = 4096, 64

_CONFIG = """embeddings {{
  tensor_name: "features"
  tensor_path: "features.tsv"
  metadata_path: "metadata.tsv"
  sprite {{
    image_path: "sprite.png"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
}}
"""


def write_projector_files(data_dir, features, img_paths, labels_true=None, *, img_dir, max_pixels, workers=2):
    """Write features.tsv, metadata.tsv, sprite.png and projector_config.pbtxt, as the projector loads them.

    features: [N, D] of the photos `img_paths` in the folder `img_dir`. metadata.tsv has a header (file, label), or bare
    file names where there are no labels, as the projector wants it. sprite.png shows photo i as its tile i, row by row.
    """
    data_dir = Path(data_dir)
    with replacing(data_dir / "features.tsv") as temporary, temporary.open("w", encoding="utf-8") as file:
        for start in range(0, len(features), BLOCK):
            np.savetxt(file, features[start:start + BLOCK], fmt="%.6g", delimiter="\t")
    names = [path.replace("\t", " ") for path in img_paths]
    lines = names if labels_true is None else ["file\tlabel", *map("\t".join, zip(names, labels_true))]
    write_lines(data_dir / "metadata.tsv", lines)
    sheet, side = sprite_sheet(img_dir, img_paths, max_pixels=max_pixels, workers=workers)
    with replacing(data_dir / "sprite.png") as temporary:
        Image.fromarray(sheet).save(temporary, "PNG")
    write_text(data_dir / "projector_config.pbtxt", _CONFIG.format(side=side))


def sprite_sheet(img_dir, img_paths, *, max_pixels, workers=2):
    """Return (sheet uint8 RGB [h, w, 3], side of a photo in pixels); sheets are square but for empty rows at the foot.

    Photos that cannot be read are black.
    """
    columns = max(1, int(np.ceil(np.sqrt(len(img_paths)))))
    side = max(1, min(PICTURE_SIDE, SHEET_SIDE // columns))
    sheet = np.full((-(-len(img_paths) // columns) * side, columns * side, 3), 255, np.uint8)
    pictures = (picture for batch, _ in iterate_pictures(img_dir, img_paths, size=side, batch_size=BATCH,
                                                         max_pixels=max_pixels, workers=workers) for picture in batch)
    for index, picture in enumerate(pictures):
        top, left = index // columns * side, index % columns * side
        sheet[top:top + side, left:left + side] = picture
    return sheet, side
