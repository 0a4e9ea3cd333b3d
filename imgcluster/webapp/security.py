"""What the page may do in a browser, and which requests are answered."""
import ipaddress
import socket
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
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(host):
    """A host as IP address, or None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _own_names(host):
    """What this machine may be called by in its network, and the name that it listens on."""
    name = socket.gethostname()
    return {own.lower() for own in ("localhost", host, name, socket.getfqdn(), f"{name.split('.')[0]}.local") if own}


def protect(app, *, host):
    """Put the headers on every answer, and refuse requests that another page or a forged name sends.

    A page elsewhere can point a name of its own at this server's address and so speak to it (DNS rebinding): only
    addresses and this machine's names are answered; bound to loopback, only loopback's.
    """
    alone = is_loopback(host)
    names = () if alone else _own_names(host)

    @app.before_request
    def check():
        named = urlsplit(f"//{request.host}").hostname or ""
        if not (is_loopback(named) if alone else named in names or _address(named)):
            abort(403)
        origin = request.headers.get("Origin")
        if request.method != "GET" and origin is not None and origin.partition("://")[2] != request.host:
            abort(403)

    @app.after_request
    def add_headers(response):
        response.headers.update(HEADERS)
        return response
