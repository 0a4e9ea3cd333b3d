"""From content to HTML: everything inside one file, everything from outside escaped, nothing else allowed to run.

Text goes through Jinja's escaping; data lie in a JSON block whose <, >, & and line separators are escaped, so that no
label can end it. The policy of the page names its one script and its one style sheet by their digests: any other
script, inline handler, style, picture or request from outside is refused by the browser.
"""
import base64
import hashlib
import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from imgcluster.wording import counted

_FOLDER = Path(__file__).parent
_SCRIPTS = ("base", "state", "levels", "view", "region", "map", "scatter", "choosing", "clusters", "window", "picker",
            "large", "tray", "lists", "charts", "main")


def render(context):
    """Return the page as text. context: what page.html.j2 names."""
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True)
    # Compact, in the order given, and refusing NaN, which is no JSON.
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    environment.filters["counted"] = counted
    environment.filters["breakable"] = breakable
    style, script = _style(), _script()
    policy = (f"default-src 'none'; img-src data: blob:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
              "base-uri 'none'; form-action 'none'")
    return environment.get_template("page.html.j2").render(
        **context, style=Markup(style), script=Markup(script), policy=policy)


def breakable(path):
    """A file's path as HTML that may go on in another line after any / _ or -."""
    return Markup("<wbr>").join(map(escape, re.split(r"(?<=[/_-])(?=.)", str(path))))


def _style():
    return (_FOLDER / "style.css").read_text(encoding="utf-8")


def _script():
    """The scripts in one scope of their own."""
    parts = [(_FOLDER / "scripts" / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS]
    return "(() => {\n\"use strict\";\n" + "\n".join(parts) + "})();\n"


def _digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
