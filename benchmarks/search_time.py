"""From a photo to its answer, on the command line and on the page: how long, and where the time goes. Run by search.py.

The scripts themselves run, each in a process of its own; the functions that make up a stage are timed from outside.
"""
import functools
import importlib
import json
import runpy
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
# (stage, module, function or class.method): what 07_search.py and 08_app.py spend their time in, in order.
STAGES = (("open the catalogue", "imgcluster.search.session", "open_checked"),
          ("check the photo", "imgcluster.search.batch", "check_readable"),
          ("start TensorFlow, load the network", "imgcluster.search.session", "open_encoder"),
          ("read the photo, find its objects", "imgcluster.search.searcher", "Searcher.read"),
          ("network", "imgcluster.search.encoder", "Encoder.encode"),
          ("search, products, scores", "imgcluster.search.searcher", "Searcher._nearest"),
          ("previews", "imgcluster.webapp.server", "query_answer"))
OF_COMMAND, OF_PAGE = STAGES[:-1], STAGES[3:]
THUMBNAILS = 8


def time_tables(options):
    """Print seconds of each stage for the photo, enlarged to the megapixels asked for: of both scripts."""
    with tempfile.TemporaryDirectory() as folder:
        photo = enlarged(options.photo, options.megapixels, Path(folder) / "photo.jpg")
        size = cv2.imread(str(photo)).shape
        settings = [part for text in options.set for part in ("--set", text)]
        print(f"photo of {size[1]} x {size[0]} pixels, {photo.stat().st_size / 1e6:.1f} MB; best of {options.rounds} "
              "rounds; other work on the machine lengthens the first figure\n")
        command = [json.loads(run_child("07_search.py", photo, settings, 1)) for _ in range(options.rounds)]
        show("07_search.py, from start to end", OF_COMMAND, [each[0] for each in command])
        show("the page, from upload to answer", OF_PAGE, json.loads(run_child("08_app.py", photo, settings,
                                                                             options.rounds)))


def enlarged(photo, megapixels, path):
    """Write the photo as a JPEG file of about so many megapixels; return its path."""
    image = cv2.imread(str(photo))
    scale = (megapixels * 1e6 / (image.shape[0] * image.shape[1])) ** 0.5
    cv2.imwrite(str(path), cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
    return path


def show(title, stages, rounds):
    """Print one table; rounds: list of {stage: (seconds by the clock, seconds of processors)}, with "total"."""
    print(f"| {title} | s by the clock | s of processors |\n|---|---:|---:|")
    names = [name for name, *_ in stages if name in rounds[0]]
    for each in rounds:
        each["all else"] = [each["total"][kind] - sum(each[name][kind] for name in names) for kind in (0, 1)]
    for name in [*names, "all else", *(name for name in rounds[0] if name.startswith("then")), "total"]:
        wall, processors = np.min([each[name] for each in rounds], axis=0)
        print(f"| {name} | {wall:.2f} | {processors:.2f} |")
    print()


def run_child(script, photo, settings, rounds):
    """The last line that this file prints when it runs a script itself."""
    done = subprocess.run([sys.executable, __file__, script, str(photo), str(rounds), *settings], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{script} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip().splitlines()[-1]


def clock():
    return time.perf_counter(), time.process_time()


def since(began):
    return [now - then for now, then in zip(clock(), began)]


def timed(stages, spent):
    """Let each function of `stages` add what it takes to `spent`, {stage: [seconds, processor seconds]}."""
    for stage, module, name in stages:
        holder, attribute = found(module, name)
        setattr(holder, attribute, wrapped(getattr(holder, attribute), stage, spent))


def found(module, name):
    """Return (module or class that holds it, its own name) of a function or class.method of a module."""
    holder = importlib.import_module(module)
    *owner, attribute = name.split(".")
    return getattr(holder, owner[0]) if owner else holder, attribute


def wrapped(function, stage, spent):
    @functools.wraps(function)
    def measured(*arguments, **options):
        began = clock()
        try:
            return function(*arguments, **options)
        finally:
            spent[stage] = [old + new for old, new in zip(spent.get(stage, (0, 0)), since(began))]
    return measured


def search_once(spent, photo, settings):
    """07_search.py on the photo; the figures of one round."""
    main = runpy.run_path(str(ROOT / "07_search.py"))["main"]
    main([str(photo), *settings])
    return [{**spent, "total": [time.time() - STARTED, time.process_time()]}]


def upload(spent, photo, settings, rounds):
    """08_app.py, and the photo sent to it; the figures of each round."""
    import imgcluster.webapp

    figures, serve = [], imgcluster.webapp.serve

    def serve_and_ask(app, *, host, port, ready):
        listening, found = threading.Event(), []
        threading.Thread(target=serve, args=(app,), daemon=True, kwargs={
            "host": host, "port": port, "ready": lambda url: (found.append(url), listening.set())}).start()
        listening.wait()
        for _ in range(rounds):
            spent.clear()
            began = clock()
            answer = json.loads(urllib.request.urlopen(f"{found[0]}api/search", photo.read_bytes()).read())
            total, began = since(began), clock()
            for product in answer["regions"][answer["best"]]["products"][:THUMBNAILS]:
                urllib.request.urlopen(f"{found[0]}photo/small/{product['rows'][0]}").read()
            figures.append({**spent, "total": total, "then the photos of its products": since(began)})

    imgcluster.webapp.serve = serve_and_ask
    runpy.run_path(str(ROOT / "08_app.py"))["main"](["--port", "0", *settings])
    # The photos of the products are read once and then kept: the first round tells what they take.
    return [{**each, "then the photos of its products": figures[0]["then the photos of its products"]}
            for each in figures]


if __name__ == "__main__":
    STARTED = time.time()
    sys.path.insert(0, str(ROOT))
    given, times, of_command = Path(sys.argv[2]), {}, sys.argv[1] == "07_search.py"
    timed(OF_COMMAND if of_command else OF_PAGE, times)
    print(json.dumps(search_once(times, given, sys.argv[4:]) if of_command
                     else upload(times, given, sys.argv[4:], int(sys.argv[3]))))
