"""Neighbourhoods of photos, and the hierarchy of clusters over them."""
