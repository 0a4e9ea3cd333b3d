"""The arguments of run_all.py, and those that it gives each step."""
import argparse

from imgcluster.errors import UserError
from imgcluster.running.cli import PART_OF_RUN, WITH_LATER, add_settings_arguments, config_arguments
from imgcluster.running.run_plan import STEPS


def read_arguments(description, argv=None):
    """Return the parsed arguments: first and last, numbers of steps; and_later; config and set, as every step has them.

    Raises UserError where the first step comes after the last.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, target, default in (("--from", "first", STEPS[0]), ("--to", "last", STEPS[-1])):
        parser.add_argument(name, dest=target, metavar="NN", type=_two_digits, choices=STEPS, default=default,
                            help=f"{target} step, {STEPS[0]} to {STEPS[-1]} (default: {default})")
    parser.add_argument("--and-later", action="store_true", help="then go on with the datasets that were placed in the "
                        "clusters of DATASET (ASSIGN_TO), and in theirs, from step 03 or 04 on")
    add_settings_arguments(parser)
    options = parser.parse_args(argv)
    if options.first > options.last:
        raise UserError(f"--from {options.first} --to {options.last}: the first step comes after the last")
    return options


def _two_digits(text):
    """A step's number as its script has it: "4" and "04" are the same step."""
    return text.zfill(2)


def step_arguments(settings, options, given, dataset, later=()):
    """Return the arguments of a step of a run with these `options` on a dataset.

    given: the settings that the run began with. What config.py holds later, perhaps for the next dataset already, is
    not for this run. later: {dataset: the one in whose clusters it was placed} of those that the run goes on with.
    """
    arguments = [PART_OF_RUN, repr(given), *[WITH_LATER] * bool(later), *config_arguments(options)]
    if dataset == settings.DATASET:
        return arguments
    # Photos to train on are placed nowhere, even if it is in their own clusters that those of DATASET will be.
    among = dict(later).get(dataset)
    placed = ["--set", f"ASSIGN_TO={among!r}"] if among != settings.ASSIGN_TO else []
    return [*arguments, *placed, "--set", f"DATASET={dataset!r}"]
