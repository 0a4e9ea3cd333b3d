#!/usr/bin/env python3
"""Run steps 00 to 06 in order, each in a process of its own, and stop at the first that fails.

Where TRAIN_DATASET is another dataset, it goes through steps 00 to 03 once the photos of DATASET are listed: the
network is fine-tuned on it unless it already was on the same photos under the same settings, and its features show step
04 what counts as one product model. A dataset that CALIBRATION_DATASET names goes through steps 00, 01 and 03 likewise.
config.py is read once, at the start: what it is changed to meanwhile holds for the next run.

    python run_all.py                         everything
    python run_all.py --from 03 --to 05       a part
    python run_all.py --from 04 --and-later   after corrections: this dataset, then those placed in its clusters
    python run_all.py --set DATASET=shoes     settings, as with every step
"""
import sys
import time
from pathlib import Path

from imgcluster.configuring.config_file import given_in, load_settings
from imgcluster.datafiles.chain import all_placed_in
from imgcluster.running.cli import INTERRUPTED, run
from imgcluster.running.console import configure_logging, tell
from imgcluster.running.run_arguments import read_arguments, step_arguments
from imgcluster.running.run_plan import look_ahead, plan, plan_of_later
from imgcluster.running.run_summary import summary, time_of_record
from imgcluster.running.step_process import reason, run_step

ROOT = Path(__file__).resolve().parent
SCRIPTS = {name[:2]: ROOT / f"{name}.py" for name in (
    "00_make_labels_true", "01_img_preprocess", "02_finetune_network", "03_extract_features", "04_cluster_som",
    "05_evaluate", "06_visualize")}


def main(argv=None):
    options = read_arguments(__doc__, argv)
    configure_logging()
    settings = load_settings(options.config, options.set, root=ROOT)
    planned = plan(settings, options.first, options.last)
    look_ahead(settings, planned)
    later = all_placed_in(settings.DATASET, settings.datasets()) if options.and_later else {}
    rows, failed, given = [], 0, given_in(settings)
    for dataset, number in planned + plan_of_later(later, options.first, options.last):
        began, before = time.perf_counter(), time_of_record(settings, dataset, number)
        failed = run_step([sys.executable, SCRIPTS[number], *step_arguments(settings, options, given, dataset, later)])
        if failed == INTERRUPTED:
            return failed
        wrote = time_of_record(settings, dataset, number) != before
        rows.append((dataset, number, time.perf_counter() - began, failed, wrote))
        if failed:
            break
        tell("")
    tell(summary(settings, rows, scripts=SCRIPTS))
    if failed:
        named = {settings.train_dataset: "TRAIN_DATASET", **dict.fromkeys([settings.DATASET, *later], "DATASET")}
        setting = named.get(dataset, "CALIBRATION_DATASET")
        print(f"error: {SCRIPTS[number].name} failed for {setting} = {dataset!r} ({reason(failed, number)}); mend it "
              "and run again", file=sys.stderr)
    return failed if failed >= 0 else 1


if __name__ == "__main__":
    sys.exit(run(main))
