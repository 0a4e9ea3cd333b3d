"""What people call the clusters."""
import numpy as np
import pytest

from imgcluster.clusters.cluster_names import handed_on, read_names, write_names
from imgcluster.errors import UserError
from imgcluster.files import write_lines


def test_names_are_listed_by_cluster_and_read_back(tmp_path):
    write_names(tmp_path, {10: "boots", 2: "sandals", 5: ""})
    assert (tmp_path / "cluster_names.csv").read_text().split() == ["cluster,name", "2,sandals", "10,boots"]
    assert read_names(tmp_path) == {2: "sandals", 10: "boots"}
    write_names(tmp_path, {2: ""})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("names, after", [
    ({2: "twos"}, {0: "twos"}), ({0: "zeros", 2: "twos"}, {0: "zeros"}), ({0: "", 2: "twos"}, {0: ""}),
    ({2: "twos", 3: "threes"}, {0: "twos"}), ({4: "fours"}, {4: "fours"}), ({}, {})])
def test_a_cluster_that_joined_another_hands_its_name_on(names, after):
    assert handed_on(names, {2: 0, 3: 0, 4: 0}, np.array([0, 1, 4])) == after


@pytest.mark.parametrize("lines", [["cluster,Name", "0,boots"], ["cluster,name", "boots,0"]])
def test_a_changed_table_of_names_is_named(tmp_path, lines):
    write_lines(tmp_path / "cluster_names.csv", lines)
    with pytest.raises(UserError, match="cluster_names.csv: columns cluster,name .* run 04_cluster_som.py"):
        read_names(tmp_path)
