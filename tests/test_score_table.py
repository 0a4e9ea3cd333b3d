"""The table of scores: one aligned line each, named as the field does."""
from imgcluster.score_table import score_table


def test_scores_are_aligned_lines_under_their_names():
    lines = score_table({"ari": 0.5, "ari_interval": [0.25, 0.75], "num_clusters": 3, "purity": 1.0}).splitlines()
    assert [line.split("  ")[1] for line in lines] == ["adjusted Rand index (ARI)", "ARI, 95 % interval",
                                                       "number of clusters", "purity"]
    assert [line[36:] for line in lines] == ["0.5000", "0.2500 to 0.7500", "3", "1.0000"]
