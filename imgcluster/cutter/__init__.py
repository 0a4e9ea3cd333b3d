"""The cutter: which part of a photo is the product."""
