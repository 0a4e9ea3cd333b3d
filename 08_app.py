#!/usr/bin/env python3
"""Step 08: search by photo and browse the products in a web page.

Reads:   what 07_search.py reads, and the photos
Writes:  nothing of what is uploaded; DATA_DIR/search_calibration.json
Needs:   pip install -r requirements-app.txt
Runtime: about 10 s to start, then well under a second a photo; stop it with Ctrl-C
"""
import importlib.util
import sys

from imgcluster.configuring.step_options import network_options, recipe_options
from imgcluster.errors import UserError
from imgcluster.running.cli import Step, run
from imgcluster.wording import listed


def main(argv=None):
    step = Step(__file__, __doc__, argv, add_arguments=add_arguments)
    options, settings = step.options, step.settings
    missing = [name for name in ("flask", "waitress") if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)} not installed; run: pip install -r requirements-app.txt")
    from dataclasses import replace

    from imgcluster.photos.prepare import Recipe
    from imgcluster.search.session import open_searcher
    from imgcluster.search.sources import sources_of
    from imgcluster.webapp import MAX_PIXELS, create_app, listen, serve
    from imgcluster.webapp.security import is_loopback

    # The network takes seconds to start: not to be waited for when the page cannot be served.
    sockets = listen(options.host, options.port)
    recipe = Recipe(**recipe_options(settings))
    sources = sources_of(settings.DATASET, settings.folders_of, warn=step.warn)
    searcher = open_searcher(sources, settings=step.values("01", "03"),
                             network=network_options(settings), say=step.say,
                             recipe=replace(recipe, max_pixels=min(recipe.max_pixels, MAX_PIXELS)))
    searcher.encoder.warm_up()
    app = create_app(searcher, name=listed(source.name for source in sources), host=options.host)
    if not is_loopback(options.host):
        step.warn(f"--host {options.host}: everyone who can reach this machine can use the page and see its photos")
    serve(app, sockets, host=options.host, ready=lambda url: step.say(f"open {url} (stop with Ctrl-C)"))


def add_arguments(parser):
    """Add the arguments of this step."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine "
                        "alone; 0.0.0.0: everyone in the network, such as your phone)")
    parser.add_argument("--port", type=int, default=8000, help="default: 8000; 0: any that is free")


if __name__ == "__main__":
    sys.exit(run(main))
