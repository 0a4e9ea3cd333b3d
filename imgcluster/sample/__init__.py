"""A small web shop's catalogue, drawn: photos of products as different sellers would show them."""

from imgcluster.sample.catalogue import BACKGROUNDS, SAMPLES, Catalogue, Photo, plan_photos
from imgcluster.sample.render import draw_sample, render_photo

__all__ = ["BACKGROUNDS", "SAMPLES", "Catalogue", "Photo", "draw_sample", "plan_photos", "render_photo"]
