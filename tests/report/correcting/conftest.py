"""A page to correct, in Chromium."""
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from report_browser import opened
from report_gallery import make_gallery

from imgcluster.datafiles.feature_record import note_features
from imgcluster.files import write_lines
from imgcluster.report import write_report

# Clusters of six photos each by their angles on a circle: which are near to which.
ANGLES = np.array([0.0, 1.2, 0.3, 2.4, 0.9])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A gallery of 5 clusters of 6 photos, which fall in 2 and then in 3 parts at finer levels, and its page."""
    folder = tmp_path_factory.mktemp("report")
    gallery = make_gallery(folder, 30, 5)
    place = np.arange(30) % 6
    finer = {f"level_{parts * 5}": parts * gallery.predicted + place // share for parts, share in ((2, 4), (3, 2))}
    gallery.clusters.assign(**finer).to_csv(gallery.data_dir / "clusters.csv", index=False)
    angles = ANGLES[gallery.predicted] + 0.001 * place
    np.save(gallery.data_dir / "features.npy", np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32))
    note_features(gallery.data_dir, {"trained_on": "others"})  # so angles are compared as they are
    write_lines(gallery.data_dir / "cluster_names.csv", ["cluster,name", "3,Winter boots"])
    path = folder / "result" / "report.html"
    path.parent.mkdir()
    gallery = replace(gallery)  # nothing read yet
    write_report(path, gallery)
    return SimpleNamespace(gallery=gallery, path=path)


@pytest.fixture
def browser(chromium, written):
    """The page, freshly opened."""
    yield from opened(chromium, written.path)
