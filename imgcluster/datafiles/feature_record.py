"""What step 03 noted of the features it wrote (made_by_03.json): by which network they are, and under which settings.

Features of one's own have no record: one that an earlier run left beside them is not theirs, nor is
features_before.npy.
"""
import hashlib
from pathlib import Path

import numpy as np

from imgcluster.backbone_table import BUNDLED
from imgcluster.datafiles.artefacts import BEFORE, check_kind, check_values, map_array, read_img_paths
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_json

RECORD, FEATURES = "made_by_03.json", "features.npy"
# What tells in the record that two networks are not the same one.
NETWORK_FACTS = ("network", "network_file", "trained_on", "fitted_to")
# Settings that change what a network says of a photo; the former only where it is a pretrained one.
PRETRAINED_SETTINGS = ("POOLING", "INPUT_SIZE")
SETTINGS = ("RESIZE_MODE", "FLIP_AVERAGING", "ZOOM_AVERAGING", "L2_NORMALIZE")
PARTS, PART_BYTES = 64, 4096


def features_digest(data_dir):
    """Return a short digest of the size of features.npy and of 64 evenly spaced parts of it, "" where it is missing.

    It tells features from others, and takes no longer where they are many: a search waits for it.
    """
    path = Path(data_dir) / FEATURES
    if not path.is_file():
        return ""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for start in np.linspace(0, max(0, size - PART_BYTES), PARTS).astype(int):
            file.seek(start)
            digest.update(file.read(PART_BYTES))
    return digest.hexdigest()[:16]


def features_record(data_dir):
    """Return the record of the features in `data_dir`, {} where features.npy is another file than step 03 wrote."""
    data_dir = Path(data_dir)
    record = read_json(data_dir / RECORD)
    # Earlier records do not say which file they are of.
    return record if record.get("features") in (None, features_digest(data_dir)) else {}


def has_made(data_dir, outputs, facts):
    """Whether step 03 noted that it made all the files `outputs`, with these facts (a mapping)."""
    record = features_record(data_dir)
    made = record.get("outputs", ())
    return (set(outputs) <= set(made) and facts.items() <= record.items()
            and (BEFORE not in made or _fits(Path(data_dir) / BEFORE)))


def _fits(path):
    """Whether features_before.npy is there, undamaged, with a row for each photo."""
    try:
        return path.exists() and len(map_array(path)) == len(read_img_paths(path.parent))
    except UserError:
        return False


def are_others(data_dir):
    """Whether features.npy took the place of the file that step 03 wrote, whose record is still there."""
    return bool(read_json(Path(data_dir) / RECORD)) and not features_record(data_dir)


def note_features(folder, record):
    """Write the record of the features.npy in `folder` as it is now."""
    folder = Path(folder)
    write_json(folder / RECORD, {**record, "features": features_digest(folder)})


def read_before(data_dir):
    """Return what the network saw before it was adapted, float16 [N, E]; None where there is no such file.

    Raises UserError where it is damaged, or has other rows than step 03 wrote.
    """
    path = Path(data_dir) / BEFORE
    if not path.exists():
        return None
    before = map_array(path)
    check_kind(before, path, kinds=(np.float16,))
    if are_others(data_dir):
        return None
    if len(before) != (count := len(read_img_paths(data_dir))):
        if BEFORE not in features_record(data_dir).get("outputs", ()):
            return None
        raise UserError(f"{path}: {len(before)} rows, but img_paths.txt has {count}; run 03_extract_features.py again")
    check_values(before, path)
    return before


def taught_directions(data_dir):
    """Whether the features are of a network that was trained on labels, by which it compares directions."""
    return features_record(data_dir).get("trained_on") is not None


def is_adapted(data_dir):
    """Whether the features are of a network that step 02 trained on labels or fitted without."""
    return _is_adapted(features_record(data_dir))


def _is_adapted(record):
    return any(record.get(name) for name in ("trained_on", "fitted_to"))


def taught_apart(data_dir):
    """Whether the number of clusters is estimated from features of the bundled network, which was taught without labels
    to tell single photos apart.

    If the network was adapted, the number is estimated from features_before.npy, so that file has to be there.
    """
    record = features_record(data_dir)
    return record.get("network") == BUNDLED and (not _is_adapted(record) or read_before(data_dir) is not None)


def differences(data_dir, other_dir):
    """Return lines "name: one, other" for what tells that the features in two folders cannot be compared.

    Networks and settings of which either record says nothing are taken for the same.
    """
    one, other = (features_record(folder) for folder in (data_dir, other_dir))
    facts = [(name, one[name], other[name]) for name in NETWORK_FACTS if name in one and name in other]
    adapted = _is_adapted(one) or _is_adapted(other)
    then, now = one.get("settings", {}), other.get("settings", {})
    facts += [(name, then[name], now[name]) for name in (*(() if adapted else PRETRAINED_SETTINGS), *SETTINGS)
              if name in then and name in now]
    return [f"{name}: {first!r}, {second!r}" for name, first, second in facts if first != second]


def differences_in_words(data_dir, other_dir):
    """Return the `differences` as a person reads them, in the order of the folders; "" where there are none."""
    told = differences(data_dir, other_dir)
    words = [line for line in told if line.partition(":")[0] not in NETWORK_FACTS]
    if len(words) < len(told):
        one, other = (_network_in_words(features_record(folder)) for folder in (data_dir, other_dir))
        words.insert(0, f"by {one}; by {other}" if one != other else
                     f"both by {one}, but with other weights (made anew since, or of another file)")
    return "; ".join(words)


def _network_in_words(record):
    """By which network features are, from their record."""
    ways = {"trained_on": "fine-tuned on", "fitted_to": "fitted to"}
    done = [f"{words} {record[way]}" for way, words in ways.items() if record.get(way)]
    return f"{record.get('network', 'a network that was not noted')}, {done[0] if done else 'not fine-tuned'}"
