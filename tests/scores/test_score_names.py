"""What scores are called: every score that step 05 writes has one name and one place."""
import numpy as np

from imgcluster.scores.feature_scores import internal_scores, neighbour_agreement
from imgcluster.scores.metrics import clustering_scores
from imgcluster.scores.score_names import LABEL_FREE, MAIN, OTHERS, PLACED, known
from imgcluster.scores.score_table import FACTS

GROUPS = [MAIN, PLACED, LABEL_FREE, *OTHERS.values()]


def test_every_score_that_is_computed_has_a_name():
    labels, features = [0, 0, 1, 1, 2], np.eye(5)
    made = {**clustering_scores(labels, labels), **internal_scores(features, labels),
            **{f"neighbour_agreement_{k}": share for k, share in neighbour_agreement(features, labels).items()}}
    named = {score for group in GROUPS for score in group} | FACTS.keys()
    assert made.keys() - named == {"v_measure"}, "nmi is the same number, and says so"


def test_no_score_stands_in_two_groups():
    scores = [score for group in GROUPS for score in group]
    assert len(scores) == len(set(scores))


def test_only_scores_that_are_there_and_defined_are_known():
    found = known(MAIN, {"ari": 0.8, "ari_interval": [0.7, 0.9], "purity": np.nan, "silhouette": 0.1})
    assert found == [(*MAIN["ari"], 0.8, [0.7, 0.9])]
