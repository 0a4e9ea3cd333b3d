#!/usr/bin/env python3
"""Step 02: fine-tune the pretrained network on labelled products (TRAIN_DATASET), or fit it to photos without labels.

Reads:   IMG_DIR, img_paths.txt and, where there is one, labels_true.txt of TRAIN_DATASET (run steps 00 and 01 for it
         first, with --set DATASET=<its name>; run_all.py does all of that)
Writes:  network.keras in DATA_DIR of TRAIN_DATASET; where there are labels also classes.txt, history.csv (of the first
         network in BACKBONE), confusions.csv, with KEEP_PRETRAINED kind.npz, by which step 03 tells photos of another
         kind, and of several networks members/<number>_<name>/ with each one's network.keras and history.csv
Runtime: without labels a minute or two with MobileNetV2, about four with InceptionV3; with labels, for 1,000 photos on
         two free cores, a minute more with MobileNetV2, several with InceptionV3; a killed run goes on where it was
"""
import shutil
import sys

from imgcluster.configuring import step_options as options
from imgcluster.datafiles.artefacts import OUTDATED
from imgcluster.datafiles.records import PHOTOS, weights_digest
from imgcluster.photos.photo_tables import as_seen, digests_of
from imgcluster.progress import progress
from imgcluster.running.ahead import labels_to_learn, nothing_learnt, require_ahead
from imgcluster.running.cli import Step, run
from imgcluster.running.console import quiet_start


def main(argv=None):
    step = Step(__file__, __doc__, argv)
    require_ahead(step.settings)
    if untrained := step.settings.untrained:
        return step.say(untrained)
    source = step.settings.for_dataset(step.settings.train_dataset)
    data_dir, photos = source.folder("DATA_DIR"), step.claim_photos(source)
    step.warn_if_changed("00", "01", source=source)
    labels = labels_to_learn(source)
    made = fit(step, source, *photos) if labels is None else learn(step, source, *photos, labels)
    if made:
        outputs, inputs, facts = made
        step.record(outputs, data_dir=data_dir, inputs=[data_dir / name for name in inputs],
                    weights=weights_digest(source.weights()), **as_seen(data_dir, photos[1]), **facts)
    shutil.rmtree(data_dir / "training", ignore_errors=True)  # what a killed run would go on from
    if made:
        step.finish(step.show(data_dir / outputs[0]), then="03_extract_features.py")


def fit(step, source, img_dir, img_paths):
    """Fit the pooling of the network, or of each of several, to photos without labels.

    Returns (files made, files read, facts for the record), or None where nothing was fitted.
    """
    from imgcluster.extraction.network_files import NETWORK, write_fitted

    data_dir, network = source.folder("DATA_DIR"), None
    none, remedy = nothing_learnt(source)
    if not (reason := source.why_not_fitted(len(img_paths))):
        # TensorFlow takes seconds to import: only now, so that all else answers at once.
        with quiet_start():
            from imgcluster.training.unlabelled import fit_networks
        step.say(f"{none}; how the network pools what it sees is fitted to the photos instead")
        network, names = fit_networks(options.each_network(source), img_dir, img_paths, seed=source.RANDOM_SEED,
                                      folder=data_dir / "training", progress=progress, say=step.say)
    if write_fitted(data_dir, network):
        step.warn(f"the network trained on labels of {source.DATASET} went to {step.show(data_dir / OUTDATED)}")
    if network is None:
        return step.warn(f"{none}{reason and f', and {reason}'}: the pretrained network is used as it is ({remedy})")
    return [NETWORK], () if digests_of(data_dir, img_paths) else PHOTOS, {"network": " + ".join(names)}


def learn(step, source, img_dir, img_paths, labels):
    """Fine-tune the network, or each of several, on labelled photos; returns what `fit` does where it fits one."""
    with quiet_start():
        from imgcluster.extraction.network_files import write_trained
        from imgcluster.training.augmentation import Augmentation
        from imgcluster.training.trainer import Trainer, make_training_set
        from imgcluster.training.training import Regime

    data_dir = source.folder("DATA_DIR")
    training_set = make_training_set(img_paths, labels, **options.split_options(source))
    regime = Regime(augmentation=Augmentation(**options.augmentation_options(source)), **options.regime_options(source))
    trainer = Trainer(training_set, regime, img_dir=img_dir, state_dir=data_dir / "training", say=step.say,
                      warn=step.warn, progress=progress, **options.trainer_options(source))
    members = trainer.train_all(options.each_network(source))
    outputs, scores, judged = write_trained(data_dir, trainer, members)
    facts = {"network": " + ".join(member.name for member in members), "scores": scores,
             "holdout_models": training_set.holdout_classes}
    step.say(f"network kept, with all features that step 03 gets, on {judged} validation photos: "
             f"{training_set.scores_in_words(scores)}")
    return outputs, (*PHOTOS, "labels_true.txt"), facts


if __name__ == "__main__":
    sys.exit(run(main))
