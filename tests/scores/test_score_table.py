"""The table of scores: one aligned line each, named as the field does."""
from imgcluster.scores.score_table import score_table


def test_scores_are_aligned_lines_under_their_names():
    lines = score_table({"ari": 0.5, "ari_interval": [0.25, 0.75], "num_clusters": 3, "purity": 1.0}).splitlines()
    assert [line.split("  ")[1] for line in lines] == ["adjusted Rand index (ARI)", "ARI, 95 % interval",
                                                       "number of clusters", "purity"]
    assert [line[36:] for line in lines] == ["0.5000", "0.2500 to 0.7500", "3", "1.0000"]


def test_what_the_network_saw_is_said_in_one_line():
    said = {(True, False): "trained on these photos", (False, True): "fitted to these photos without labels",
            (False, False): "not trained on these photos"}
    for (trained, fitted), words in said.items():
        line, = score_table({"trained_on_these_photos": trained, "fitted_to_these_photos": fitted}).splitlines()
        assert line.split() == ["network", *words.split()]
