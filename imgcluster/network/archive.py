"""Networks written so that every run that makes the same one writes the same bytes.

Keras writes times, addresses in memory and the numbers of a process's tensors into its archives. Names of layers stay:
one that Keras made up may have another number where a training was killed and went on (`records.network_fingerprint`).
"""
import json
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

import h5py

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that an archive can hold
_TENSOR = re.compile(r"(?<!_)keras_tensor(?:_\d+)?")  # what Keras names the inputs of inner networks by


def save_network(path, network):
    """Write a Keras model as `path`, a .keras archive, as Keras would but for what differs from run to run."""
    with tempfile.TemporaryDirectory(dir=Path(path).parent) as folder:
        saved, rewritten, tensors = Path(folder) / "saved.keras", Path(folder) / "rewritten", {}
        network.save(saved)
        with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
            for entry in source.infolist():
                with source.open(entry) as file:
                    _rewrite(entry.filename, file, rewritten, tensors)
                with rewritten.open("rb") as file, target.open(zipfile.ZipInfo(entry.filename, _DATE), "w",
                                                               force_zip64=True) as written:
                    shutil.copyfileobj(file, written)


def _rewrite(name, file, path, tensors):
    """Write what an entry of an archive is to hold as `path`; tensors: {name: its number here}, added to."""
    if name == "metadata.json":
        path.write_text(json.dumps(json.load(file) | {"date_saved": "1980-01-01@00:00:00"}))
    elif name == "config.json":
        path.write_text(_renamed(json.dumps(_with_own_numbers(json.load(file), {})), tensors))
    elif name.endswith(".h5"):
        with h5py.File(file) as source, h5py.File(path, "w") as target:
            source.visititems(lambda place, item: _copy(place, item, target, tensors))
    else:
        with path.open("wb") as copy:
            shutil.copyfileobj(file, copy)


def _renamed(text, tensors):
    return _TENSOR.sub(lambda found: f"keras_tensor_{tensors.setdefault(found[0], len(tensors))}", text)


def _with_own_numbers(config, objects):
    """A network's configuration with its shared objects numbered, not told by their addresses; types of numbers, which
    one and the same network shares or not, are shared no more."""
    if isinstance(config, list):
        return [_with_own_numbers(each, objects) for each in config]
    if not isinstance(config, dict):
        return config
    config = {name: _with_own_numbers(value, objects) for name, value in config.items()}
    address = config.pop("shared_object_id", None)
    if address is not None and config.get("class_name") != "DTypePolicy":
        config["shared_object_id"] = objects.setdefault(address, len(objects))
    return config


def _copy(place, item, target, tensors):
    """Copy a group or an array of HDF5 to the same place in another file."""
    copy = target.create_dataset(place, data=item[()]) if isinstance(item, h5py.Dataset) else target.create_group(place)
    for name, value in item.attrs.items():
        copy.attrs[name] = _renamed(value, tensors) if isinstance(value, str) else value
