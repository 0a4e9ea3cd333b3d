"""The cluster of each photo: found, corrected, carried over to new photos, written."""
