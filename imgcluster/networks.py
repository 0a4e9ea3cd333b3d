"""The network that the settings name: the fine-tuned one where there is one, else the pretrained one.

Feature extraction and search both get it here, so that a photo means the same to both.
"""
from dataclasses import dataclass
from pathlib import Path

from imgcluster.artefacts import fingerprint, read_json
from imgcluster.backbones import BUNDLED, load_backbone
from imgcluster.ensemble import average_views
from imgcluster.finetune import load_embedding, make_deterministic, network_fingerprint


@dataclass(frozen=True)
class Network:
    """An embedding network and what it is.

    embedding: Keras model from RGB pictures [B, S, S, 3] of 0..255 to features [B, D]. source: mapping with "network",
    "trained_on" and "network_file", which tells networks apart. remark: the same in words.
    """

    embedding: object
    source: dict
    remark: str


def load_network(*, train_dataset, train_dir, backbone, weights, input_size, seed, pooling="auto",
                 zoom=1.0):
    """Return the Network of train_dir/network.keras where there is one, else the pretrained `backbone`.

    train_dataset: name of the dataset in `train_dir`; both None where no network is to be fine-tuned. The others are
    those of `backbones.load_backbone`; zoom: `ensemble.average_views`. Raises UserError as load_backbone does, and for
    a damaged network.keras.
    """
    make_deterministic(seed)
    path = train_dir and Path(train_dir) / "network.keras"
    if path and path.exists():
        name = read_json(path.parent / "made_by_02.json").get("network", path.name)
        return Network(average_views(load_embedding(path), zoom), {"network": name, "trained_on": train_dataset,
                                              "network_file": network_fingerprint(path)},
                       f"{name}, fine-tuned on {train_dataset}")
    embedding, name, remark = load_backbone(backbone, weights=weights, input_size=input_size, pooling=pooling)
    origin = "its own weights" if name == BUNDLED else f"weights {weights}"
    return Network(average_views(embedding, zoom), {"network": name, "trained_on": None,
                               "network_file": _weights_file(weights)},
                   f"{name}, {origin}, not fine-tuned{remark and f' ({remark})'}")


def _weights_file(weights):
    """What tells weights apart: the digest of their file, or "imagenet" or None; a list for several networks."""
    if isinstance(weights, list):
        return [_weights_file(each) for each in weights]
    return weights if weights in ("imagenet", None) else fingerprint(weights)
