"""What all numbered scripts share: arguments, banner, closing line, exit codes."""
import argparse
import ast
import contextlib
import errno
import os
import sys
import time
from pathlib import Path

from tqdm import tqdm

from imgcluster.configuring.config_file import choose_dataset, given_in, load_settings, override, plainly
from imgcluster.configuring.step_settings import STEP_SETTINGS, of_step
from imgcluster.datafiles.artefacts import read_img_paths
from imgcluster.datafiles.feature_record import are_others
from imgcluster.datafiles.records import (
    changed_inputs,
    changed_settings,
    lost_outputs,
    prepared_otherwise,
    was_interrupted,
    write_record,
)
from imgcluster.datafiles.staging import finish
from imgcluster.errors import UserError
from imgcluster.files import remove_leftovers
from imgcluster.interrupts import heed_interrupts
from imgcluster.locks import claim
from imgcluster.running.console import Unhurt, configure_logging, shown, tell
from imgcluster.wording import counted, first_line, in_shell, listed, printable

FAILED = 2
INTERRUPTED = 130
# What a user can do about an error of the system.
ALLOW, ELSEWHERE = "make room or allow access", "name another folder for it in config.py"
REMEDIES = (dict.fromkeys((errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.EDQUOT), ALLOW)
            | dict.fromkeys((errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.EFBIG), ELSEWHERE))
# Given to the steps that run_all.py runs, with the settings that it began with: it says itself what is set for all of
# them and what comes next, and they do not read a config file that may have changed since.
PART_OF_RUN = "--part-of-run"
# Given to them where the run goes on with the datasets placed in the clusters of DATASET.
WITH_LATER = "--with-later"
# What is said of the photos of one dataset alone, and nothing (None) by default.
OF_ONE_DATASET = ("NUM_CLUSTERS", "NUM_IMGS_PER_MODEL", "ASSIGN_TO")


class Step:
    """One numbered script at work: its settings, what it says, what it leaves behind."""

    def __init__(self, script, description, argv=None, *, add_arguments=None, out=None):
        """Read the arguments, load the settings, print the banner.

        script: the script's `__file__`. description: its docstring, shown by --help. add_arguments: function that adds
        the step's own arguments to a parser; their values are in `options`. out: where `say` writes to; standard
        output, unless that is for the results alone.
        """
        self.script, self.began, self.out, self._lock = Path(script), time.perf_counter(), out, None
        self.name = self.script.stem
        parser = _parser(self.name, description)
        if add_arguments:
            add_arguments(parser)
        self.options = parser.parse_args(argv)
        configure_logging(overrides=self.options.part_of_run is None)
        self.settings = load_settings(self.options.config, self.options.set, root=self.script.parent,
                                      given=self.options.part_of_run)
        self.data_dir = self.settings.folder("DATA_DIR")
        self.result_dir = self.settings.folder("RESULT_DIR")
        self.say(f"{self.name}: {self.settings.DATASET}")

    def say(self, text):
        """Print a line about the step."""
        tell(printable(text, lines=True), self.out or sys.stdout)

    def warn(self, text):
        """Print a warning, on standard error, above any progress bar."""
        tqdm.write(f"warning: {printable(text, lines=True)}", file=sys.stderr)

    def show(self, path):
        """Return a path as people read it (`shown`)."""
        return shown(path)

    def claim(self, data_dir=None):
        """Keep other runs off the files of this dataset, or of that in `data_dir`, until this step has ended.

        Raises UserError where another run is at them.
        """
        data_dir = data_dir or self.data_dir
        self._lock = claim(data_dir)
        remove_leftovers(data_dir)
        finish(data_dir)

    def claim_photos(self, source):
        """Claim a dataset, given by its settings, for a network to see its photos; return (IMG_DIR, their paths in it).

        Raises UserError where the photos are not listed or prepared, or step 01 has not come to its end: of those that
        it had no time for, nobody could tell that they did not just vanish.
        """
        data_dir, img_dir = source.folder("DATA_DIR"), source.folder("IMG_DIR")
        its = "" if source.DATASET == self.settings.DATASET else f" with {choose_dataset(source.DATASET)}"
        if not (data_dir / "img_paths.txt").exists():
            raise UserError(f"{shown(data_dir / 'img_paths.txt')} is missing; put the photos of {source.DATASET} into "
                            f"{shown(source.folder('RAW_IMG_DIR'))} and run 00_make_labels_true.py and "
                            f"01_img_preprocess.py{its}")
        self.claim(data_dir)
        if was_interrupted(data_dir, "01"):
            raise UserError(f"{shown(img_dir)}: prepared photos are missing, as step 01 was interrupted; run "
                            f"01_img_preprocess.py again{its}: it goes on where it was")
        if not img_dir.exists():
            raise UserError(f"{shown(img_dir)} is missing; run 01_img_preprocess.py{its} first")
        from imgcluster.photos.photo_tables import LEDGER, read_ledger  # OpenCV, which --help need not wait for

        img_paths = read_img_paths(data_dir)
        lacking = [name for name in img_paths if not (img_dir / name).exists()]
        seen = read_ledger(data_dir / LEDGER) if lacking else {}
        came = [name for name in lacking if seen and name not in seen
                and (source.folder("RAW_IMG_DIR") / name).exists()]
        if came:
            raise UserError(f"{counted(len(came), 'photo')} of {len(img_paths)} came since step 01 prepared them, the "
                            f"first {came[0]}; run 01_img_preprocess.py{its} first")
        return img_dir, img_paths

    def values(self, *numbers):
        """Return the settings that the files of steps ("00" to "06") depend on, as a mapping."""
        return {name: value for number in numbers for name, value in of_step(self.settings, number).items()}

    def warn_if_changed(self, *numbers, source=None):
        """Warn when a step whose files this one reads made them under other settings or of photos that were prepared
        otherwise, or did not come to its end, or when some of these are gone.

        Not of step 03 where features of one's own took the place of its.

        source: the settings for the dataset that they are of, by default those of this one.
        """
        source = source or self.settings
        data_dir = source.folder("DATA_DIR")
        for number in numbers:
            if number == "03" and are_others(data_dir):
                continue
            if was_interrupted(data_dir, number):
                self.warn(f"step {number} was interrupted: its files are not all of one run; run it again")
            if lost := lost_outputs(data_dir, number):
                self.warn(f"{listed(lost)}, which step {number} wrote, {'is' if len(lost) == 1 else 'are'} there no "
                          "more: run it again")
            if number == "03" and "img_paths.txt" in changed_inputs(data_dir, number):
                self.warn("img_paths.txt is not the list that step 03 made features.npy by (sorted or edited?), so "
                          "features may be taken for those of other photos: run steps 00 to 03 again")
            changes = changed_settings(data_dir, number, of_step(source, number))
            if changes:
                self.warn(f"step {number} ran under other settings ({'; '.join(changes)}): its files hold for those; "
                          "run it again to apply the present ones")
            if number in ("02", "03") and prepared_otherwise(data_dir, number):
                self.warn(f"step 01 has prepared the photos otherwise since step {number} saw them: run step {number} "
                          "again")

    def begin(self):
        """Note that files are about to change one by one: until `record` is called, they are not all of one run."""
        self.record([], complete=False)

    def record(self, outputs, *, inputs=(), data_dir=None, **facts):
        """Write the record of this step: its settings and seed, its inputs, the library versions."""
        number = self.name[:2]
        write_record(data_dir or self.data_dir, number, settings=self.values(number), outputs=outputs, inputs=inputs,
                     **facts)

    def finish(self, wrote, *, then=None):
        """Let other runs at the files and print the closing line: what was written, how long it took, what is next."""
        if self._lock:
            self._lock.release()
        seconds = time.perf_counter() - self.began
        line = f"wrote {wrote} in {seconds:.1f} s"
        says_next = then is not None and self.options.part_of_run is None
        self.say(f"{line}; next: {self.command(then)}" if says_next else line)

    def rerun_from(self, number):
        """The command line that runs all steps for this dataset from one on, even once config.py is for another.

        It names the settings of steps 00 and 04 that are not the default, and those `OF_ONE_DATASET` whatever they are.
        It holds in the folder of run_all.py, and says no more of where that lies than --config needs to be right:
        a report that it stands in may be mailed.
        """
        names = ["DATASET", "TRAIN_DATASET", *self.values("00"), *STEP_SETTINGS["04"]]
        given = dict.fromkeys(OF_ONE_DATASET) | given_in(self.settings) | {"DATASET": self.settings.DATASET}
        overridden = [override(name, given[name]) for name in names if name in given]
        config = self.options.config and ["--config", _path_from(self.script.parent, self.options.config)]
        return in_shell(["python", "run_all.py", "--from", number, *(config or ()),
                         *(part for text in overridden for part in ("--set", text))])

    def command(self, script, *arguments, also=()):
        """The command line of another script under the same settings, as it holds in the current folder; also: further
        "NAME=VALUE" overrides."""
        return in_shell(["python", shown(self.script.parent / script), *arguments,
                         *settings_arguments(self.options, also)])


def _path_from(folder, path):
    """The path of a file as it holds in a folder, relative unless they are on two drives of Windows."""
    # Links on the way stand for the folders that ".." really goes up from; the file itself may be a link elsewhere.
    there, name = os.path.split(os.path.abspath(path))
    whole = os.path.join(os.path.realpath(there), name)
    try:
        return Path(os.path.relpath(whole, os.path.realpath(folder))).as_posix()
    except ValueError:
        return whole


def _parser(name, description):
    parser = argparse.ArgumentParser(prog=f"{name}.py", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_settings_arguments(parser)
    parser.add_argument(PART_OF_RUN, type=ast.literal_eval, help=argparse.SUPPRESS)
    parser.add_argument(WITH_LATER, action="store_true", help=argparse.SUPPRESS)
    return parser


def add_settings_arguments(parser):
    """Add --config and --set to an argument parser."""
    parser.add_argument("--config", metavar="OTHER.py", help="use this file instead of config.py")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[],
                        help="change one setting for this run (repeatable)")


def settings_arguments(options, also=()):
    """Return the arguments that give another script the --config and --set of parsed `options`, and those of `also`."""
    overrides = plainly([*options.set, *also])
    return [*config_arguments(options), *(part for text in overrides for part in ("--set", text))]


def config_arguments(options):
    """Return the arguments that give another script the --config alone."""
    return ["--config", options.config] if options.config else []


def run(main):
    """Call a script's `main()` and return its exit code: 2 with one clear message for what the user must mend.

    It goes on where nobody reads any more what it says.
    """
    with contextlib.redirect_stdout(Unhurt(sys.stdout)), contextlib.redirect_stderr(Unhurt(sys.stderr)):
        return _run(main)


def _run(main):
    try:
        heed_interrupts()
        return main() or 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        if error.errno not in REMEDIES:
            raise
        print(f"error: {error.filename or 'a file'}: {error.strerror}; {REMEDIES[error.errno]}, then run this step "
              "again", file=sys.stderr)
        return FAILED
    except MemoryError as error:
        print(f"error: out of memory ({first_line(error)}); close other programs, or make settings smaller that cost "
              "memory (SOM_GRID, NUM_WORKERS, BATCH_SIZE), and run this step again", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nstopped; run the step again to go on", file=sys.stderr)
        return INTERRUPTED
