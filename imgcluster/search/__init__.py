"""Search a clustered dataset with a photo: exact index, calibrated scores, objects in the query, product data."""
