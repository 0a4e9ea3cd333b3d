"""One line for each product."""
import numpy as np
import pandas as pd

from imgcluster.clusters.product_table import product_table

PHOTOS = pd.DataFrame({"file": list("abcdef"), "cluster": [0, 0, 0, 2, -1, 2],
                       "confidence": [0.5, 0.75, 1.0, 0.25, 0.0, 0.75]})
FEATURES = np.array([[1, 0], [9, 1], [8, 2], [0, 1], [3, 3], [1, 9]], np.float32)


def table_of(**changed):
    given = {"to_look_at": [2, -1], "first": np.ones(6, bool), "names": {}} | changed
    return product_table(PHOTOS, FEATURES, **given)


def test_each_cluster_has_a_line_and_photos_in_none_are_of_no_product():
    table = table_of(names={2: "Red jar", 7: "of then"})
    assert table.to_dict("list") == {"cluster": [0, 2], "name": ["", "Red jar"], "photos": [3, 2],
                                     "confidence": [0.75, 0.5], "to_check": [0, 1], "example": ["b", "d"]}


def test_the_example_is_no_copy_where_there_is_another_photo():
    assert table_of(first=np.arange(6) != 1).example.tolist()[0] in "ac"
    assert table_of(first=np.zeros(6, bool)).example.tolist() == ["b", "d"]


def test_earlier_datasets_are_told_of_first_the_first_one_and_so_are_their_products_without_photos():
    earlier = {"june": np.array([0, 4, 4, -1]), "may": np.array([2, 2, 0, 5])}
    table = table_of(earlier=earlier, merged={5: 2}, names={4: "Cap"}, apart={2: 1.5})
    assert table.columns.tolist()[-3:] == ["apart", "photos in may", "photos in june"]
    assert table.apart.tolist()[1] == 1.5 and table.apart.isna().sum() == 2
    assert table.cluster.tolist() == [0, 2, 4]
    assert table["photos in may"].tolist() == [1, 3, 0] and table["photos in june"].tolist() == [1, 0, 2]
    absent = table.iloc[2]
    assert (absent["name"], absent["photos"], absent["example"]) == ("Cap", 0, "") and np.isnan(absent["confidence"])


def test_where_no_photo_is_in_a_cluster_there_is_no_line():
    photos = PHOTOS.assign(cluster=-1)
    table = product_table(photos, FEATURES, to_look_at=[-1], first=np.ones(6, bool), names={})
    assert table.empty and table.columns.tolist()[:3] == ["cluster", "name", "photos"]
