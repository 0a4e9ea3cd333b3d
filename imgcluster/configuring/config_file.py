"""Settings read from a config file and `--set`; whatever is wrong with them in one message."""
import ast
import logging
import os
import runpy
import traceback
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from imgcluster.configuring.settings import Settings
from imgcluster.errors import UserError
from imgcluster.wording import in_shell, meant

log = logging.getLogger(__name__)

# Python's constants, by how other languages write them.
CONSTANTS = {"none": "None", "null": "None", "true": "True", "false": "False"}
# What to write where a value is of the wrong kind, by pydantic's names for such errors. Tuples are numbers of rows and
# columns. Of the quotes after --set the shell takes one pair away.
TO_WRITE = {"bool_type": "True or False", "int_type": "a whole number", "int_from_float": "a whole number",
            "float_type": "a number", "string_type": "a text in quotes (--set \"{name}='text'\")",
            "string_too_short": "at least one character",
            **dict.fromkeys(("tuple_type", "missing", "too_long"), "rows and columns such as (20, 20)")}


def load_settings(config=None, overrides=(), *, root=None, given=None):
    """Return the checked `Settings` of a config file and the `NAME=VALUE` overrides.

    config: path of the config file (default: `root`/config.py, and the defaults where that is missing).
    overrides: strings "NAME=VALUE"; VALUE is read as a Python literal, else as plain text. given: {name: value}, what
    the config file held earlier (`given_in`); it is not read again then, and only says where relative folders are.
    Raises UserError with every problem in one message.
    """
    path = Path(config) if config else Path(root or Path.cwd()) / "config.py"
    values, problems = _read_config(path, required=config is not None) if given is None else dict(given), []
    for text in overrides:
        name, separator, value = text.partition("=")
        if not separator or not name.strip():
            problems.append(f"--set {text}: expected NAME=VALUE")
            continue
        values[name.strip()] = _literal(value)
        log.info("override: %s = %r", name.strip(), values[name.strip()])
    quoted = {name: value for name, value in values.items() if value in ("None", "True", "False")}
    problems += [f"{name} = {value!r}: a text; write {value} without quotes" for name, value in quoted.items()]
    try:
        settings = Settings(**{name: value for name, value in values.items() if name not in quoted})
    except ValidationError as error:
        # Of a setting that may be of several kinds, pydantic says for each why it is none of that kind.
        problems += {item["loc"][0]: _describe(item, values[item["loc"][0]])
                     for item in reversed(error.errors())}.values()
    if problems:
        raise UserError("\n".join(dict.fromkeys(problems)))
    settings._folder = Path(os.path.abspath(path)).parent
    if misplaced := settings.written_among_photos():
        raise UserError("\n".join(misplaced))
    return settings


def given_in(settings):
    """Return {name: value} of all `Settings` that are not the default, as `load_settings` takes them."""
    return settings.model_dump(exclude_defaults=True)


def _read_config(path, *, required):
    if not path.is_file():
        if required:
            raise UserError(f"--config {path}: " + ("a folder; name the file of settings in it" if path.is_dir() else
                                                    "no such file"))
        return {}
    try:
        names = runpy.run_path(str(path))
    except PermissionError as error:
        raise UserError(f"{path}: you may not read it; mend its permissions, or name another with --config") from error
    except Exception as error:
        said = error.msg if isinstance(error, SyntaxError) else error
        raise UserError(f"{path}{_line_of(error, path)}: cannot be read as Python ({type(error).__name__}: {said})"
                        f"{_likely_meant(error)}") from error
    # A setting in the wrong case is passed on as well, to be refused rather than silently ignored.
    return {name: value for name, value in names.items()
            if not name.startswith("_") and (name.isupper() or name.upper() in Settings.model_fields)}


def _line_of(error, path):
    """Say in which line of a file Python stopped, "" where that is not known."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
    return f", line {line}" if line else ""


def _likely_meant(error):
    """Return the remedy: that for the slips that are made most often, or one for all."""
    if "unicodeescape" in str(error):
        return r'; write folders with /, as in "C:/photos"'
    if isinstance(error, NameError) and error.name.lower() in CONSTANTS:
        return f"; write {CONSTANTS[error.name.lower()]}"
    if isinstance(error, NameError):
        return f'; texts stand in quotes: "{error.name}"'
    return "; mend it, or begin anew with a copy of the project's config.py"


def override(name, value):
    """Return the "NAME=VALUE" by which `load_settings` gives a setting a value."""
    return f"{name}={value}" if _literal(str(value)) == value else f"{name}={value!r}"


def choose_dataset(name):
    """Return the arguments by which a script takes another dataset, as they are typed in a shell."""
    return in_shell(["--set", override("DATASET", name)])


def plainly(overrides):
    """Return "NAME=VALUE" overrides that say the same as others with as few quotes as can be, one of each name."""
    given = {name.strip(): _literal(value) for name, _, value in (text.partition("=") for text in overrides)}
    return [override(name, value) for name, value in given.items()]


def _literal(text):
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # those that it is documented to raise
        return text.strip()


def _describe(item, value):
    """One line for one pydantic error about a value: the setting, the value, what is allowed or to be written instead.
    """
    name = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return f"{name}: no such setting{meant(name, Settings.model_fields)}; config.py lists them all"
    if item["type"] in TO_WRITE:
        nothing = " or None" if type(None) in get_args(Settings.model_fields[name].annotation) else ""
        return f"{name} = {value!r}: write {TO_WRITE[item['type']].format(name=name)}{nothing}"
    message = item["msg"].removeprefix("Value error, ")
    return f"{name} = {value!r}: {message[0].lower()}{message[1:]}"
