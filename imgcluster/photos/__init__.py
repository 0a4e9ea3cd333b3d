"""Photos and their labels: read, prepared, compared, listed."""
