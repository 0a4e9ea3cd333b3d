"""What the tests of the report share: a finished dataset, and its page as a browser would read it."""
import base64
import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
from PIL import Image

from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import write_labels
from imgcluster.files import write_arrays, write_json, write_lines
from imgcluster.report.gallery import Gallery

HOSTILE_FILE = '"><img src=x onerror=alert(1)>.jpg'
HOSTILE_LABEL = "</script><script>alert(2)</script>"
COLOURS = ((220, 40, 40), (40, 160, 60), (50, 60, 220), (230, 210, 40))


def make_gallery(folder, num_photos=24, num_clusters=3, *, labels=True, all_files=True, name="tiny"):
    """A finished dataset: photos of one colour for each cluster on a map of one row for each cluster."""
    data_dir, img_dir, raw_dir = (folder / part for part in ("data", "img", "raw"))
    cluster = np.sort(np.arange(num_photos) % num_clusters)
    files = [f"shop/{row:03d}, front.jpg" for row in range(num_photos)]
    files[0] = HOSTILE_FILE
    rng = np.random.default_rng(0)
    write_lines(data_dir / "img_paths.txt", files)
    write_labels(data_dir, "pred", cluster)
    for row, file in enumerate(files):
        for place, ground in ((raw_dir, 90), (img_dir, 255)):
            picture = np.full((48, 36, 3), ground, np.uint8)
            picture[8:40, 6:30] = COLOURS[cluster[row] % 4]
            path = place / file
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path, "JPEG")
    if labels:
        true = [f"model {c}" for c in cluster]
        true[-1], true[0] = "model 0", HOSTILE_LABEL
        write_labels(data_dir, "true", true)
        write_json(data_dir / "metrics.json", {"ari": 0.8, "ari_interval": [0.7, 0.9], "purity": 0.95})
    write_step_04(data_dir, files, cluster, rng)
    if all_files:
        write_table(data_dir / "skipped.csv", pd.DataFrame({"file": ["<b>bad</b>.jpg"], "reason": ["not a picture"]}))
        write_table(data_dir / "duplicates.csv", pd.DataFrame({
            "file": [files[-1]], "kept": [files[0]], "kind": ["same"], "distance": ["0"]}))
        write_table(data_dir / "history.csv", pd.DataFrame({
            "phase": ["head", "network"], "epoch": [1, 1], "learning_rate": [1e-3, 1e-4], "loss": [2.0, 1.0],
            "val_loss": [1.5, 1.2], "val_top_1": [0.5, 0.7]}))
        write_json(data_dir / "made_by_04.json", {"step": "04", "settings": {"NUM_CLUSTERS": "<i>"}})
    return Gallery(name=name, data_dir=data_dir, img_dir=img_dir, raw_dir=raw_dir, train_dir=data_dir, seed=0,
                   max_sheets=20, max_photos=5000)


def write_step_04(data_dir, files, cluster, rng):
    count, num_clusters = len(files), cluster.max() + 1
    column = np.arange(count) % 2
    write_table(data_dir / "clusters.csv", pd.DataFrame({
        "file": files, "cluster": cluster, "unit_row": cluster, "unit_column": column,
        "distance": rng.random(count), "confidence": rng.random(count),
        "level_1": 0, f"level_{num_clusters}": cluster}))
    shape = (int(num_clusters), 2)
    hits = np.zeros(shape, int)
    np.add.at(hits, (cluster, column), 1)
    write_arrays(data_dir / "som.npz", hits=hits, distance_map=rng.random(shape), topology=np.array("rectangular"),
                 unit_clusters=np.repeat(np.arange(num_clusters), 2).reshape(shape))
    write_json(data_dir / "cluster_count.json", {
        "num_clusters": int(num_clusters), "interval": [2, 5], "clustering_id": "drawn"})
    features = np.eye(num_clusters, 8)[cluster] + 0.05 * rng.random((count, 8))
    np.save(data_dir / "features.npy", features.astype(np.float32))


class Page(HTMLParser):
    """A page as a browser would read it: its tags, and the text of each script and style."""

    def __init__(self, path):
        super().__init__()
        self.text = path.read_text(encoding="utf-8")
        self.tags, self.blocks, self.ids = [], [], set()
        self.feed(self.text)
        self.data = json.loads(next(text for attributes, text in self.blocks if attributes.get("id") == "data"))
        self.sheets = [base64.b64decode(text) for attributes, text in self.blocks
                       if attributes.get("id", "").startswith("sheet-")]

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids.add(dict(attrs).get("id"))
        if tag in ("script", "style"):
            self.blocks.append((dict(attrs), ""))

    def handle_data(self, data):
        if self.cdata_elem:
            self.blocks[-1] = (self.blocks[-1][0], self.blocks[-1][1] + data)
