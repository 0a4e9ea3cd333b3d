"""Records: every step leaves `made_by_<step>.json`, the settings, seed, versions and inputs behind its files."""
import contextlib
import hashlib
import io
import json
import zipfile
import zlib
from importlib import metadata
from pathlib import Path

from imgcluster.csv_tables import read_table
from imgcluster.errors import UserError
from imgcluster.files import read_json, write_json

# What tells the photos of a dataset from others: their names and their content.
PHOTOS_TABLE = "photos.csv"
PHOTOS = ("img_paths.txt", PHOTOS_TABLE)
LIBRARIES = ("numpy", "scikit-learn", "opencv-python-headless", "pillow", "keras", "tensorflow")


def record_file(data_dir, step):
    """Return the path of the record of a step ("00" to "06") in a folder."""
    return Path(data_dir) / f"made_by_{step}.json"


def read_record(data_dir, step):
    """Return the record of a step in a folder, {} where there is none."""
    return read_json(record_file(data_dir, step))


def fingerprint(path):
    """Return a short digest of a file's content ("" where it is missing), to tell whether it changed.

    Of photos.csv it is that of the photos' names and content alone: what else step 01 saw in them changes nothing that
    is made of them.
    """
    path = Path(path)
    if path.name == PHOTOS_TABLE:
        with contextlib.suppress(UserError, KeyError):  # not the table that it was
            table = read_table(path)
            return hashlib.sha256("\n".join([*table["file"], *table["digest"]]).encode()).hexdigest()[:16]
    return _digest(path)


def _digest(path):
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _is_still(path, digest):
    """Whether a file is the one of a recorded digest; earlier records have that of all of photos.csv."""
    return digest == fingerprint(path) or path.name == PHOTOS_TABLE and digest == _digest(path)


def photos_key(data_dir):
    """Return a mapping that tells the prepared photos of a dataset from others, and from those prepared otherwise."""
    data_dir = Path(data_dir)
    return {"photos": [fingerprint(data_dir / name) for name in PHOTOS], "step 01": prepared_with(data_dir)}


def prepared_with(data_dir):
    """Return the settings of step 01 that the prepared photos of a dataset look like, None where there is no record.

    Others choose which photos there are, or tell more of them.
    """
    return _pixels(read_record(data_dir, "01").get("settings"))


def _pixels(settings):
    if settings is None:
        return None
    cut = settings.get("BACKGROUND") != "keep" or settings.get("CROP_TO_PRODUCT")
    names = ("BACKGROUND", "CROP_TO_PRODUCT", "NORMALIZE_CONTRAST", "MAX_IMG_SIDE", *["BACKGROUND_METHOD"] * bool(cut))
    return {name: settings[name] for name in names if name in settings}


def prepared_otherwise(data_dir, step):
    """Whether step 01 prepared the photos of a dataset otherwise by now than when `step` saw them, by its record."""
    return _pixels(_noted(data_dir, step)) != prepared_with(data_dir)


def changed_preparation(data_dir, step, settings):
    """Return lines "NAME: then -> now" for what photos prepared under `settings` (of step 01, a mapping) would look
    like otherwise than those that `step` saw, by its record; none where it does not say."""
    then, now = _pixels(_noted(data_dir, step)), _pixels(json.loads(json.dumps(settings)))
    return [f"{name}: {then[name]!r} -> {now[name]!r}" for name in then or ()
            if name in now and then[name] != now[name]]


def _noted(data_dir, step):
    """What `step` noted of how the photos that it saw were prepared; of an earlier version, as they are by now."""
    return read_record(data_dir, step).get("prepared", prepared_with(data_dir))


def weights_digest(weights):
    """Return what tells weights from others: the digest of their file ("" where it is gone), or "imagenet" or None as
    they are; a list for those of several networks."""
    if isinstance(weights, list):
        return [weights_digest(each) for each in weights]
    return weights if weights in ("imagenet", None) else fingerprint(weights)


def network_fingerprint(path):
    """Return a short digest of a saved network's weights ("" where the file is damaged): names in its files depend on
    what was made before."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _arrays_digest(archive.read("model.weights.h5")).hexdigest()[:16]
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError):
        return ""


def _arrays_digest(hdf5):
    """SHA-256 of the arrays in the bytes of an HDF5 file: of where they are in it, shapes, types and values."""
    import h5py

    digest = hashlib.sha256()

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            values = item[()]
            digest.update(f"{name} {values.shape} {values.dtype.str}\n".encode() + values.tobytes())

    with h5py.File(io.BytesIO(hdf5)) as file:
        file.visititems(add)  # in the order of their names
    return digest


def weights_replaced(data_dir, weights):
    """Whether a file of weights is another one now than when step 02 made the network in a folder of it.

    weights: a path, "imagenet" or None, or a list of these. One that is gone is not needed any more.
    """
    then, now = read_record(data_dir, "02").get("weights"), weights_digest(weights)
    pairs = zip(then, now) if isinstance(now, list) and isinstance(then, list) else [(then, now)]
    return any(None not in pair and pair[1] not in ("", pair[0]) for pair in pairs)


def write_record(data_dir, step, *, settings, outputs, inputs=(), **facts):
    """Write made_by_<step>.json: what made `outputs` (names of files in `data_dir`).

    settings: mapping of the settings that the outputs depend on. inputs: paths of the files read.
    """
    write_json(record_file(data_dir, step), {
        "step": step, "outputs": list(outputs), "settings": settings, **facts,
        "inputs": {Path(path).name: fingerprint(path) for path in inputs},
        "versions": {name: _version(name) for name in LIBRARIES}})


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def made_with(data_dir, step, name, default=None):
    """Return the value that a setting had when `step` made its files; `default` where there is no record of it."""
    return read_record(data_dir, step).get("settings", {}).get(name, default)


def was_interrupted(data_dir, step):
    """Whether `step` began to change its files and did not come to its end."""
    return not read_record(data_dir, step).get("complete", True)


def lost_outputs(data_dir, step):
    """Return the names of files that `step` wrote into a folder, by its record, and that are there no more."""
    return [name for name in read_record(data_dir, step).get("outputs", ()) if not (Path(data_dir) / name).exists()]


def changed_settings(data_dir, step, settings):
    """Return lines "NAME: then -> now" for the settings recorded by `step` that differ from `settings` (a mapping)."""
    recorded = read_record(data_dir, step).get("settings", {})
    now = json.loads(json.dumps(settings))
    return [f"{name}: {recorded[name]!r} -> {now[name]!r}" for name in recorded if name in now
            and recorded[name] != now[name]]


def is_up_to_date(data_dir, step, settings):
    """Whether the files of `step` are there, made under these settings (a mapping) from the inputs as they are now.

    Settings that the record holds beside these play no part.
    """
    data_dir, record = Path(data_dir), read_record(data_dir, step)
    return (json.loads(json.dumps(settings)).items() <= record.get("settings", {}).items()
            and all((data_dir / name).exists() for name in record["outputs"])
            and all(_is_still(data_dir / name, digest) for name, digest in record["inputs"].items()))


def read_scores(data_dir):
    """Return the scores of step 05, a mapping; {} where there are none, or they are of other clusters, labels or
    features than there are now."""
    return {} if changed_inputs(data_dir, "05") else read_json(Path(data_dir) / "metrics.json")


def changed_inputs(data_dir, step):
    """Return the names of files in `data_dir` that came, changed or went since `step` read them, by its record."""
    recorded = read_record(data_dir, step).get("inputs", {})
    return [name for name, digest in recorded.items() if not _is_still(Path(data_dir) / name, digest)]
