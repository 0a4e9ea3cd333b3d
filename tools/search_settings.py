#!/usr/bin/env python
"""Try settings of step 02 and compare the networks by models that none of them was trained on.

Reads:  img/ of TRAIN_DATASET and its labels (run steps 00 and 01 first)
Writes: a CSV with a row for each trial: the settings tried, the best epoch, MAP@R, recall@1 and ARI on the held-out
        models (HOLDOUT_MODELS, the same ones in every trial) by all features that step 03 would get, top-1 on held-back
        photos, seconds; trials that the file already holds are not run again (they must be of the same settings)
Runtime: as many trainings as there are trials

Every --set NAME=V1,V2,... is tried with every other (the whole grid), or --draws N of the combinations at random. A
value in brackets, such as a list of networks, may hold commas itself. The best of many trials is flattered by the
choice: judge it on photos that took no part.

Example:
    python tools/search_settings.py --out trials.csv --set LOSS=cosine,contrastive --set LEARNING_RATE=1e-4,3e-4
"""
import argparse
import itertools
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imgcluster.configuring.config_file import load_settings  # noqa: E402
from imgcluster.configuring.settings import Settings  # noqa: E402
from imgcluster.configuring.step_settings import STEP_SETTINGS  # noqa: E402
from imgcluster.csv_tables import read_table, write_table  # noqa: E402
from imgcluster.datafiles.artefacts import require  # noqa: E402
from imgcluster.datafiles.records import read_record  # noqa: E402
from imgcluster.errors import UserError  # noqa: E402
from imgcluster.running.cli import run  # noqa: E402
from imgcluster.training.validation import best_row  # noqa: E402

INPUTS = ("img_paths.txt", "labels_true.txt", "made_by_00.json", "made_by_01.json")
SCORES = ("holdout_map_r", "holdout_recall_1", "holdout_ari", "val_top_1")


def parse(argv):
    """Return the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.csv", help="the table of trials")
    parser.add_argument("--config", metavar="OTHER.py", help="use this file instead of config.py")
    parser.add_argument("--set", action="append", required=True, metavar="NAME=V1,V2,...", help="values to try")
    parser.add_argument("--draws", type=int, metavar="N", help="try N combinations at random (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws")
    return parser.parse_args(argv)


def main(argv=None):
    """Run the tool; returns its exit code."""
    options = parse(argv)
    if options.draws is not None and options.draws < 1:
        raise UserError(f"--draws {options.draws}: at least 1")
    names, trials = combinations(options.set, options.draws, options.seed)
    tried = (*STEP_SETTINGS["02"], "TRAIN_DATASET")
    if idle := [name for name in names if name in Settings.model_fields and name not in tried]:
        raise UserError(f"--set {idle[0]}: no setting of step 02, so that every network would be the same")
    sources = [load(options.config, names, trial) for trial in trials]
    for source in sources:  # all of them before the first hour is spent
        check_source(source)
    check_table(options.out, names)
    for number, (trial, source) in enumerate(zip(trials, sources), start=1):
        known = read_table(options.out)
        if len(known) and (known[names].astype(str) == list(trial)).all(axis=1).any():
            continue
        print(f"trial {number} of {len(trials)}: {described(names, trial)}", flush=True)
        scores = train(options.config, names, trial, source)
        print(f"{in_words(scores)}, {scores['seconds']} s", flush=True)
        row = pd.DataFrame([{**dict(zip(names, trial)), **scores}])
        write_table(options.out, pd.concat([known, row]) if len(known) else row)
    table = read_table(options.out)
    quality = table.holdout_map_r.astype(float)
    best, equal = table.loc[quality.idxmax()], int((quality == quality.max()).sum())
    print(f"best of {len(table)} trials on held-out models: {described(names, best[names])}: {in_words(best)}; "
          f"{f'{equal} trials are as good; ' if equal > 1 else ''}all in {options.out}")
    return 0


def in_words(scores):
    """The scores of a trial that tell most, in words."""
    return f"MAP@R {float(scores['holdout_map_r']):.3f}, recall@1 {float(scores['holdout_recall_1']):.3f}"


def combinations(texts, draws, seed):
    """Return (names, list of tuples of values as text): the grid, or `draws` of it at random without repetition."""
    names, values = [], []
    for text in texts:
        name, separator, listed = text.partition("=")
        if not separator or not listed:
            raise UserError(f"--set {text}: expected NAME=V1,V2,...")
        if name.strip() in names:
            raise UserError(f"--set {text}: {name.strip()} is there twice; give all its values in one --set")
        names.append(name.strip())
        values.append([each.strip() for each in re.split(r",(?![^\[(]*[\])])", listed)])  # commas outside of brackets
    grid = list(itertools.product(*values))
    if draws is not None:
        chosen = np.random.default_rng(seed).permutation(len(grid))[:draws]
        grid = [grid[index] for index in chosen]
    return names, grid


def check_source(source):
    """Raise UserError where a trial under these settings could not be compared with others, or lacks files."""
    if source.HOLDOUT_MODELS == 0:
        raise UserError("HOLDOUT_MODELS = 0: trials are compared on held-out models; give a share above 0")
    for name in INPUTS[:2]:
        require(source.folder("DATA_DIR") / name)


def check_table(path, names):
    """Raise UserError where the table of trials at `path` holds trials of other settings than `names`."""
    table = read_table(path)
    former = [name for name in table.columns if name not in ("epoch", *SCORES, "seconds")]
    if len(table) and set(former) != set(names):
        raise UserError(f"--out {path}: holds trials of {', '.join(former)}, these are of {', '.join(names)}; "
                        "give them another file")


def described(names, trial):
    """NAME=VALUE for each setting of a trial."""
    return " ".join(f"{name}={value}" for name, value in zip(names, trial))


def load(config, names, trial):
    """Return the checked settings of a trial, for TRAIN_DATASET."""
    settings = load_settings(config, [f"{name}={value}" for name, value in zip(names, trial)], root=ROOT)
    if settings.train_dataset is None or not settings.learns_labels:
        raise UserError(f"TRAIN_DATASET = {settings.TRAIN_DATASET!r}: there is nothing to train on; name a photo set "
                        "with labels")
    return settings.for_dataset(settings.train_dataset)


def train(config, names, trial, source):
    """Run step 02 in a folder of its own; return its best epoch, the scores of the network and the seconds it took.

    source: the settings of the trial, for TRAIN_DATASET.
    """
    data_dir = source.folder("DATA_DIR")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / source.DATASET
        work.mkdir()
        for name in INPUTS:
            if (data_dir / name).exists():
                (work / name).symlink_to(data_dir / name)
        # Networks that know nothing of the held-out models are compared; the one trained on all is not needed.
        settings = ["TRAIN_ON_ALL=False", *(f"{name}={value}" for name, value in zip(names, trial)),
                    f"DATA_DIR={folder}/{{DATASET}}"]
        began = time.perf_counter()
        done = subprocess.run([sys.executable, ROOT / "02_finetune_network.py",
                               *(["--config", config] if config else []),
                               *(part for text in settings for part in ("--set", text))],
                              check=False, stdout=subprocess.DEVNULL)  # which names files that are not kept
        if done.returncode:
            raise UserError(f"{described(names, trial)}: step 02 failed (its message is above)")
        scores, history = read_record(work, "02")["scores"], pd.read_csv(work / "history.csv")
        if "holdout_map_r" not in scores:
            raise UserError("too few models to hold any out; trials cannot be compared")
        return {"epoch": best_row(history)["epoch"], **{name: scores[name] for name in SCORES},
                "seconds": round(time.perf_counter() - began)}


if __name__ == "__main__":
    sys.exit(run(main))
