"""What is said of photos to be clustered, and of corrections, before and after."""
from dataclasses import replace

import numpy as np
import pytest

from imgcluster.clusters.cluster_count import Clustering
from imgcluster.clusters.finding import corrections_in_words, read_photos
from imgcluster.errors import UserError
from imgcluster.files import write_array, write_lines


def test_photos_listed_twice_are_told_and_none_refused(data_dir):
    said = []
    img_paths, features = read_photos(data_dir, warn=said.append)
    assert img_paths == [f"{row}.jpg" for row in range(4)] and features.shape == (4, 2) and said == []
    write_lines(data_dir / "img_paths.txt", ["a.jpg", "b.jpg", "b.jpg", "b.jpg"])
    read_photos(data_dir, warn=said.append)
    [line] = said
    assert line.startswith("img_paths.txt lists 1 photo more than once, the first b.jpg")
    write_lines(data_dir / "img_paths.txt", [])
    write_array(data_dir / "features.npy", np.empty((0, 2), np.float32))
    with pytest.raises(UserError, match="img_paths.txt lists no photos"):
        read_photos(data_dir, warn=said.append)


@pytest.mark.parametrize("asked, forced", [
    (None, ""), (3, ""), (17, "; there were NUM_CLUSTERS = 17 before")])
def test_what_corrections_came_to_is_said_with_the_number_asked_for_where_it_is_another(asked, forced):
    found = Clustering(np.arange(3), 3, (3, 3), [], np.ones(3))
    assert [*corrections_in_words(found, 0, 0, asked=asked)] == []
    assert [*corrections_in_words(found, 2, 1, asked=asked)] == [
        f"2 corrections applied (1 photo changed cluster): 3 clusters{forced}"]
    guessed = replace(found, interval=(2, 5), corrected_from=4)
    assert [*corrections_in_words(guessed, 1, 0, asked=None)] == [
        "1 correction applied (0 photos changed cluster): 3 clusters (estimated before: 4, likely 2 to 5)"]
