"""The server behind the page. Uploads live in memory for the length of one request; nothing of them is written down."""
import contextlib
import errno
import os
import socket
import threading
from functools import lru_cache

import waitress
from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from imgcluster.errors import UserError
from imgcluster.photos.decoding import ImageError, TooLarge
from imgcluster.photos.images import grey, read_first
from imgcluster.search.objects import Unsearchable
from imgcluster.search.products import typical_first
from imgcluster.search.results import SIMILARITY
from imgcluster.webapp.answers import card as product_card
from imgcluster.webapp.answers import found, product_details, product_list, query_answer, searchable
from imgcluster.webapp.pictures import as_jpeg
from imgcluster.webapp.security import protect

MAX_UPLOAD = 25_000_000  # bytes
MAX_PIXELS = 60_000_000  # of an upload: what phones make; a gigabyte or more while it is decoded
RESULTS = 8
PAGE = 24
THREADS = 8
UPLOADS = THREADS - 2  # searched or waiting for each other; pages and photos shall not wait for them
CONNECTIONS = 40  # each may send an upload, which stays in memory: a gigabyte at most
# Seconds without a byte after which a connection is closed, as long as none of its requests waits for an answer, and
# between looks for such: who only stays connected shall not keep others out for long.
IDLE, LOOKS = 15, 5
SIDES = {"small": 320, "large": 1000}
THUMBNAILS_KEPT = 2000


def create_app(searcher, *, name, host="127.0.0.1"):
    """Return the Flask application.

    searcher: a `searcher.Searcher`; name: of the dataset; host: the address it will listen on.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_UPLOAD
    app.json.sort_keys = False  # columns of catalog.csv stay in its order
    protect(app, host=host)
    catalogue = searcher.catalogue
    rows_of = typical_first(catalogue.index, catalogue.products)
    texts = searchable(catalogue, rows_of)
    code_of = {name: code for code, name in enumerate(catalogue.products.names)}
    # One photo at a time goes through the network: two would only wait for each other, and take twice the memory.
    busy, places = threading.Lock(), threading.BoundedSemaphore(UPLOADS)
    count = min(RESULTS, catalogue.size)

    @app.get("/")
    def page():
        return render_template("page.html", name=name, num_photos=len(catalogue.img_paths), num_products=catalogue.size,
                               max_upload=MAX_UPLOAD, scored=catalogue.calibration.sharpness is not None,
                               optimistic=catalogue.products.basis == "clusters",
                               similarity=SIMILARITY["products"])

    @app.post("/api/search")
    def search():
        box = _box(request.args.get("box"))
        data = request.get_data(cache=False)
        with _place(places), busy:
            query = searcher.read(data, box=box)
            answers = searcher.search(query, count=count)
        return jsonify(query_answer(query, answers))

    @app.get("/api/like/<int:row>")
    def like(row):
        _require(row, len(catalogue.img_paths))
        return jsonify(found(searcher.like(row, count=count)))

    @app.get("/api/products")
    def products():
        return jsonify(product_list(catalogue, rows_of, texts, text=request.args.get("text", ""),
                                    offset=max(0, request.args.get("offset", 0, int)), limit=PAGE))

    @app.get("/api/product")
    def product():
        name = request.args.get("name", "")
        if name not in code_of:
            abort(404, f"There is no product {name!r} in this catalogue.")
        code = code_of[name]
        rows = rows_of[code]
        details = product_details(catalogue, code, rows)
        item = product_card(code, catalogue.products.names[code], len(rows), rows, details)
        return jsonify({**item, "rows": rows.tolist(), "files": [catalogue.img_paths[row] for row in rows]})

    # Not of a photo that cannot be read: its disk may be away for a moment.
    @lru_cache(THUMBNAILS_KEPT)
    def thumbnail(row, side):
        return as_jpeg(read_first(*catalogue.place(row), side=side), side)

    @app.get("/photo/<any(small, large):size>/<int:row>")
    def photo(size, row):
        _require(row, len(catalogue.img_paths))
        side = SIDES[size]
        try:
            data = thumbnail(row, side)
        except ImageError:
            data = as_jpeg(grey(side), side)
        # A row is another photo once photos came or left and the server was started anew: the browser asks each time.
        answer = Response(data, mimetype="image/jpeg", headers={"Cache-Control": "private, no-cache"})
        answer.add_etag()
        return answer.make_conditional(request)

    _answer_errors(app)
    return app


@contextlib.contextmanager
def _place(places):
    """One of the places of a semaphore; where all are taken, the answer is that."""
    if not places.acquire(blocking=False):
        abort(503, "Too many photos are being searched at the moment. Try again in a few seconds.")
    try:
        yield
    finally:
        places.release()


def _box(text):
    """Four whole numbers from "x,y,w,h", or None."""
    if text is None:
        return None
    try:
        left, top, width, height = map(int, text.split(","))
    except ValueError:
        abort(400, "the box is no x,y,width,height")
    return left, top, width, height


def _require(number, count):
    if number >= count:
        abort(404, "not in the catalogue")


def _answer_errors(app):
    """Say what is wrong in one sentence of JSON, whatever it is."""
    @app.errorhandler(TooLarge)
    def too_large(error):
        return jsonify(error=f"This photo has {error.size} pixels, more than the {error.limit:,} allowed here."), 415

    @app.errorhandler(Unsearchable)
    def unsearchable(error):
        return jsonify(error=f"This photo cannot be searched: {error}."), 415

    @app.errorhandler(ImageError)
    def unreadable(error):
        return jsonify(error=f"This file cannot be read as a photo: {error}."), 415

    @app.errorhandler(UserError)
    def refused(error):
        return jsonify(error=str(error)), 400

    @app.errorhandler(HTTPException)
    def http(error):
        if error.code == 404 and "text/html" in request.headers.get("Accept", ""):  # a person's, not the page's
            return redirect("/")
        text = f"The file is larger than {MAX_UPLOAD // 1_000_000} MB." if error.code == 413 else error.description
        return jsonify(error=text), error.code


def listen(host, port):
    """Return sockets that listen on each address of `host`, at one port; who comes waits until they are served.

    Raises UserError where they cannot.
    """
    if not 0 <= port < 2**16:  # the operating system would take the rest of it
        raise UserError(f"--port {port}: 0 to 65535 needed (0: any that is free)")
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return _listen_on({(family, address): None for family, *_, address in found}, port)
    except (OSError, UnicodeError) as error:  # the latter for names that no host can have
        raise UserError(f"--host {host} --port {port}: cannot listen there "
                        f"({getattr(error, 'strerror', None) or error}); choose another") from error


def _listen_on(addresses, port):
    """Sockets for (family, address), as `listen` returns them."""
    sockets, lacking = [], None
    with contextlib.ExitStack() as opened:
        for family, (name, _, *rest) in addresses:
            try:
                sockets.append(_listening(opened, family, (name, port, *rest)))
                port = sockets[0].getsockname()[1]
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                lacking = error  # "localhost" may have an address of version 6 where the machine has none
        if not sockets:
            raise lacking
        opened.pop_all()
    return sockets


def _listening(opened, family, address):
    server = opened.enter_context(socket.socket(family))
    if os.name != "nt":  # where it would take the port from another program
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(address)
    # At once: until it listens, another program may bind the same port.
    server.listen()
    return server


def serve(app, sockets, *, host, ready):
    """Serve on the sockets that `listen` returned for `host` until interrupted; `ready(url)` is called at the start.

    Bodies stay in memory: waitress would put larger ones into temporary files. So there are only so many connections.
    """
    server = waitress.create_server(app, sockets=sockets, threads=THREADS, ident=None, connection_limit=CONNECTIONS,
                                    channel_timeout=IDLE, cleanup_interval=LOOKS,
                                    max_request_body_size=MAX_UPLOAD + 1,  # the least that it refuses
                                    inbuf_overflow=2 * MAX_UPLOAD)
    name, port = address_of(host), sockets[0].getsockname()[1]
    ready(f"http://{f'[{name}]' if ':' in name else name}:{port}/")
    server.run()


def address_of(host):
    """Return what to open for a server that listens on `host`: for all of this machine's addresses, one that others in
    its network can reach, where it has such."""
    if host not in ("0.0.0.0", "::", ""):
        return host
    # A server on "::" listens on addresses of version 6 alone.
    family, elsewhere, own = ((socket.AF_INET6, "2001:db8::1", "::1") if host == "::" else
                              (socket.AF_INET, "192.0.2.1", "127.0.0.1"))
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))  # sends nothing: it asks which of its addresses would be used
            return probe.getsockname()[0]
    except OSError:
        return own
