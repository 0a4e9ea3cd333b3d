"""The table of scores: one aligned line each, the main ones first, the others in groups."""
from imgcluster.scores.score_table import score_table


def test_scores_are_aligned_lines_under_their_names():
    lines = score_table({"ari": 0.5, "ari_interval": [0.25, 0.75], "num_clusters": 3, "purity": 1.0}).splitlines()
    assert [line[:36].strip() for line in lines] == ["Adjusted Rand index (ARI)", "Purity", "Number of clusters"]
    assert [line[36:] for line in lines] == ["0.5000  (95 %: 0.2500 to 0.7500)", "1.0000", "3"]


def test_groups_have_their_names_above_them_where_there_is_anything_in_them():
    lines = score_table({"ari": 0.5, "bcubed_f1": 0.25, "silhouette": -0.1, "photos": 9}).splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["Photo by photo (B-cubed)", "Without the labels"]
    assert lines[-1].split() == ["Silhouette", "-0.1000"]


def test_what_the_network_saw_is_said_in_one_line():
    said = {(True, False): "trained on these photos", (False, True): "fitted to these photos without labels",
            (False, False): "not trained on these photos"}
    for (trained, fitted), words in said.items():
        line, = score_table({"trained_on_these_photos": trained, "fitted_to_these_photos": fitted}).splitlines()
        assert line.split() == ["Network", *words.split()]
