#!/usr/bin/env python3
"""Run steps 00 to 06 in order, each in a process of its own, and stop at the first that fails.

Where TRAIN_DATASET is another dataset, it goes first through steps 00 to 03: the network is fine-tuned on it unless it
already was under the same settings, and its features show step 04 what counts as one product model.

    python run_all.py                         everything
    python run_all.py --from 03 --to 05       a part
    python run_all.py --set DATASET=shoes     settings, as with every step
"""
import argparse
import subprocess
import sys
import time
from pathlib import Path

from imgcluster.artefacts import changed_settings, is_up_to_date, read_json, was_interrupted
from imgcluster.cli import add_settings_arguments, run
from imgcluster.errors import UserError
from imgcluster.settings import load_settings

ROOT = Path(__file__).resolve().parent
SCRIPTS = {script.name[:2]: script for script in sorted(ROOT.glob("0[0-6]_*.py"))}


def main(argv=None):
    options = parse(argv)
    settings = load_settings(options.config, options.set, root=ROOT)
    arguments = [*(["--config", options.config] if options.config else []),
                 *(part for text in options.set for part in ("--set", text))]
    rows, failed = [], 0
    for dataset, number in plan(settings, options.first, options.last):
        began, before = time.perf_counter(), time_of_record(settings, dataset, number)
        extra = [] if dataset == settings.DATASET else ["--set", f"DATASET={dataset!r}"]
        failed = subprocess.run([sys.executable, SCRIPTS[number], *arguments, *extra], check=False).returncode
        wrote = time_of_record(settings, dataset, number) != before
        rows.append((dataset, number, time.perf_counter() - began, failed, wrote))
        if failed:
            break
        print(flush=True)
    print(summary(settings, rows))
    if failed:
        print(f"error: {SCRIPTS[rows[-1][1]].name} failed (its message is above); mend it and run again",
              file=sys.stderr)
    return failed if failed >= 0 else 1


def two_digits(text):
    """Return a step's number as its script has it: "4" and "04" are the same step."""
    return text.zfill(2)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, target, default in (("--from", "first", "00"), ("--to", "last", "06")):
        parser.add_argument(name, dest=target, metavar="NN", type=two_digits, choices=SCRIPTS, default=default,
                            help=f"{target} step")
    add_settings_arguments(parser)
    options = parser.parse_args(argv)
    if options.first > options.last:
        raise UserError(f"--from {options.first} --to {options.last}: the first step comes after the last")
    return options


def plan(settings, first, last):
    """Return the (dataset, step number) pairs to run, in order."""
    numbers = [number for number in SCRIPTS if first <= number <= last]
    if settings.TRAIN_DATASET is None:
        return [(settings.DATASET, number) for number in numbers]
    train = settings.for_dataset(settings.TRAIN_DATASET)
    if train.labels_from is None and train.DATASET != settings.DATASET:
        if "02" in numbers:
            print(why_left_out(settings, train))
        return [(settings.DATASET, number) for number in numbers if number != "02"]
    data_dir = train.folder("DATA_DIR")
    trained = is_up_to_date(data_dir, "02", record_of(train, "02")) and not any(
        changed_settings(data_dir, number, record_of(train, number)) or was_interrupted(data_dir, number)
        for number in ("00", "01"))
    before = []
    if settings.TRAIN_DATASET != settings.DATASET and first <= "02" <= last:
        if not trained:
            before = [(train.DATASET, number) for number in ("00", "01", "02", "03")]
        elif not is_up_to_date(data_dir, "03", record_of(train, "03")):
            before = [(train.DATASET, "03")]
    if trained or before:
        numbers = [number for number in numbers if number != "02"]
        if trained and first <= "02" <= last:
            print(f"02_finetune_network: the network of {train.DATASET} is up to date\n")
    return before + [(settings.DATASET, number) for number in numbers]


def why_left_out(settings, train):
    """Say that step 02 has no part, and what step 03 does instead, where TRAIN_DATASET has no labels."""
    why = f"TRAIN_DATASET = {train.DATASET!r} has no labels (TRAIN_LABELS_FROM), so step 02 is left out"
    if (train.folder("DATA_DIR") / "network.keras").exists():
        return f"{why}; the network that is there is used as it is\n"
    if settings.ASSIGN_TO is not None:
        return f"{why}\n"
    return f"{why}; TRAIN_DATASET = {settings.DATASET!r} would fit the network to the photos themselves\n"


def record_of(settings, number):
    """The settings that the files of a step depend on."""
    return settings.of_step(number)


def record_file(settings, dataset, number):
    """The file in which a step on a dataset notes what it wrote."""
    source = settings if dataset == settings.DATASET else settings.for_dataset(dataset)
    return source.folder("DATA_DIR") / f"made_by_{number}.json"


def time_of_record(settings, dataset, number):
    """When a step last wrote its record, in nanoseconds; None where there is none."""
    path = record_file(settings, dataset, number)
    return path.stat().st_mtime_ns if path.exists() else None


def summary(settings, rows):
    """A table: step, seconds, what it wrote, and the ARI where it is known.

    rows: (dataset, step number, seconds, exit code, whether the step wrote its record in this run).
    """
    lines = [f"{'step':42}{'seconds':>9}  wrote"]
    for dataset, number, seconds, failed, wrote in rows:
        outputs = read_json(record_file(settings, dataset, number)).get("outputs", []) if wrote else []
        more = f" and {len(outputs) - 3} more" if outputs[3:] else ""
        said = "failed" if failed else ", ".join(outputs[:3]) + more or "nothing"
        lines.append(f"{SCRIPTS[number].stem + ' ' + dataset:42}{seconds:9.1f}  {said}")
    metrics = read_json(settings.folder("DATA_DIR") / "metrics.json")
    if rows and rows[-1][1] >= "05" and not rows[-1][3] and "ari" in metrics:
        lines.append(f"{settings.DATASET}: {metrics['num_clusters']} clusters for {metrics['num_models_true']} models, "
                     f"ARI {metrics['ari']:.3f}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run(main))
