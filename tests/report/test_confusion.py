"""Which products are confused, and which are in several clusters."""
import numpy as np

from imgcluster.report.confusion import confused_pairs, split_models


def test_most_confused_pair_comes_first():
    true = np.array(["a"] * 6 + ["b"] * 6 + ["c"] * 3)
    predicted = np.array([0] * 6 + [0] * 5 + [1] + [1, 2, 2])
    first, second = confused_pairs(true, predicted)
    assert (first["models"], first["wrong_pairs"], first["clusters"]) == (["a", "b"], 30, [0])
    assert first["rows"][1].tolist() == [6, 7, 8, 9, 10]
    assert (second["models"], second["wrong_pairs"]) == (["b", "c"], 1)
    assert confused_pairs(true, np.unique(true, return_inverse=True)[1]) == []


def test_models_few_of_whose_photos_share_a_cluster_with_many_others_are_confused_too():
    true = np.concatenate([np.repeat(np.arange(40), 3), [0] * 9, [1] * 9]).astype(str)
    predicted = np.repeat([0, 1], [120, 18])
    first, = confused_pairs(true, predicted, num=1)
    assert first["models"] == ["0", "1"] and first["wrong_pairs"] == 9 + 81 and first["clusters"] == [1, 0]
    assert [len(rows) for rows in first["rows"]] == [12, 12]
    assert {pair["wrong_pairs"] for pair in confused_pairs(true, predicted, num=9)[1:]} == {9}


def test_strays_do_not_split_a_model():
    true = np.array(["a"] * 10 + ["b"] * 10)
    predicted = np.array([0] * 9 + [1] + [1] * 6 + [2] * 4)
    found, = split_models(true, predicted)
    assert found == {"model": "b", "photos": 10, "clusters": {1: 6, 2: 4}}


def test_photos_in_no_cluster_are_neither_put_together_nor_a_part_of_a_model():
    true = np.array(["a"] * 10 + ["b"] * 10)
    predicted = np.array([0] * 5 + [-1] * 5 + [-1] * 6 + [0] * 1 + [1] * 3)
    pair, = confused_pairs(true, predicted)
    assert pair["wrong_pairs"] == 5 and pair["clusters"] == [0] and pair["rows"][1].tolist() == [16]
    assert split_models(true, np.where(predicted == 1, -1, predicted)) == []
    assert confused_pairs(true, np.full(20, -1)) == split_models(true, np.full(20, -1)) == []
