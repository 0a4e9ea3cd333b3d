"""Scores of clusters and of features."""
