"""What the page may do in a browser, and which requests are answered."""
import ipaddress
from urllib.parse import urlsplit

from flask import abort, request

# Everything comes from this server; pictures that it made of an upload are part of its answers (data:).
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
           "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
           "Permissions-Policy": "camera=(self), geolocation=(), microphone=()"}


def is_loopback(host):
    """Whether a host name or address is this very machine and no other can reach it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def protect(app, *, host):
    """Put the headers on every answer, and refuse requests that another page or a forged name sends.

    A page elsewhere can point a name of its own at 127.0.0.1 and so speak to a server meant for this machine alone (DNS
    rebinding): bound to loopback, only loopback's names are answered.
    """
    @app.before_request
    def check():
        named = urlsplit(f"//{request.host}").hostname or ""
        if is_loopback(host) and not is_loopback(named):
            abort(403)
        origin = request.headers.get("Origin")
        if request.method != "GET" and origin is not None and urlsplit(origin).netloc != request.host:
            abort(403)

    @app.after_request
    def add_headers(response):
        response.headers.update(HEADERS)
        return response
