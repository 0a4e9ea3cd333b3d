"""Photos of a shop, week after week, each placed in the clusters of the one before."""
from collections import Counter

import numpy as np
import pandas as pd
from by_hand import corrected

from imgcluster.clusters.chain_checks import require_chain
from imgcluster.clusters.chain_state import placing_facts, warn_of_chain
from imgcluster.clusters.cluster_count import Clustering
from imgcluster.clusters.cluster_results import write_clustering
from imgcluster.clusters.clusterings import found_in
from imgcluster.clusters.placing import earlier_clusters, place_on
from imgcluster.csv_tables import write_table
from imgcluster.datafiles.artefacts import read_features, read_img_paths, read_labels
from imgcluster.datafiles.records import write_record
from imgcluster.files import write_array, write_lines
from imgcluster.som import SelfOrganizingMap


class Weeks:
    """The datasets of a shop, as step 04 leaves them: 15 photos a week of each of its products, 0, 1, 2, ..."""

    def __init__(self, root):
        self.root, self.rng, self.said = root, np.random.default_rng(0), []
        self.centres = self.rng.standard_normal((12, 24))

    def folder(self, name):
        return self.root / name

    def datasets(self):
        return {path.name: path for path in sorted(self.root.iterdir())}

    def photograph(self, name, *products):
        write_lines(self.folder(name) / "img_paths.txt",
                    [f"{product}_{number}.jpg" for product in products for number in range(15)])
        spread = 0.25 * self.rng.standard_normal((15 * len(products), 24))
        write_array(self.folder(name) / "features.npy",
                    (np.repeat(self.centres[list(products)], 15, axis=0) + spread).astype(np.float32))

    def correct(self, name, *lines):
        write_lines(self.folder(name) / "corrections.csv", ["action,file,cluster,value", *lines])

    def add_corrections(self, name, *lines):
        path = self.folder(name) / "corrections.csv"
        write_lines(path, [*path.read_text().splitlines(), *lines])

    def find(self, name, seed=0, alike=()):
        """Find the clusters of the first week: one of each product there is, numbered in their order; `alike`: products
        found in one."""
        paths, features = read_img_paths(self.folder(name)), read_features(self.folder(name))
        som = SelfOrganizingMap(4, 4, 24, normalize=True, random_seed=seed).fit(features)
        products = [int(path.split("_")[0]) for path in paths]
        labels = np.unique([alike[0] if each in alike else each for each in products], return_inverse=True)[1]
        count = int(labels.max()) + 1
        found = Clustering(labels, count, (count, count), [], np.ones(len(labels)))
        self.write(name, som, found, {})

    def place(self, name, on):
        chain = require_chain(on, self.folder(name), folder_of=self.folder, datasets=self.datasets())
        warn_of_chain(chain, folder_of=self.folder, warn=self.said.append)
        som, found = place_on(chain, self.folder(name), read_features(self.folder(name)))
        self.write(name, som, found, placing_facts(chain), earlier_clusters(chain))

    def write(self, name, som, found, facts, earlier=None):
        paths, features = read_img_paths(self.folder(name)), read_features(self.folder(name))
        own = found_in(self.folder(name), paths, found.labels, earlier).id
        found, self.lines, _ = corrected(self.folder(name), paths, features, found, earlier=earlier,
                                         warn=self.said.append)
        write_clustering(self.folder(name), paths, features, som, found, clustering_id=own, **facts)
        inputs = [self.folder(name) / each for each in ("features.npy", "corrections.csv")]
        write_record(self.folder(name), "04", settings={}, outputs=[], inputs=inputs)

    def clusters_of(self, name):
        """{product: the cluster that most of its photos are in}"""
        owners = Counter(zip([path.split("_")[0] for path in read_img_paths(self.folder(name))],
                             read_labels(self.folder(name), "pred").astype(int).tolist()))
        return {int(product): number for (product, number), _ in reversed(owners.most_common())}


def note_contents(folder, paths=None):
    """Photos as step 01 notes them: `paths` that hold what the photos in a folder are called."""
    photos = read_img_paths(folder)
    write_table(folder / "photos.csv", pd.DataFrame({"file": paths or photos, "digest": photos}))
    write_lines(folder / "img_paths.txt", paths or photos)
