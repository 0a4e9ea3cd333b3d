"""Cluster product photos by product model: the importable part behind the numbered scripts."""
