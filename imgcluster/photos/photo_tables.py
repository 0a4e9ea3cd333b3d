"""What step 01 found out about the photos: as tables, and as the ledger by which it goes on."""
import json
from pathlib import Path

import pandas as pd

from imgcluster.csv_tables import read_table
from imgcluster.datafiles.records import prepared_with
from imgcluster.files import replacing
from imgcluster.photos.duplicates import find_duplicates
from imgcluster.photos.photo_audit import warnings
from imgcluster.photos.spelling import folded

# One line of JSON for each photo that step 01 has done.
LEDGER = "preprocess.jsonl"
COLUMNS = ["file", "format", "width", "height", "sharpness", "brightness", "color", "share", "num_objects", "plain",
           "plausible", "digest", "warnings"]


def replaced_photos(data_dir, usable):
    """Return the set of those among the usable photos (entries) whose file is another than when photos.csv was made."""
    before = read_table(Path(data_dir) / "photos.csv")
    digests = dict(zip(before["file"], before["digest"])) if "digest" in before else {}
    now = {entry["file"]: entry["signature"]["digest"] for entry in usable}
    return {file for file, digest in now.items() if digests.get(file, digest) != digest}


def digests_of(data_dir, img_paths):
    """Return what tells the content of the photos' files from that of others, as step 01 noted it; () where it did not
    of all."""
    table = read_table(Path(data_dir) / "photos.csv")
    known = dict(zip(table["file"], table["digest"])) if {"file", "digest"} <= set(table) else {}
    return tuple(known[name] for name in img_paths) if known.keys() >= set(img_paths) else ()


def as_seen(data_dir, img_paths):
    """Return what a step notes of the photos that it sees, to know later whether they are the same: names, digests of
    their files (`digests_of`), as names may change, and how step 01 prepared them."""
    return {"photos": img_paths, "digests": digests_of(data_dir, img_paths), "prepared": prepared_with(data_dir)}


def gone_photos(data_dir, found):
    """Return the set of photos that were usable when photos.csv was made and are not among the paths found now.

    One found with letters of another case, or composed otherwise, is not gone: to some file systems that is one file.
    """
    there = set(map(folded, found))
    return {file for file in read_table(Path(data_dir) / "photos.csv").get("file", ()) if folded(file) not in there}


def photo_tables(usable, agreements=None):
    """Return {file name: DataFrame}, photos.csv and duplicates.csv, from the entries of the usable photos.

    agreements: as in `duplicates.find_duplicates`.
    "digest" in photos.csv is that of the file's bytes (SHA-256): the table changes with any photo.
    """
    photos = pd.DataFrame(usable).assign(digest=[entry["signature"]["digest"] for entry in usable],
                                         warnings=["; ".join(warnings(entry)) for entry in usable])
    signatures = [{**entry["signature"], "broken_off": entry["missing"] is not None} for entry in usable]
    duplicates = find_duplicates([entry["file"] for entry in usable], signatures, agreements)
    return {"photos.csv": photos[COLUMNS],
            "duplicates.csv": pd.DataFrame(duplicates, columns=["file", "kept", "kind", "distance"])}


def read_ledger(path):
    """Return {file: entry of step 01} of a ledger; lines that are damaged, or left half written by a killed run, are
    passed over."""
    entries = {}
    if not path.exists():
        return entries
    with path.open("rb") as lines:
        for line in lines:
            try:
                entry = json.loads(line.decode("utf-8"))
                entries[entry["file"]] = entry
            except (ValueError, KeyError, TypeError):
                continue
    return entries


def write_ledger(path, entries):
    """Write a ledger of entries, a line at a time: those of 100,000 photos are hundreds of megabytes."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(ledger_line(entry) for entry in entries)


def ledger_line(entry):
    """Return an entry of step 01 as it stands in a ledger."""
    return json.dumps(entry) + "\n"


def signatures_of(data_dir, img_paths):
    """Return what `duplicates.photo_signature` noted of these photos of a dataset: a list, without those of which its
    ledger has nothing."""
    entries = read_ledger(Path(data_dir) / LEDGER)
    noted = (entries.get(name, {}).get("signature", {}) for name in img_paths)
    return [signature for signature in noted if "picture" in signature]
