"""Search as a web page: drop a photo, see what is in it, get products; browse the catalogue. Run by 08_app.py."""
from imgcluster.webapp.server import MAX_PIXELS, MAX_UPLOAD, create_app, listen, serve

__all__ = ["MAX_PIXELS", "MAX_UPLOAD", "create_app", "listen", "serve"]
