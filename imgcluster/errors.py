"""The one exception that means "the user can mend this"."""


class UserError(Exception):
    """Something the user must fix: a setting, a file, a folder.

    The message names the file or setting, the value found and the remedy. Scripts print it without a
    traceback and exit with code 2.
    """
