#!/usr/bin/env python3
"""Step 02: fine-tune the pretrained network on labelled products (TRAIN_DATASET), or fit it to photos without labels.

Reads:   IMG_DIR, img_paths.txt and, where there is one, labels_true.txt of TRAIN_DATASET (run steps 00 and 01 for it
         first, with --set DATASET=<its name>; run_all.py does all of that)
Writes:  network.keras in DATA_DIR of TRAIN_DATASET; where there are labels also classes.txt, history.csv and
         confusions.csv, and with KEEP_PRETRAINED kind.npz, by which step 03 tells photos of another kind; with several
         networks in BACKBONE network.keras holds all of them, members/<number>_<name>/ each one's network.keras and
         history.csv, and history.csv is that of the first
Runtime: without labels a minute or two with MobileNetV2, about four with InceptionV3. With labels, for 1,000 photos on
         two free cores, as long and about 4 s an epoch with MobileNetV2, up to EPOCHS epochs twice, after 20 s for its
         frozen blocks; InceptionV3 takes some ten times that; a killed training goes on where it was
"""
import shutil
import sys

from imgcluster.artefacts import read_img_paths, read_labels_true, replacing, require, write_lines, write_table
from imgcluster.cli import Step, quiet_start, run
from imgcluster.errors import UserError
from imgcluster.kind import KIND_FILE
from imgcluster.progress import progress

# What tells these photos from others: their names, and what step 01 saw in them.
INPUTS = ("img_paths.txt", "photos.csv")
# Files beside network.keras that only a training on labels leaves.
OF_LABELS = ("classes.txt", "history.csv", "confusions.csv", KIND_FILE)


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    if step.settings.TRAIN_DATASET is None:
        step.say("TRAIN_DATASET = None: nothing to train on, the pretrained network is used as it is")
        return
    source = step.settings.for_dataset(step.settings.TRAIN_DATASET)
    data_dir = source.folder("DATA_DIR")
    if not (data_dir / "img_paths.txt").exists():
        raise UserError(f"TRAIN_DATASET = {source.DATASET!r}: {step.show(data_dir / 'img_paths.txt')} is missing; put "
                        f"its photos into {step.show(source.folder('RAW_IMG_DIR'))} and run 00_make_labels_true.py and "
                        f"01_img_preprocess.py with --set DATASET={source.DATASET}")
    step.claim(data_dir)
    img_paths, labels = read_img_paths(data_dir), read_labels_true(data_dir)
    step.warn_if_changed("00", "01", data_dir=data_dir)
    if labels is None:
        fit(step, source, img_paths, data_dir)
    else:
        learn(step, source, img_paths, labels, data_dir)


def fit(step, source, img_paths, data_dir):
    """Fit the pooling of the network, or of each of several, to photos without labels."""
    for name in (*OF_LABELS, "network.keras", "made_by_02.json"):
        (data_dir / name).unlink(missing_ok=True)
    # TensorFlow takes seconds to import: only now, so that --help and wrong settings answer at once.
    with quiet_start():
        from imgcluster.unlabelled import FEW_PHOTOS, fit_networks
    none = f"TRAIN_DATASET = {source.DATASET!r} has no true labels, so nothing is trained"
    as_it_is = "the pretrained network is used as it is (labels, if you have any: TRAIN_LABELS_FROM)"
    if source.POOLING != "auto" or len(img_paths) < FEW_PHOTOS:
        reason = (f"its {len(img_paths)} photos are fewer than the {FEW_PHOTOS} to fit the network to"
                  if source.POOLING == "auto" else f"POOLING = {source.POOLING!r} leaves nothing to fit")
        return step.warn(f"{none}, and {reason}: {as_it_is}")
    step.say(f"{none}; how the network pools what it sees is fitted to the photos instead")
    network, names = fit_networks(source.network_members(), require(source.folder("IMG_DIR")), img_paths,
                                  seed=source.RANDOM_SEED, folder=data_dir / "training", progress=bar, say=step.say)
    if network is None:
        return step.warn(as_it_is)
    save(network, data_dir / "network.keras")
    shutil.rmtree(data_dir / "training")
    step.record(["network.keras"], data_dir=data_dir, inputs=[data_dir / name for name in INPUTS],
                network=" + ".join(names))
    step.finish(step.show(data_dir / "network.keras"), then="03_extract_features.py")


def learn(step, source, img_paths, labels, data_dir):
    """Fine-tune the network, or each of several, on labelled photos."""
    with quiet_start():
        from imgcluster.trainer import make_training_set
    training_set = make_training_set(img_paths, labels, holdout_models=source.HOLDOUT_MODELS,
                                     train_fraction=source.TRAIN_FRACTION, train_on_all=source.TRAIN_ON_ALL,
                                     seed=source.RANDOM_SEED)
    held_out = training_set.holdout_classes
    step.say(f"{len(set(labels)) - len(held_out)} models to train on, " + (
        f"{len(held_out)} held out to judge by: {', '.join(held_out[:5])}{', ...' if held_out[5:] else ''}" if held_out
        else "none held out: photos held back of the same models choose the best epoch"))
    names = train(step, source, training_set, data_dir)
    write_lines(data_dir / "classes.txt", training_set.classes)
    outputs = [name for name in OF_LABELS if name != KIND_FILE or source.KEEP_PRETRAINED]
    step.record(["network.keras", *outputs], data_dir=data_dir,
                inputs=[data_dir / name for name in (*INPUTS, "labels_true.txt")], network=" + ".join(names),
                holdout_models=held_out)
    step.finish(f"{step.show(data_dir / 'network.keras')} and history.csv", then="03_extract_features.py")


def train(step, source, training_set, data_dir):
    """Train and save the network, or all of them and their union; return their names."""
    from imgcluster.augmentation import Augmentation
    from imgcluster.kind import write_kind
    from imgcluster.trainer import Trainer
    from imgcluster.training import Regime
    from imgcluster.validation import confusions, describe

    regime = Regime(augmentation=Augmentation(**source.augmentation_options()), **source.regime_options())
    trainer = Trainer(training_set, regime, img_dir=require(source.folder("IMG_DIR")), state_dir=data_dir / "training",
                      seed=source.RANDOM_SEED, picture_options=source.picture_options(),
                      keep_pretrained=source.KEEP_PRETRAINED, whiten=source.WHITEN_WITHIN_MODELS, say=step.say,
                      warn=step.warn, progress=bar)
    members = [trainer.train(**options) for options in source.network_members()]
    for number, member in enumerate(members, start=1) if len(members) > 1 else ():
        folder = data_dir / "members" / f"{number}_{member.name}"
        save(member.network, folder / "network.keras")
        write_table(folder / "history.csv", member.history)
        step.say(f"{member.name} by itself: {describe(trainer.join([member])[1])}")
    network, scores, (probabilities, true) = trainer.join(members)
    save(network, data_dir / "network.keras")
    write_table(data_dir / "history.csv", members[0].history)
    write_table(data_dir / "confusions.csv", confusions(probabilities, true, training_set.classes))
    known = trainer.known_kind(network)
    if known is not None:
        write_kind(data_dir, *known)
    shutil.rmtree(data_dir / "training")
    step.say(f"network kept, on {len(true)} validation photos: {describe(scores)}")
    return [member.name for member in members]


def bar(text, total, unit="photo"):
    """A progress bar."""
    return progress(description=text, total=total, unit=unit)


def save(network, path):
    """Save a Keras model under its final name, whole or not at all."""
    with replacing(path) as temporary:
        network.save(temporary)


if __name__ == "__main__":
    sys.exit(run(main))
