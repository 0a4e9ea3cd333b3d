#!/usr/bin/env python3
"""Step 02: fine-tune the pretrained network on the labelled products of TRAIN_DATASET.

Reads:   IMG_DIR, img_paths.txt and labels_true.txt of TRAIN_DATASET (run steps 00 and 01 for it first, with
         --set DATASET=<its name>; run_all.py does all of that)
Writes:  network.keras, classes.txt and history.csv in DATA_DIR of TRAIN_DATASET
Runtime: for 1,000 photos on two cores about 20 s an epoch with MobileNetV2, 3 minutes with InceptionV3;
         a killed training goes on at the epoch where it was
"""
import shutil
import sys

import numpy as np

from imgcluster.artefacts import read_img_paths, read_labels_true, replacing, require, write_lines, write_table
from imgcluster.cli import Step, quiet_start, run
from imgcluster.errors import UserError
from imgcluster.pictures import decode_all
from imgcluster.progress import progress


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    if step.settings.TRAIN_DATASET is None:
        step.say("TRAIN_DATASET = None: nothing to train on, the pretrained network is used as it is")
        return
    source = step.settings.for_dataset(step.settings.TRAIN_DATASET)
    data_dir = source.folder("DATA_DIR")
    img_paths, labels = read_img_paths(data_dir), read_labels_true(data_dir)
    if labels is None:
        step.say(f"{source.DATASET} has no true labels: the pretrained network is used as it is")
        return
    step.warn_if_changed("00", "01", data_dir=data_dir)
    classes, targets = np.unique(labels, return_inverse=True)
    history, test, network_name = train(step, source, img_paths, targets, data_dir)
    write_lines(data_dir / "classes.txt", classes)
    write_table(data_dir / "history.csv", history)
    step.record(["network.keras", "classes.txt", "history.csv"], data_dir=data_dir,
                inputs=[data_dir / "img_paths.txt", data_dir / "labels_true.txt"], network=network_name)
    step.say(f"best epoch, {test['photos']} validation photos of {len(classes)} models: "
             + ", ".join(f"top-{k} {test[f'val_top_{k}']:.3f}" for k in (1, 2, 3, 5)))
    step.finish(f"{step.show(data_dir / 'network.keras')} and history.csv", then="03_extract_features.py")


def train(step, source, img_paths, targets, data_dir):
    """Train the network and save it; return (history, the best epoch's row, the network's name)."""
    # TensorFlow takes seconds to import: only now, so that --help and wrong settings answer at once.
    with quiet_start():
        from imgcluster.augmentation import Augmentation
        from imgcluster.backbones import BUNDLED, load_backbone
        from imgcluster.finetune import Regime, fine_tune, make_deterministic, split_rows

    train_rows, val_rows = split_rows(targets, train_fraction=source.TRAIN_FRACTION, seed=source.RANDOM_SEED)
    make_deterministic(source.RANDOM_SEED)
    embedding, name, remark = load_backbone(source.BACKBONE, weights=source.weights(), input_size=source.INPUT_SIZE)
    origin = "its own weights" if name == BUNDLED else f"weights {source.WEIGHTS}"
    step.say(f"network: {name}, {origin}{remark and f' ({remark})'}")
    state_dir = data_dir / "training"
    state_dir.mkdir(parents=True, exist_ok=True)
    with progress(description="reading photos", total=len(img_paths)) as bar:
        pictures, errors = decode_all(require(source.folder("IMG_DIR")), img_paths, state_dir / "pictures.npy",
                                      size=embedding.input_shape[1], progress=bar, **source.picture_options())
    for row, reason in errors.items():
        step.warn(f"{img_paths[row]}: {reason}; not trained on")
    train_rows, val_rows = (np.setdiff1d(rows, list(errors)) for rows in (train_rows, val_rows))
    if not len(train_rows) or not len(val_rows):
        raise UserError(f"too few photos in {source.folder('IMG_DIR')} could be read; run 01_img_preprocess.py again")
    regime = Regime(augmentation=Augmentation(**source.augmentation_options()), **source.regime_options())
    network, history = fine_tune(
        embedding, pictures, targets, train_rows=train_rows, val_rows=val_rows, regime=regime,
        seed=source.RANDOM_SEED, state_dir=state_dir, on_epoch=lambda row: step.say(epoch_line(row)),
        progress=lambda text, total: progress(description=text, total=total))
    with replacing(data_dir / "network.keras") as path:
        network.save(path)
    shutil.rmtree(state_dir)
    return history, {**history.loc[history["val_loss"].idxmin()], "photos": len(val_rows)}, name


def epoch_line(row):
    """One line for one row of the training history."""
    name = "classification layer" if row["phase"] == "head" else f"epoch {row['epoch']}"
    return (f"{name}: loss {row['loss']:.3f}, validation loss {row['val_loss']:.3f}, "
            f"top-1 {row['val_top_1']:.3f}, top-5 {row['val_top_5']:.3f}")


if __name__ == "__main__":
    sys.exit(run(main))
