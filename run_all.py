#!/usr/bin/env python3
"""Run steps 00 to 06 in order, each in a process of its own, and stop at the first that fails.

Where TRAIN_DATASET is another dataset, it goes through steps 00 to 03 once the photos of DATASET are listed: the
network is fine-tuned on it unless it already was on the same photos under the same settings, and its features show step
04 what counts as one product model. A dataset that CALIBRATION_DATASET names goes through steps 00, 01 and 03 likewise.
config.py is read once, at the start: what it is changed to meanwhile holds for the next run.

    python run_all.py                         everything
    python run_all.py --from 03 --to 05       a part
    python run_all.py --set DATASET=shoes     settings, as with every step
"""
import argparse
import sys
import time
from pathlib import Path

from imgcluster.configuring.config_file import given_in, load_settings
from imgcluster.errors import UserError
from imgcluster.running.cli import (
    INTERRUPTED,
    PART_OF_RUN,
    add_settings_arguments,
    config_arguments,
    configure_logging,
    run,
    tell,
)
from imgcluster.running.run_plan import look_ahead, plan
from imgcluster.running.run_summary import summary, time_of_record
from imgcluster.running.step_process import reason, run_step

ROOT = Path(__file__).resolve().parent
SCRIPTS = {name[:2]: ROOT / f"{name}.py" for name in (
    "00_make_labels_true", "01_img_preprocess", "02_finetune_network", "03_extract_features", "04_cluster_som",
    "05_evaluate", "06_visualize")}


def main(argv=None):
    options = parse(argv)
    configure_logging()
    settings = load_settings(options.config, options.set, root=ROOT)
    planned = plan(settings, options.first, options.last)
    look_ahead(settings, planned)
    # What config.py holds later, perhaps for the next dataset already, is not for this run.
    arguments = [PART_OF_RUN, repr(given_in(settings)), *config_arguments(options)]
    rows, failed = [], 0
    for dataset, number in planned:
        began, before = time.perf_counter(), time_of_record(settings, dataset, number)
        failed = run_step([sys.executable, SCRIPTS[number], *arguments, *for_dataset(settings, dataset)])
        if failed == INTERRUPTED:
            return failed
        wrote = time_of_record(settings, dataset, number) != before
        rows.append((dataset, number, time.perf_counter() - began, failed, wrote))
        if failed:
            break
        tell("")
    tell(summary(settings, rows, scripts=SCRIPTS))
    if failed:
        named = {settings.train_dataset: "TRAIN_DATASET", settings.DATASET: "DATASET"}
        setting = named.get(dataset, "CALIBRATION_DATASET")
        print(f"error: {SCRIPTS[number].name} failed for {setting} = {dataset!r} ({reason(failed, number)}); mend it "
              "and run again", file=sys.stderr)
    return failed if failed >= 0 else 1


def for_dataset(settings, dataset):
    """Return the arguments that a step on a dataset is given beside those of the run."""
    if dataset == settings.DATASET:
        return []
    # Photos to train on are placed nowhere, even if it is in their own clusters that those of DATASET will be.
    alone = ["--set", "ASSIGN_TO=None"] if settings.ASSIGN_TO is not None else []
    return [*alone, "--set", f"DATASET={dataset!r}"]


def two_digits(text):
    """Return a step's number as its script has it: "4" and "04" are the same step."""
    return text.zfill(2)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, target, default in (("--from", "first", "00"), ("--to", "last", "06")):
        parser.add_argument(name, dest=target, metavar="NN", type=two_digits, choices=SCRIPTS, default=default,
                            help=f"{target} step, 00 to 06 (default: {default})")
    add_settings_arguments(parser)
    options = parser.parse_args(argv)
    if options.first > options.last:
        raise UserError(f"--from {options.first} --to {options.last}: the first step comes after the last")
    return options


if __name__ == "__main__":
    sys.exit(run(main))
