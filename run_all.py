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
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from imgcluster.configuring.config_file import given_in, load_settings
from imgcluster.errors import UserError
from imgcluster.files import read_json
from imgcluster.interrupts import cleaned_up_when_told_to_end
from imgcluster.running.cli import (
    INTERRUPTED,
    PART_OF_RUN,
    add_settings_arguments,
    config_arguments,
    configure_logging,
    run,
    shown,
    tell,
)
from imgcluster.running.run_plan import look_ahead, plan
from imgcluster.wording import counted

ROOT = Path(__file__).resolve().parent
SCRIPTS = {script.name[:2]: script for script in sorted(ROOT.glob("0[0-6]_*.py"))}
# After an interrupt: until it is passed on to a step that does not end, and until that is ended.
SECONDS_TO_HEAR, SECONDS_TO_STOP = 3, 10


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
    tell(summary(settings, rows))
    if failed:
        named = {settings.train_dataset: "TRAIN_DATASET", settings.DATASET: "DATASET"}
        setting = named.get(dataset, "CALIBRATION_DATASET")
        print(f"error: {SCRIPTS[number].name} failed for {setting} = {dataset!r} ({reason(failed, number)}); mend it "
              "and run again", file=sys.stderr)
    return failed if failed >= 0 else 1


def reason(code, number):
    """Say where to look for what made a step of this number fail, by its exit code."""
    if code > 0:
        return "its message is above"
    # The system ends what takes more memory than there is, by signal 9, and the step cannot say so.
    remedy = ", so lower NUM_WORKERS or BATCH_SIZE" if number in ("01", "02", "03") else ""
    return f"ended by signal {-code}: 9 mostly means too little memory{remedy}"


def for_dataset(settings, dataset):
    """Return the arguments that a step on a dataset is given beside those of the run."""
    if dataset == settings.DATASET:
        return []
    # Photos to train on are placed nowhere, even if it is in their own clusters that those of DATASET will be.
    alone = ["--set", "ASSIGN_TO=None"] if settings.ASSIGN_TO is not None else []
    return [*alone, "--set", f"DATASET={dataset!r}"]


def run_step(command):
    """Return the exit code of a step.

    Ctrl-C in a terminal reaches it as well as this process: it is given the time to stop and to say so. An interrupt of
    this process alone, as by an editor's button, is passed on. It never outlives this one.
    """
    with cleaned_up_when_told_to_end(), subprocess.Popen(command) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_HEAR)
            if process.returncode is None and os.name != "nt":
                process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_STOP)
            if process.returncode != INTERRUPTED:
                raise
            return INTERRUPTED
        finally:
            process.kill()


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


def record_file(settings, dataset, number):
    """The file in which a step on a dataset notes what it wrote."""
    source = settings if dataset == settings.DATASET else settings.for_dataset(dataset)
    return source.folder("DATA_DIR") / f"made_by_{number}.json"


def time_of_record(settings, dataset, number):
    """When a step last wrote its record, in nanoseconds; None where there is none."""
    path = record_file(settings, dataset, number)
    return path.stat().st_mtime_ns if path.exists() else None


def summary(settings, rows):
    """A table: step, seconds, what it wrote; then, where known, the report, the number of clusters and the ARI.

    rows: (dataset, step number, seconds, exit code, whether the step wrote its record in this run).
    """
    lines = [f"{'step':42}{'seconds':>9}  wrote"]
    for dataset, number, seconds, failed, wrote in rows:
        outputs = read_json(record_file(settings, dataset, number)).get("outputs", []) if wrote else []
        more = f" and {len(outputs) - 3} more" if outputs[3:] else ""
        said = "failed" if failed else ", ".join(outputs[:3]) + more or "nothing"
        lines.append(f"{SCRIPTS[number].stem + ' ' + dataset:42}{seconds:9.1f}  {said}")
    last = rows[-1][1] if rows and not rows[-1][3] else ""
    report = settings.folder("RESULT_DIR") / "report.html"
    if last == "06" and report.exists():
        lines.append(f"open in a browser: {shown(report)}")
    metrics = read_json(settings.folder("DATA_DIR") / "metrics.json")
    if last >= "05" and metrics:
        scores = ""
        if "ari" in metrics:
            scores = f" for {counted(metrics['num_models_true'], 'model')}, ARI {metrics['ari']:.3f}"
        alone = round(metrics.get("share_in_no_cluster", 0) * metrics.get("photos", 0))
        outside = f", {counted(alone, 'photo')} in none (-1)" if alone else ""
        lines.append(f"{settings.DATASET}: {counted(metrics['num_clusters'], 'cluster')}{scores}{outside}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run(main))
