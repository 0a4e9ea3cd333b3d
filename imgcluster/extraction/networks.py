"""The network that the settings name: the fine-tuned one where there is one, else the pretrained one.

Feature extraction and search both get it here, so that a photo means the same to both.
"""
from dataclasses import dataclass
from pathlib import Path

import keras

from imgcluster.backbone_table import BUNDLED_WEIGHTS
from imgcluster.datafiles.records import network_fingerprint, read_record, weights_digest
from imgcluster.extraction.kind import kinship_of_photos
from imgcluster.network.backbones import load_backbone, origin_of, ships
from imgcluster.network.determinism import make_deterministic
from imgcluster.network.ensemble import average_views
from imgcluster.network.saved import (
    embedding_of,
    is_classifier,
    load_trained,
    pretrained_of,
)
from imgcluster.structure.kinship import LEAST_KINSHIP


@dataclass(frozen=True)
class Network:
    """An embedding network and what it is.

    embedding: Keras model from RGB pictures [B, S, S, 3] of 0..255 to features [B, D]. source: mapping with "network"
    (its name), "network_file" (a digest), and the dataset it was "trained_on" or "fitted_to", which tells networks
    apart. remark: the same in words. before: the Network that a fine-tuned one was before, where it kept that.
    """

    embedding: object
    source: dict
    remark: str
    before: "Network | None" = None

    def that_made(self, record):
        """Return itself, or the network it was before where features were made by that; record: made_by_03.json."""
        if self.before and all(record.get(name) == value for name, value in self.before.source.items()):
            return self.before
        return self


def load_network(*, train_dataset, train_dir, backbone, weights, input_size, seed, pooling="auto"):
    """Return the Network of train_dir/network.keras where there is one, else the pretrained `backbone`.

    train_dataset: name of the dataset in `train_dir`; both None where no network is to be fine-tuned. The others are
    those of `backbones.load_backbone`. Raises UserError as load_backbone does, and for a damaged network.keras.
    """
    make_deterministic(seed)
    path = train_dir and Path(train_dir) / "network.keras"
    if path and path.exists():
        return _adapted(path, train_dataset)
    embedding, name, remark = load_backbone(backbone, weights=weights, input_size=input_size, pooling=pooling)
    file = weights_digest(BUNDLED_WEIGHTS if ships(name, weights) else weights)
    return Network(embedding, {"network": name, "trained_on": None, "network_file": file},
                   f"{name}, {origin_of(name, weights)}, not fine-tuned{remark and f' ({remark})'}")


def _adapted(path, dataset):
    """The Network in the file of step 02, trained on or fitted to a dataset of this name."""
    model, name = load_trained(path), read_record(path.parent, "02").get("network", path.name)
    how = {"trained_on": dataset} if is_classifier(model) else {"trained_on": None, "fitted_to": dataset}
    return in_parts(model, {"network": name, **how, "network_file": network_fingerprint(path)})


def in_parts(model, source):
    """Return the Network of a model of step 02, with what it was before where it kept that."""
    name, pretrained = source["network"], pretrained_of(model)
    way, done = ("fitted_to", "fitted to") if source["trained_on"] is None else ("trained_on", "fine-tuned on")
    before = pretrained and Network(pretrained, source | {way: None},
                                    f"{name}, as it was before it was {done} {source[way]}")
    return Network(embedding_of(model), source, f"{name}, {done} {source[way]}", before)


def with_before(network, zoom):
    """Return the model with which step 03 looks at photos: `average_views`, and what a fine-tuned network was before.

    network: a Network; zoom: as in `average_views`. The second output, where there is one, is `network.before`'s.
    """
    seen = average_views(network.embedding, zoom)
    if network.before is None:
        return seen
    before = network.before.embedding
    # Without other views both are parts of one model, whose common blocks run once.
    beside = before.output if seen is network.embedding else before(seen.input)
    return keras.Model(seen.input, [seen.output, beside], name="with_before")


def suited(network, known, folder, img_paths, **options):
    """Return (the Network for these photos, their kinship to what it was trained on, None where that is not known).

    The fine-tuned network, but for photos of another kind of product what it was before: what products differ in was
    learnt for one kind. known: `kind.read_kind`; the others: those of `kind.kinship_of_photos`.
    """
    if network.before is None or known is None:
        return network, None
    kinship = kinship_of_photos(network.before.embedding, known, folder, img_paths, **options)
    return (network if kinship >= LEAST_KINSHIP else network.before), kinship
